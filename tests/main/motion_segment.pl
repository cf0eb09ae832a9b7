#!/usr/bin/perl
# Single analyses as a user makes them: before surgery, with a run's own design, and the bench tests, each judged by what
# must hold of it.
#   usage: motion_segment.pl PROGRAM CASES     CASES: the folder with f2077_*.prm and f2267.prm
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;

my ($program, $cases) = @ARGV;
die "usage: motion_segment.pl PROGRAM CASES\n" unless defined $cases;
my $mpiexec = $ENV{MPIEXEC} // 'mpiexec';
my $folder = tempdir(CLEANUP => 1);
my $patient = dirname(__FILE__) . '/builtin_coarse.prm';
my $failures = 0;

sub expect {
  my ($holds, $text) = @_;
  print $holds ? "as expected: $text\n" : "NOT AS EXPECTED: $text\n";
  $failures++ unless $holds;
}
sub slurp { my ($path) = @_; open my $file, '<', $path or return ''; local $/; return <$file>; }
# The summary and the output of one command, which must end with $code.
sub cageopt {
  my ($code, $ranks, $arguments, @settings) = @_;
  my $options = join ' ', map { "--set \"$_\"" } @settings;
  my $text = `$mpiexec -n $ranks $program $arguments $options --output $folder/out --overwrite 2>&1`;
  expect($? >> 8 == $code, "$arguments ends with $code");
  print $text if $? >> 8 != $code;
  return (eval { decode_json(slurp("$folder/out/summary.json")) } // {}, $text);
}
sub rows {
  my ($header, @lines) = split /\n/, slurp("$folder/out/load_cases.csv");
  my @names = split /,/, $header;
  return map { my %row; @row{@names} = split /,/, $_, -1; $row{load_case} =~ tr/"//d; $row{load_case} => \%row } @lines;
}
sub near {
  my ($value, $expected, $tolerance, $text) = @_;
  $value //= 'absent';
  expect($value ne 'absent' && abs($value - $expected) <= $tolerance * abs($expected), "$text: $value, expected $expected");
}

# Before surgery, with the follower load on its three paths. Directions: published-values, design.md section 2.
my @coarse = ('Mesh/Cell size = 2', 'Filter/Radius = 3');
my %rotation;
for my $path (qw(disc_centre vertebral_centres least_rotation)) {
  my ($summary, $text) = cageopt(0, 2, "solve $patient --design intact", @coarse, "Loads/Follower path = $path");
  $rotation{$path} = $summary->{follower_load_rotation_deg} // 'absent';
  my %case = rows();
  expect($case{flexion}{rotation_x_deg} < 0 && $case{extension}{rotation_x_deg} > 0, "$path: flexion turns forwards");
  expect($case{'left axial rotation'}{rotation_z_deg} > 0, "$path: left axial rotation turns to the left");
  near($summary->{range_of_motion_flexion_extension_deg}, $case{extension}{rotation_x_deg} - $case{flexion}{rotation_x_deg},
    1e-6, "$path: range of motion");
}
expect($rotation{vertebral_centres} < .5, "vertebral centres: the follower load alone turns the segment by $rotation{vertebral_centres} degrees");
expect($rotation{least_rotation} < .01 && $rotation{least_rotation} < $rotation{disc_centre},
  "least rotation: $rotation{least_rotation} degrees, disc's centre $rotation{disc_centre}");

# A patient that is symmetric but for its voxels is hardly bent sideways by a force in the sagittal plane.
{
  my @symmetric = map { "Patient/Phantom/$_" } 'Density heterogeneity = 0', 'Noise = 0', 'Tilt about x = 0', 'Tilt about y = 0',
    'Tilt about z = 0';
  cageopt(0, 2, "solve $patient --design intact", @coarse, @symmetric, 'Loads/Set = compression_1000N',
    'Loads/Follower path = vertebral_centres');
  my $compression = {rows()}->{compression};
  my $sideways = abs($compression->{rotation_y_deg});
  expect($sideways < .03 && $sideways < .1 * abs($compression->{rotation_x_deg}),
    "symmetric patient: $sideways degrees sideways, $compression->{rotation_x_deg} forwards and backwards");
}

# The design of a short run, read back from its own files, has the run's own figures.
for my $fields (qw(density two_field level_set)) {
  my @settings = (@coarse, "Parametrisation/Fields = $fields", 'Optimizer/Maximum iterations = 2',
    'Goal/Match effective modulus = false', 'Interface/Report both = false', 'Goal/Compare with bound = false');
  my ($run) = cageopt(3, 2, "run $patient", @settings);
  rename "$folder/out", "$folder/$fields";
  my ($own) = cageopt(0, 1, "solve $patient --design $folder/$fields/field/density_patient.nii.gz", @settings);
  for my $figure (qw(effective_modulus_mpa strain_mismatch_intact axial_stiffness_n_mm volume_fraction)) {
    near($own->{designs}{file}{$figure}, $run->{designs}{optimised}{$figure} // 0, 1e-4, "$fields, $figure of the design read back");
  }
}

# Bench tests. Frictionless between nearly rigid blocks is the platens' test of the cage alone; bonded is stiffer, at most
# by the constraint (1 - nu) / ((1 + nu) (1 - 2 nu)) = 1.35 of nu = 0.3 on a solid.
my @rigid = ("Patient/Blocks/Young's modulus = 1e8");
my ($bonded) = cageopt(0, 2, "solve $cases/f2077_compression.prm", @rigid);
my $platens = $bonded->{designs}{cage}{axial_stiffness_n_mm} // 0;
expect($platens > 0 && $bonded->{bench_stiffness_n_mm} > $platens && $bonded->{bench_stiffness_n_mm} < 1.35 * $platens,
  "bonded $bonded->{bench_stiffness_n_mm} N/mm, between platens $platens");
my ($sliding) = cageopt(0, 2, "solve $cases/f2077_compression.prm --design uniform=0.3", @rigid, 'Interface/State = contact');
near($sliding->{bench_stiffness_n_mm}, $sliding->{designs}{cage}{axial_stiffness_n_mm} // 0, .01, 'sliding, as between platens');
for my $test (qw(compression compression_shear torsion)) {
  my ($summary, $text) = cageopt(0, 1, "solve $cases/f2077_$test.prm");
  expect(($summary->{bench_stiffness_over_minimum} // 0) > 2, "$test: solid titanium has $summary->{bench_stiffness_over_minimum} times the minimum");
  expect($text =~ /^Bench test .*ISO 23089.*\[B\]/m, "$test: the minimum is printed with its source");
}
my ($foam) = cageopt(0, 1, "solve $cases/f2267.prm");
my ($stiff_cage, $soft_cage) = ($foam->{block_stiffness_n_mm} // 0,
  (cageopt(0, 1, "solve $cases/f2267.prm --design uniform=0.2"))[0]->{block_stiffness_n_mm} // 0);
near($soft_cage, $stiff_cage, .1, "the foam's stiffness hardly depends on the cage");

exit($failures ? 1 : 0);
