#!/bin/bash
# What a user sees on the command line: each mistake ends with the exit code of README.md and, on any number of ranks,
# with one message that names it; help ends with success.
#   usage: bad_input.sh PROGRAM RANKS
# The rows are below; each is judged by expect.sh. exit: 0 all as expected, 1 not.
set -uo pipefail
if [ $# -ne 2 ]; then
  sed -n '4p' "$0" >&2
  exit 2
fi
program=$(realpath "$1")
ranks=$2
expect=$(realpath "$(dirname "$0")/expect.sh")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
n_rows=0
failures=0
row() {
  n_rows=$((n_rows + 1))
  "$expect" "$@" || failures=$((failures + 1))
}
# rejected TEXT VERB CASE...: bad input; TEXT, which names input, value and rule, comes once and a way out follows
rejected() {
  local text=$1
  shift
  row --ranks "$ranks" --exit 2 --once "$text" --once 'Way out: ' -- "$program" "$@"
}

# case_file NAME LINE...
case_file() { printf '%s\n' "${@:2}" >"$1"; }
# files_case NAME IMAGE LABELS: a patient from files, otherwise in order
files_case() {
  case_file "$1" 'subsection Patient' '  set Source = files' '  set Level = L3/L4' "  set Image file = $2" \
    "  set Label file = $3" '  subsection Calibration' '    set Slope = 0.8' '    set Source = test' '  end' 'end'
}
# volume FILE TYPE CAUDAL DISC CRANIAL OUTSIDE [FIRST [SPACING [LOWEST [HIGHEST [FROM]]]]]: a block of bone, disc and
# bone in 30 x 30 x 40 voxels of 2 mm; FIRST is the value of the first voxel, LOWEST and HIGHEST the slices cut off below
# and above, FROM the first slice of the block
volume() {
  perl -e '
    my ($type, $caudal, $disc, $cranial, $outside, $first, $spacing, $lowest, $highest, $from) = @ARGV;
    print "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n";
    print "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = $spacing $spacing $spacing\n";
    print "DimSize = 30 30 " . (40 - $lowest - $highest) . "\nElementType = $type\nElementDataFile = LOCAL\n";
    my @values;
    for my $k ($lowest..39 - $highest) { for my $j (0..29) { for my $i (0..29) {
      my $inside = $i >= 5 && $i < 25 && $j >= 7 && $j < 23 && $k >= $from && $k < 36;
      push @values, !$inside ? $outside : $k < 17 ? $caudal : $k < 23 ? $disc : $cranial;
    } } }
    $values[0] = $first if $first ne "";
    print pack($type eq "MET_FLOAT" ? "f<*" : "s<*", map { $_ + 0 } @values);' \
    -- "$2" "$3" "$4" "$5" "$6" "${7:-}" "${8:-2}" "${9:-0}" "${10:-0}" "${11:-4}" >"$1"
}
volume ct.mha MET_SHORT 200 80 250 -100
volume zero.mha MET_SHORT 0 0 0 0
volume nan.mha MET_FLOAT 200 80 250 -100 nan
volume shifted.mha MET_SHORT 1224 1104 1274 924
volume labels.mha MET_SHORT 23 222 22 0
volume no_caudal.mha MET_SHORT 21 222 22 0
volume other_grid.mha MET_SHORT 23 222 22 0 '' 1.5
volume fraction.mha MET_FLOAT 22.5 222 22 0
volume short_ct.mha MET_SHORT 200 80 250 -100 '' 2 13
volume short_labels.mha MET_SHORT 23 222 22 0 '' 2 13
volume shorter_ct.mha MET_SHORT 200 80 250 -100 '' 2 9
volume shorter_labels.mha MET_SHORT 23 222 22 0 '' 2 9
volume low_ct.mha MET_SHORT 200 80 250 -100 '' 2 0 13
volume low_labels.mha MET_SHORT 23 222 22 0 '' 2 0 13
volume plate_ct.mha MET_SHORT 200 80 250 -100 '' 2 0 17
volume plate_labels.mha MET_SHORT 23 222 22 0 '' 2 0 17
volume slab_labels.mha MET_SHORT 23 222 22 0 '' 2 0 0 15
echo 'this is a letter, not a scan' >letter.nii
# copies that ended early, in each format
head -c 20000 ct.mha >cut_off.mha
printf '%s\n' NRRD0004 'type: short' 'dimension: 3' 'space: left-posterior-superior' 'sizes: 30 30 40' 'endian: little' \
  'space directions: (2,0,0) (0,2,0) (0,0,2)' 'space origin: (0,0,0)' 'encoding: raw' '' >cut_off.nrrd
head -c 20000 /dev/zero >>cut_off.nrrd
perl -e '
  my $header = "\0" x 352;
  substr($header, 0, 4) = pack("l<", 348);
  substr($header, 40, 16) = pack("s<8", 3, 30, 30, 40, 1, 1, 1, 1);
  substr($header, 70, 4) = pack("s<2", 4, 16);
  substr($header, 76, 32) = pack("f<8", 1, 2, 2, 2, 1, 1, 1, 1);
  substr($header, 108, 4) = pack("f<", 352);
  substr($header, 252, 2) = pack("s<", 1);
  substr($header, 264, 4) = pack("f<", 1);
  substr($header, 344, 4) = "n+1\0";
  srand(1); # numbers that do not compress, so that the cut is inside the compressed data too
  print $header, pack("s<*", map { int(rand(1000)) } 1..36000);' >whole.nii
head -c 20000 whole.nii >cut_off.nii
gzip -c whole.nii | head -c 20000 >cut_off.nii.gz

# The command line
for verb in run validate phantom template gradient-check benchmark; do
  row --contains "cageopt $verb" --never 'Way out' -- "$program" $verb --help
done
row --contains 'run' --contains 'validate' --contains 'phantom' --contains 'template' --contains 'gradient-check' \
  -- "$program" --help
row --contains 'subsection Patient' --contains 'Unit: mm' -- "$program" template
row --ranks "$ranks" --exit 2 --once 'Way out: ' --contains 'run' --contains 'validate' -- "$program"
rejected "did you mean 'validate'" validat case.prm
rejected '--outptu' run case.prm --outptu here
rejected "The benchmark suite is 'sovle'" benchmark sovle
rejected "The problem in option '--problems' is 'giroid'" benchmark solve --problems block,giroid
rejected "Option '--problems' is 'inclusion': the suite 'communication' can do block" benchmark communication --problems inclusion
rejected "Option '--cells' is 2" benchmark solve --cells 2
rejected "nowhere/trabecular_microct_19.5um/ct.nii.gz' is missing" benchmark contrast --problems trabecular --data nowhere
rejected "The file of option --json is 'nowhere/figures.json'" benchmark communication --json nowhere/figures.json

# The case file
rejected "The case file 'absent.prm' is missing" run absent.prm
rejected "The case file 'letter.nii' is of unknown form" run letter.nii
case_file misspelt.prm 'subsection Patient' '  set Levle = L3/L4' 'end'
rejected "misspelt.prm, line 2: the entry 'Levle' is unknown: no entry of this name exists in 'Patient'. Way out: did you mean 'Level'?" \
  validate misspelt.prm
case_file section.prm 'subsection Patent' '  set Level = L3/L4' 'end'
rejected "line 1: the subsection 'Patent' is unknown" validate section.prm
printf '{"Patient": {"Levle": "L3/L4"}}\n' >misspelt.json
rejected "did you mean 'Level'?" validate misspelt.json
case_file type.prm 'subsection Loads' '  set Follower preload = much' 'end'
rejected "line 2: 'Loads/Follower preload' is 'much': it must be a number" validate type.prm
case_file range.prm 'subsection Patient' '  subsection Phantom' '    set Noise = 1000' '  end' 'end'
rejected "'Patient/Phantom/Noise' is '1000': it must be a number from 0 to 100" validate range.prm
printf '{"Loads": {"Follower preload": 3e2350}}\n' >overflow.json
rejected "'overflow.json' is no valid JSON" validate overflow.json
printf 'subsection Patient # M\374ller\nend\n' >latin.prm
rejected "latin.prm, line 1 is no text" validate latin.prm
printf 'subsection a\n%.0s' {1..40} >deep.prm
rejected "deep.prm, line 33 is nested too deeply" validate deep.prm
case_file open.prm 'subsection Patient' '  set Level = L3/L4'
rejected "open.prm, line 1" validate open.prm
case_file level.prm 'subsection Patient' '  set Level = L3/L5' 'end'
rejected "'Patient/Level' is 'L3/L5'" validate level.prm
case_file back_end.prm 'subsection Solver' '  set Back end = petsc gmag' 'end'
rejected "'Solver/Back end' is 'petsc gmag'" validate back_end.prm
case_file zero_load.prm 'subsection Loads' '  set Set = custom' '  set Custom cases = rest: 0, 0, 0, 0, 0, 0, 1' 'end'
rejected "The load case 'rest' is zero" validate zero_load.prm
case_file no_unit.prm 'subsection Patient' '  set Source = files' '  set Image file = ct.mha' '  set Label file = labels.mha' \
  'end'
rejected "'Patient/Calibration/Slope' is 0 mg/cm3 per HU: an image in HU needs a stated calibration line" \
  validate no_unit.prm

# The patient's files
files_case no_image.prm absent.nii.gz labels.mha
rejected "absent.nii.gz' is missing" validate no_image.prm
files_case no_labels.prm ct.mha absent.nii.gz
rejected "absent.nii.gz' is missing" validate no_labels.prm
files_case letter.prm letter.nii labels.mha
rejected "letter.nii' is no image" validate letter.prm
for form in mha nrrd nii nii.gz; do
  files_case cut_off.prm cut_off.$form labels.mha
  rejected "The image file 'cut_off.$form' is" validate cut_off.prm
done
printf '%s\n' 'NDims = 3' 'DimSize = 2147483648 2147483648 2' 'ElementType = MET_SHORT' 'ElementDataFile = LOCAL' >huge.mha
files_case huge.prm huge.mha labels.mha
rejected "'huge.mha' is too large: 2147483647 voxels are read at most" validate huge.prm
printf '%s\n' NRRD0004 'type: short' 'dimension: 3' 'sizes: 1200 1200 1200' 'endian: little' 'encoding: gzip' '' >claims.nrrd
files_case claims.prm claims.nrrd labels.mha
rejected "'claims.nrrd' is incomplete: it states 3456000000 bytes of voxels" validate claims.prm
printf '%s\n' 'NDims = 3' 'DimSize = 30 30 40' 'ElementType = MET_SHORT' 'ElementDataFile = ../ct.raw' >outside.mhd
files_case outside.prm outside.mhd labels.mha
rejected "'outside.mhd' is an image with its voxels in '../ct.raw'" validate outside.prm
files_case other_grid.prm ct.mha other_grid.mha
rejected 'it must be that of the image' validate other_grid.prm
files_case no_caudal.prm ct.mha no_caudal.mha
rejected 'Label 23 (caudal body of L3/L4) is absent' validate no_caudal.prm
files_case fraction.prm ct.mha fraction.mha
rejected 'labels are whole numbers' validate fraction.prm
files_case zero.prm zero.mha labels.mha
rejected 'The image is 0 in every voxel' validate zero.prm
files_case nan.prm nan.mha labels.mha
rejected 'The image is NaN or infinite in 1 voxels' validate nan.prm
files_case shifted.prm shifted.mha labels.mha
rejected 'stored unsigned with an offset' validate shifted.prm


# The segment and the cage
files_case cut.prm short_ct.mha short_labels.mha
rejected 'The caudal body of level L3/L4 is cut off by the image border' validate cut.prm
files_case cut_above.prm low_ct.mha low_labels.mha
rejected 'The cranial body of level L3/L4 is cut off by the image border' validate cut_above.prm
files_case no_plate.prm plate_ct.mha plate_labels.mha
rejected 'Label 22 (cranial body of L3/L4) is absent' validate no_plate.prm
files_case cut_far.prm shorter_ct.mha shorter_labels.mha
row --contains 'Warning: The caudal body is cut off by the image border' --contains 'its support' --never 'Way out' \
  -- "$program" validate cut_far.prm
files_case unsupported.prm ct.mha slab_labels.mha
rejected 'of full cross section beside its endplate: at least 10 mm are needed' validate unsupported.prm # nothing to stand on
files_case low.prm ct.mha labels.mha
printf '%s\n' 'subsection Mesh' '  set Bone height = 12' 'end' >>low.prm
rejected 'at least 10 mm are needed between the endplate and the end of the model' validate low.prm
files_case outside.prm ct.mha labels.mha
printf '%s\n' 'subsection Cage' '  set Width = 60' '  set Depth = 50' 'end' >>outside.prm
rejected 'lies outside the disc space' validate outside.prm
case_file filter.prm 'subsection Mesh' '  set Cell size = 2' 'end' 'subsection Filter' '  set Radius = 1' 'end'
rejected "'Filter/Radius' is 1.0" validate filter.prm
files_case unreachable.prm ct.mha labels.mha
printf '%s\n' 'subsection Mesh' '  set Cell size = 2' 'end' 'subsection Filter' '  set Radius = 4' 'end' \
  'subsection Goal' '  set Target measure = value' '  set Target modulus = 5' '  set On unreachable target = stop' 'end' \
  >>unreachable.prm
row --ranks "$ranks" --exit 5 --once 'The target modulus 5.0 MPa cannot be reached' --contains 'Way out' \
  -- "$program" run unreachable.prm
goal_case() { # NAME LINE...: the unreachable patient with another goal
  files_case "$1" ct.mha labels.mha
  printf '%s\n' 'subsection Mesh' '  set Cell size = 2' 'end' 'subsection Filter' '  set Radius = 4' 'end' 'subsection Goal' \
    "${@:2}" 'end' >>"$1"
}
impossible() { # TEXT GOAL_LINE...: ends with 5 before the first iteration
  goal_case goal.prm "${@:2}"
  row --ranks "$ranks" --exit 5 --once "$1" --contains 'Way out' --never 'iter ' -- "$program" run goal.prm
}
impossible 'asks for axial_stiffness >= 1e+12 N/mm, but the densest design' '  set Constraints = axial_stiffness >= 1e12'
impossible 'asks for volume_fraction <= 0.01 -, but the lightest design' '  set Constraints = volume_fraction <= 0.01'
impossible 'they exclude each other' '  set Target measure = value' '  set Target modulus = 600' \
  '  set Constraints = axial_stiffness >= 300000'
goal_case contradiction.prm '  set Constraints = axial_stiffness >= 2; axial_stiffness <= 1'
rejected "the bounds of 'axial_stiffness' exclude each other" validate contradiction.prm
goal_case response.prm '  set Objective = strain_mismatch_intakt'
rejected "did you mean 'strain_mismatch_intact'" validate response.prm
files_case no_design.prm ct.mha labels.mha
printf '%s\n' 'subsection Cage' '  set Frame thickness = 6.3' '  set Frame height share = 1' 'end' >>no_design.prm
rejected 'The design region is empty' validate no_design.prm
case_file start.prm 'subsection Parametrisation' '  set Start density = 0.9' 'end'
rejected "'Parametrisation/Start density' is 0.9" validate start.prm
case_file share.prm 'subsection Refinement' '  set Error share = 0.3' 'end'
rejected "'Refinement/Error share' is 0.3" validate share.prm
case_file halvings.prm 'subsection Refinement' '  set Steps = 1' '  set Boundary halvings = 2' 'end'
rejected "'Refinement/Boundary halvings' is 2: cells are halved once with each" validate halvings.prm
case_file no_boundary.prm 'subsection Refinement' '  set Steps = 1' '  set Boundary halvings = 1' 'end'
rejected 'which has no boundary' validate no_boundary.prm
case_file no_refinement.prm 'subsection Refinement' '  set Steps = 1' '  set Error share = 0' 'end'
rejected 'nothing would be refined' validate no_refinement.prm
case_file refined_contact.prm 'subsection Refinement' '  set Steps = 1' 'end' 'subsection Interface' '  set State = contact' 'end'
rejected "the error's adjoint is that of the bonded interface" validate refined_contact.prm
case_file ignored.prm 'subsection Goal' '  set Target modulus = 200' 'end'
rejected 'it would be ignored' validate ignored.prm
case_file lattice_beam.prm 'set Problem = cantilever' 'subsection Filter' '  set Radius = 0.08' 'end'
rejected 'the cantilever has no bone' validate lattice_beam.prm
case_file no_value.prm 'subsection Goal' '  set Target measure = value' 'end'
rejected "'Goal/Target modulus' is 0" validate no_value.prm

# The output folder. /proc takes no new folder even from root, whom no permission stops.
case_file builtin.prm 'subsection Patient' '  set Source = builtin' 'end'
rejected "the output folder is '/proc/cageopt': it cannot be created" run builtin.prm --output /proc/cageopt
rejected "there is a file of that name" run builtin.prm --output letter.nii

echo "$((n_rows - failures)) of $n_rows rows as expected"
[ $failures -eq 0 ]
