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
volume upside_down.mha MET_SHORT 22 222 23 0
volume tissues.mha MET_SHORT 1 2 3 4
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
# brick FILE BOTTOM [SKIP [TURN [UNIT]]]: 40 x 32 x 26 mm as binary STL, without its first SKIP triangles, with the first
# TURN turned; UNIT mm are one
brick() {
  perl -e '
    my ($bottom, $skip, $turn, $unit) = @ARGV;
    my @faces = ("021", "123", "456", "576", "014", "154", "263", "367", "042", "246", "135", "375");
    $_ = reverse for @faces[0..$turn - 1];
    splice(@faces, 0, $skip);
    print pack("a80 V", "brick", scalar @faces);
    for my $face (@faces) {
      print pack("f<3", 0, 0, 0);
      for my $corner (split //, $face) {
        print pack("f<3", map { $_ / $unit } ($corner & 1 ? 49 : 9), ($corner & 2 ? 45 : 13), $bottom + ($corner & 4 ? 26 : 0));
      }
      print pack("v", 0);
    }' -- "$2" "${3:-0}" "${4:-0}" "${5:-1}" >"$1"
}
brick L4.stl 7
brick L3.stl 45
brick open.stl 45 1
brick against.stl 45 0 1
brick metres.stl 45 0 0 1000
brick none.stl 45 12
brick far.stl 500
brick low.stl 20
brick high.stl 60
head -c 500 L3.stl >cut_off.stl
perl -e 'local $/; $_ = <STDIN>; substr($_, 80, 4) = "\xff" x 4; print' <L3.stl >many.stl
printf '%s\n' ply 'format ascii 1.0' 'element vertex 99999999999999' 'property float x' 'property float y' 'property float z' \
  'element face 1' 'property list uchar int vertex_indices' end_header '0 0 0' >many.ply
coarse=('subsection Mesh' '  set Cell size = 2' 'end' 'subsection Filter' '  set Radius = 4' 'end')
# surfaces_case NAME SURFACES LINE...: a patient from a CT and surfaces, otherwise in order
surfaces_case() {
  case_file "$1" 'subsection Patient' '  set Source = files' '  set Level = L3/L4' '  set Image file = ct.mha' \
    "  set Label surfaces = $2" '  set Surface axes = LPS' '  subsection Calibration' '    set Slope = 0.8' \
    '    set Source = test' '  end' "${@:3}" 'end' "${coarse[@]}"
}
# assumed_case NAME SURFACES LINE...: a patient from surfaces alone
assumed_case() {
  case_file "$1" 'subsection Patient' '  set Source = surfaces' "  set Label surfaces = $2" '  set Surface axes = LPS' \
    "${@:3}" 'end' "${coarse[@]}"
}

# The command line
for verb in run validate bmd segment homogenise phantom template loads gradient-check benchmark; do
  row --contains "cageopt $verb" --never 'Way out' -- "$program" $verb --help
done
row --contains 'run' --contains 'validate' --contains 'phantom' --contains 'template' --contains 'gradient-check' \
  -- "$program" --help
row --contains 'subsection Patient' --contains 'Unit: mm' -- "$program" template
row --contains 'lifting 20kg round back' --contains 'Spine 24:755 [A]' -- "$program" loads
rejected "'cageopt loads' takes no case file" loads case.prm
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
case_file no_weight.prm 'subsection Loads' '  set Set = daily_activities_joint_force' 'end'
rejected "'Loads/Body weight' is not stated: the forces of the set 'daily_activities_joint_force'" validate no_weight.prm
case_file path.prm 'subsection Loads' '  set Set = custom' '  set Custom cases = a: 0, 0, -1, 0, 0, 0, 1' \
  '  set Follower path = vertebral_centres' 'end'
rejected "'Loads/Follower path' is 'vertebral_centres'" validate path.prm
case_file bench.prm 'subsection Loads' '  set Set = f2077_torsion' '  set Follower preload = 100' 'end'
rejected "'Loads/Follower preload' is 100 N: the set 'f2077_torsion' is that of a bench test" validate bench.prm
case_file path.prm 'subsection Loads' '  set Set = custom' '  set Custom cases = a: 0, 0, -1, 0, 0, 0, 1' \
  '  set Follower path = vertebral_centres' 'end'
rejected "'Loads/Follower path' is 'vertebral_centres'" validate path.prm
case_file bench.prm 'subsection Loads' '  set Set = f2077_torsion' '  set Follower preload = 100' 'end'
rejected "'Loads/Follower preload' is 100 N: the set 'f2077_torsion' is that of a bench test" validate bench.prm
case_file weight.prm 'subsection Loads' '  set Body weight = 70' 'end'
rejected "'Loads/Body weight' is 70 kg: the forces of the set 'default_400N_7.5Nm' do not depend on it" validate weight.prm
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
files_case upside_down.prm ct.mha upside_down.mha
rejected 'The order of body L3 (label 22), disc L3/L4 (label 222) and body L4 (label 23) is' bmd upside_down.prm
case_file cantilever.prm 'set Problem = cantilever' 'subsection Goal' '  set Objective = compliance' \
  '  set Constraints = volume_fraction <= 0.3' 'end'
rejected "'Problem' is 'cantilever': bone density is measured in a patient" bmd cantilever.prm
# tissues_case NAME ENTRY...: the patient of files_case, calibrated by tissues
tissues_case() {
  case_file "$1" 'subsection Patient' '  set Source = files' '  set Image file = ct.mha' '  set Label file = labels.mha' \
    '  subsection Calibration' '    set Mode = tissues' "${@:2}" '  end' 'end'
}
tissues_case found.prm
rejected "The calibration's tissues is 1: an energy and a line need at least three" bmd found.prm
tissues_case half.prm '    set Tissue file = tissues.mha'
rejected "'Patient/Calibration/Tissue labels' is empty" bmd half.prm
tissues_case unknown.prm '    set Tissue file = tissues.mha' '    set Tissue labels = musle: 1; fat: 2; air: 3'
rejected "did you mean 'muscle'?" bmd unknown.prm
tissues_case mixed.prm '    set Tissue file = tissues.mha' '    set Tissue labels = fat: 1; muscle: 2; air: 3'
rejected "The tissue calibration is of R^2" bmd mixed.prm
tissues_case grid.prm '    set Tissue file = other_grid.mha' '    set Tissue labels = fat: 1; muscle: 2; air: 3'
rejected 'it must be that of the image' bmd grid.prm
files_case fraction.prm ct.mha fraction.mha
rejected 'labels are whole numbers' validate fraction.prm
files_case zero.prm zero.mha labels.mha
rejected 'The image is 0 in every voxel' validate zero.prm
files_case nan.prm nan.mha labels.mha
rejected 'The image is NaN or infinite in 1 voxels' validate nan.prm
files_case shifted.prm shifted.mha labels.mha
rejected 'stored unsigned with an offset' validate shifted.prm

# Surfaces
refused_surfaces() { # TEXT SURFACES LINE...
  surfaces_case surfaces.prm "${@:2}"
  rejected "$1" validate surfaces.prm
}
refused_surfaces "The surface file 'absent.stl' is missing" '22: absent.stl; 23: L4.stl'
refused_surfaces "is no surface: it is neither STL nor PLY" '22: letter.nii; 23: L4.stl'
refused_surfaces "it declares 12 triangles, which take 684 bytes, and holds 500" '22: cut_off.stl; 23: L4.stl'
refused_surfaces "it declares 4294967295 triangles" '22: many.stl; 23: L4.stl'
refused_surfaces "it declares 99999999999999 rows of the element 'vertex'" '22: many.ply; 23: L4.stl'
refused_surfaces "The surface 'none.stl' is empty" '22: none.stl; 23: L4.stl'
refused_surfaces "The surface 'open.stl' is not closed" '22: open.stl; 23: L4.stl'
refused_surfaces "The surface 'against.stl' is inconsistent" '22: against.stl; 23: L4.stl'
refused_surfaces "that is no body: it is flat, inside out in parts, or not in mm" '22: metres.stl; 23: L4.stl'
refused_surfaces "The surface 'far.stl' (label 22) is outside the image" '22: far.stl; 23: L4.stl'
refused_surfaces "The surface 'low.stl' (label 23) is in the way of label 22" '22: L4.stl; 23: low.stl'
refused_surfaces "Label 22 (cranial body of L3/L4) is absent" '23: L4.stl'
refused_surfaces "nowhere do the two bodies face each other" '22: high.stl; 23: L4.stl'
refused_surfaces "'Patient/Label surfaces' is 'L3.stl'" 'L3.stl; 23: L4.stl'
refused_surfaces "'Patient/Label surfaces' is label 22 twice" '22: L3.stl; 22: L4.stl'
surfaces_case surfaces.prm '22: L3.stl; 23: L4.stl'
rejected "'Patient/Surface axes' is 'RAL'" validate surfaces.prm --set 'Patient/Surface axes = RAL'
refused_surfaces "and there is one source of labels" '22: L3.stl; 23: L4.stl' '  set Label file = labels.mha'
surfaces_case surfaces.prm '22: L3.stl; 23: L4.stl'
row --contains 'No surface is given for the disc' --never 'Way out' -- "$program" validate surfaces.prm
refused_alone() { # TEXT SURFACES LINE...
  assumed_case alone.prm "${@:2}"
  rejected "$1" validate alone.prm
}
refused_alone "'Patient/Surfaces/Trabecular density' is 0 mg/cm3" '22: L3.stl; 23: L4.stl'
refused_alone "'Patient/Label surfaces' is empty" ''
density=('  subsection Surfaces' '    set Trabecular density = 100')
refused_alone "'Patient/Surfaces/Cortical thickness' is 0.1 mm" '22: L3.stl; 23: L4.stl' "${density[@]}" \
  '    set Cortical thickness = 0.1' '  end'
refused_alone "image, series, label file or seeds are named but would not be read" '22: L3.stl; 23: L4.stl' \
  '  set Image file = ct.mha' "${density[@]}" '  end'
refused_alone "the densities of 'Patient/Surfaces' are in mg/cm3 already" '22: L3.stl; 23: L4.stl' "${density[@]}" '  end' \
  '  subsection Calibration' '    set Slope = 0.8' '  end'
assumed_case alone.prm '22: L3.stl; 23: L4.stl' "${density[@]}" '  end'
row --ranks "$ranks" --contains 'Warning: THE BONE DENSITY IS ASSUMED, NOT MEASURED' --never 'Way out' \
  -- "$program" validate alone.prm
files_case unused.prm ct.mha labels.mha
printf '%s\n' 'subsection Patient' "${density[@]}" '  end' 'end' >>unused.prm
rejected "its densities would not be used beside the source 'files'" validate unused.prm

# Seeds
seeds_case() { # NAME SEEDS LINE...: a patient from a CT and seeds, otherwise in order
  case_file "$1" 'subsection Patient' '  set Source = files' '  set Level = L3/L4' '  set Image file = ct.mha' \
    "  set Seeds = $2" '  set Seed axes = LPS' '  subsection Calibration' '    set Slope = 0.8' \
    '    set Source = test' '  end' "${@:3}" 'end'
}
refused_seeds() { # TEXT SEEDS LINE...
  seeds_case seeds.prm "${@:2}"
  rejected "$1" segment seeds.prm
}
refused_seeds "each seed is a label from 1 to 65535, a colon and three coordinates" '22: 30, 30; 23: 30, 30, 21'
refused_seeds "'Patient/Seeds' is without 23" '22: 30, 30, 58'
refused_seeds "vertebrae are named from cranial to caudal" '23: 30, 30, 21; 22: 30, 30, 58'
refused_seeds "the first of the two lies above the other" '22: 30, 30, 21; 23: 30, 30, 58'
refused_seeds "neighbouring vertebrae's centres are 10 to 70 mm apart" '22: 30, 30, 58; 23: 30, 30, 57'
refused_seeds "The seed of L3 (label 22) is outside the image" '22: -10, 10, 58; 23: 30, 30, 21'
refused_seeds "The seed of L4 (label 23) is in tissue of -100 HU" '22: 30, 30, 58; 23: 4, 6, 21'
refused_seeds "and there is one source of labels" '22: 30, 30, 58; 23: 30, 30, 21' '  set Label file = labels.mha'
seeds_case seeds.prm '22: 30, 30, 58; 23: 30, 30, 21'
rejected "'Patient/Seed axes' is 'LPA'" segment seeds.prm --set 'Patient/Seed axes = LPA'
rejected "the labels are found from Hounsfield units" segment seeds.prm --set 'Patient/Calibration/Slope = 0' \
  --set 'Patient/Calibration/Mode = already calibrated'
rejected "The image file 'absent.mha' is missing" segment seeds.prm --compare absent.mha
row --ranks "$ranks" --contains 'Warning: Labels are semi-automatic' --contains 'Agreement with labels.mha' --never 'Way out' \
  -- "$program" segment seeds.prm --compare labels.mha --output found
files_case labelled.prm ct.mha labels.mha
rejected "labels are made from 'Patient/Seeds' or 'Patient/Label surfaces'" segment labelled.prm

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
rejected 'of full cross section beside its endplate: at least 10.0 mm are needed' validate unsupported.prm # nothing to stand on
files_case low.prm ct.mha labels.mha
printf '%s\n' 'subsection Mesh' '  set Bone height = 12' 'end' >>low.prm
rejected 'at least 10.0 mm are needed between the endplate and the end of the model' validate low.prm
files_case outside.prm ct.mha labels.mha
printf '%s\n' 'subsection Cage' '  set Width = 60' '  set Depth = 50' 'end' >>outside.prm
rejected 'lies outside the disc space' validate outside.prm
case_file filter.prm 'subsection Mesh' '  set Cell size = 2' 'end' 'subsection Filter' '  set Radius = 1' 'end'
rejected "'Filter/Radius' is 1.0" validate filter.prm
case_file lordosis.prm 'subsection Cage' '  set Lordosis = 6' 'end'
rejected "'Cage/Lordosis' is 6.0 degrees: conforming faces have" validate lordosis.prm
case_file strut.prm 'subsection Cage' '  set Strut diameter = 3' 'end'
rejected "'Cage/Struts' is 0: diameter or height share of struts are stated" validate strut.prm
case_file envelope.prm 'subsection Cage' '  set Envelope file = cage.stl' 'end'
rejected "'Cage/Envelope file' is 'cage.stl': 'Cage/Family' is alif, which has no surface" validate envelope.prm
case_file no_envelope.prm 'subsection Cage' '  set Family = surface' 'end'
rejected "'Cage/Envelope file' is empty" validate no_envelope.prm
files_case absent_envelope.prm ct.mha labels.mha
printf '%s\n' 'subsection Cage' '  set Family = surface' '  set Envelope file = absent.stl' 'end' >>absent_envelope.prm
rejected "absent.stl' is missing" validate absent_envelope.prm
files_case elsewhere.prm ct.mha labels.mha
printf '%s\n' 'subsection Cage' '  set Family = surface' '  set Faces = own' '  set Envelope file = far.stl' 'end' \
  >>elsewhere.prm
rejected 'mm from the centre of the disc space, and 60.0 mm are the most' validate elsewhere.prm
case_file screws.prm 'subsection Posterior fixation' '  set Rod diameter = 6' 'end'
rejected "'Posterior fixation/Rod diameter' is stated" validate screws.prm
case_file rods.prm 'subsection Posterior fixation' '  set Hardware = stated' '  set Capsules = 1, 2, 3' 'end'
rejected "each is 'x1, y1, z1, x2, y2, z2, diameter' in mm" validate rods.prm
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

# Specimens.
# specimen NAME LINE...: a block of bone by threshold, and further entries
specimen() {
  case_file "$1" 'set Problem = specimen' 'subsection Specimen' "${@:2}" 'end'
}
volume block.mha MET_SHORT 100 100 100 0
volume flat_block.mha MET_FLOAT 100 100 100 0 inf
block='  set Image file = block.mha'
specimen no_image.prm '  set Bone = threshold'
rejected "'Specimen/Image file' is empty" solve no_image.prm
specimen no_file.prm '  set Image file = nowhere.mha'
rejected "nowhere.mha' is missing" solve no_file.prm
specimen not_finite.prm '  set Image file = flat_block.mha'
rejected 'is NaN or infinite' solve not_finite.prm
specimen no_bone.prm "$block" '  subsection Segmentation' '    set Threshold = 100' '  end'
rejected 'The bone of the specimen is empty' validate no_bone.prm
specimen uneven_zoom.prm "$block" '  subsection Segmentation' '    set Zoom = 0.05' '  end'
rejected "The voxels of the specimen's image is 30 x 30 x 40 mm" validate uneven_zoom.prm
shell=('  subsection Cortex' '    set Thickness = 0.4' '    set Density = 900' "    set Young's modulus = 4700" '    set Source = test' '  end')
specimen constant_shell.prm "$block" "${shell[@]}"
rejected "'Specimen/Cortex/Thickness' is stated" solve constant_shell.prm
case_file half_shell.prm 'subsection Patient' '  subsection Cortex' '    set Thickness = 0.4' '  end' 'end'
rejected "'Patient/Cortex' is a thickness without density, Young's modulus or their source" validate half_shell.prm
case_file idle_shell.prm 'subsection Patient' '  subsection Cortex' '    set Density = 900' '  end' 'end'
rejected "'Patient/Cortex/Thickness' is 0:" validate idle_shell.prm
specimen both.prm "$block" '  set Label file = labels.mha'
rejected 'no label map is read' solve both.prm
by_labels=("$block" '  set Bone = labels')
specimen no_labels.prm "${by_labels[@]}"
rejected "'Specimen/Label file' is empty" solve no_labels.prm
specimen no_bone_labels.prm "${by_labels[@]}" '  set Label file = labels.mha'
rejected "'Specimen/Bone labels' is empty" solve no_bone_labels.prm
specimen bone_labels.prm "${by_labels[@]}" '  set Label file = labels.mha' '  set Bone labels = bone'
rejected 'labels are whole numbers from 1 to 65535' solve bone_labels.prm
specimen absent_label.prm "${by_labels[@]}" '  set Label file = labels.mha' '  set Bone labels = 22, 5'
rejected "Label 5 of 'Specimen' is absent" solve absent_label.prm
specimen twice.prm "${by_labels[@]}" '  set Label file = labels.mha' '  set Bone labels = 22' '  set Upper pad label = 22'
rejected 'this label is named twice' solve twice.prm
specimen same_pads.prm "${by_labels[@]}" '  set Label file = labels.mha' '  set Bone labels = 22' \
  '  set Upper pad label = 23' '  set Lower pad label = 23'
rejected "it is the lower pad's, too" solve same_pads.prm
specimen grids.prm "${by_labels[@]}" '  set Label file = other_grid.mha' '  set Bone labels = 22'
rejected "is another than the image's" solve grids.prm
specimen ignored_threshold.prm "${by_labels[@]}" '  set Label file = labels.mha' '  set Bone labels = 22' \
  '  subsection Segmentation' '    set Threshold = 5' '  end'
rejected 'the labels tell bone from void' solve ignored_threshold.prm
specimen exchanged.prm "${by_labels[@]}" '  set Label file = labels.mha' '  set Bone labels = 222' \
  '  set Lower pad label = 22' '  set Upper pad label = 23'
rejected 'exchange the labels of the pads' solve exchanged.prm
specimen bins.prm "$block" '  set Density bins = 3'
rejected "with 'Specimen/Material = constant' there is no density" solve bins.prm
specimen published.prm "$block" '  set Published values = stiffnes: 3' '  set Published source = test'
rejected "'Specimen/Published values' is 'stiffnes'" solve published.prm
specimen no_number.prm "$block" '  set Published values = force_n = 3' '  set Published source = test'
rejected "an item is 'name: value'" solve no_number.prm
specimen no_source.prm "$block" '  set Published values = force_n: 3'
rejected "'Specimen/Published source' is empty" solve no_source.prm
specimen unused_modulus.prm "$block" '  set Material = density law' "  set Young's modulus = 18000"
rejected "'Specimen/Young's modulus' is stated: with 'Specimen/Material = density law'" solve unused_modulus.prm
specimen unused_law.prm "$block" '  set Bone law = kopperdahl2002_power'
rejected "'Specimen/Bone law' is stated" solve unused_law.prm
specimen unused_pad.prm "${by_labels[@]}" '  set Label file = labels.mha' '  set Bone labels = 22' \
  "  set Pad Young's modulus = 2500"
rejected 'no pad is named' solve unused_pad.prm
specimen unused_order.prm "$block" '  subsection Segmentation' '    set Spline order = 3' '  end'
rejected 'nothing is resampled' solve unused_order.prm
specimen unused_source.prm "$block" '  set Published source = test'
rejected "there are no 'Published values'" solve unused_source.prm
case_file specimen_cage.prm 'set Problem = specimen' 'subsection Cage' '  set Family = alif' 'end'
rejected "'Cage/Family' is stated: 'Problem = specimen' does not use this subsection" solve specimen_cage.prm
case_file patient_specimen.prm 'subsection Specimen' '  set Bone = threshold' 'end'
rejected "'Specimen/Bone' is stated: 'Problem = patient' does not use" validate patient_specimen.prm
specimen good_block.prm "$block"
rejected 'a specimen has nothing to design' run good_block.prm
case_file design.prm 'set Problem = cantilever' 'subsection Goal' '  set Objective = compliance' \
  '  set Constraints = volume_fraction <= 0.3' 'end'
rejected 'a single analysis is that of a specimen or a patient' solve design.prm
rejected "Option '--design' is 'intact': a specimen has no design" solve good_block.prm --design intact
case_file patient.prm 'set Problem = patient'
rejected "Option '--design' is 'uniform=2'" solve patient.prm --design uniform=2
rejected "Option '--design' is 'lost.nii.gz'" solve patient.prm --design lost.nii.gz
row --ranks "$ranks" --exit 0 --once 'elements 10240' -- "$program" solve good_block.prm --output solved

# Test blocks. blocks_case NAME LINE...
blocks_case() { case_file "$1" 'subsection Patient' '  set Source = blocks' "${@:2}" 'end'; }
blocks_case no_modulus.prm
rejected "'Patient/Blocks/Young's modulus' is not stated" validate no_modulus.prm
blocks_case closed.prm '  subsection Blocks' "    set Young's modulus = 123" '    set Lordosis = 30' '  end'
rejected "'Patient/Blocks/Gap' is 10 mm" validate closed.prm
blocks_case blocks_law.prm '  subsection Bone law' '    set Law = keller1994_spine' '  end'
rejected "'Patient/Bone law' is stated" validate blocks_law.prm
blocks_case blocks_line.prm '  subsection Calibration' '    set Slope = 0.8' '  end'
rejected "'Patient/Calibration' is stated" validate blocks_line.prm
blocks_case blocks_samples.prm '  subsection Blocks' "    set Young's modulus = 123" '  end'
rejected "'Uncertainty/Samples' is 8" validate blocks_samples.prm --set 'Uncertainty/Samples = 8'
blocks_case blocks_moved.prm '  subsection Blocks' "    set Young's modulus = 123" '  end'
rejected "'Planned correction' is stated: test blocks are not operated on" validate blocks_moved.prm \
  --set 'Planned correction/Height = 2'
blocks_case blocks_shell.prm '  subsection Blocks' "    set Young's modulus = 123" '  end' '  subsection Cortex' \
  '    set Thickness = 0.4' '    set Density = 900' "    set Young's modulus = 5000" '    set Source = test' '  end'
rejected "'Patient/Cortex' is stated: test blocks have" validate blocks_shell.prm
case_file crowded_contact.prm 'subsection Loads' '  set Set = combined_modes' 'end' 'subsection Interface' \
  '  set State = contact' 'end'
rejected "'Loads/Set' is 7 load cases" validate crowded_contact.prm
case_file blocks_unused.prm 'subsection Patient' '  subsection Blocks' '    set Gap = 8' '  end' 'end'
rejected "'Patient/Blocks' is stated" validate blocks_unused.prm
# Lattice cells.
homogenise() { rejected "$1" homogenise "${@:2}"; }
homogenise 'The cell is not given'
homogenise 'The cell is given more than once' --cell bcc --function 'sin(X)'
homogenise "did you mean 'sheet_gyroid'" --cell sheet_gyriod
homogenise 'relative densities lie between 0 and 1' --cell bcc --densities 0.3,1.2
homogenise 'a range is first:last:step' --cell bcc --densities 0.5:0.1:0.1
homogenise "'x' is no number" --cell bcc --densities 0.1,x
homogenise "'--voxels' is 30" --cell bcc --voxels 30
homogenise "'--poissons-ratio' is 0.5" --cell bcc --poissons-ratio 0.5
homogenise "'--yielded-share' is 2" --cell bcc --yielded-share 2
homogenise "'--function' is 'sin(X'" --function 'sin(X'
homogenise "'--function' is 'W'" --function W
homogenise 'it differs between opposite faces of the cell' --function X
homogenise "'--sheet' is given" --cell bcc --sheet
homogenise "'--threshold' is given" --cell bcc --threshold 3
homogenise "'--accept-faces' is given" --cell bcc --accept-faces
homogenise "'--data or --set' is given" --cell bcc --data .
homogenise "nowhere.mha' is missing" --image nowhere.mha --threshold 3
homogenise "'--voxels' is given" --image ct.mha --threshold 3 --voxels 16
homogenise 'The solid of the image is not given' --image ct.mha
homogenise 'The solid of the image is given twice' --image ct.mha --threshold 3 --densities 0.3
homogenise 'no part of it is joined to its copies' --image ct.mha --threshold 60 --output loose
volume half.mha MET_SHORT 200 80 250 -100 '' 2 4
homogenise 'The image of the cell is not periodic' --image half.mha --threshold 60 --output half
homogenise 'no part of it is joined to its copies' --cell skeletal_primitive --densities 0.1 --voxels 16 --output balls
homogenise 'a law needs three relative densities' --cell bcc --densities 0.3 --voxels 16 --law-file law.json
homogenise 'a law file holds C11, C12 and C44' --cell honeycomb --densities 0.3,0.4,0.5 --voxels 16 \
  --law-file law.json --output hexagons
homogenise "'--densities' is given" good_block.prm --densities 0.3
case_file builtin_patient.prm 'subsection Patient' '  set Source = builtin' 'end'
homogenise 'only a specimen of one material' builtin_patient.prm
row --ranks "$ranks" --exit 0 --once 'law in law.json' -- "$program" homogenise --cell sheet_primitive \
  --densities 0.3:0.5:0.1 --voxels 16,24 --permeability --output cell --law-file law.json
row --exit 0 --once '"uncertainty_percent"' -- cat law.json

# The output folder. /proc takes no new folder even from root, whom no permission stops.
case_file builtin.prm 'subsection Patient' '  set Source = builtin' 'end'
rejected "the output folder is '/proc/cageopt': it cannot be created" run builtin.prm --output /proc/cageopt
rejected "there is a file of that name" run builtin.prm --output letter.nii

echo "$((n_rows - failures)) of $n_rows rows as expected"
[ $failures -eq 0 ]
