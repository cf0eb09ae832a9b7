#!/usr/bin/perl
# A published specimen of bone as a user analyses it, validate and solve, judged by the published figures.
#   usage: specimen.pl PROGRAM RANKS microct_cube|vertebra_L2 CASE
# Exit: 0 as expected, 1 not, 77 skipped because the images are absent.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;

my ($program, $ranks, $name, $case) = @ARGV;
die "usage: specimen.pl PROGRAM RANKS microct_cube|vertebra_L2 CASE\n" unless defined $case;
my $mpiexec = $ENV{MPIEXEC} // 'mpiexec';
my $folder = tempdir(CLEANUP => 1);
my $failures = 0;

sub expect($$) {
  my ($holds, $text) = @_;
  print $holds ? "as expected: $text\n" : "NOT AS EXPECTED: $text\n";
  $failures++ unless $holds;
}
sub slurp { my ($path) = @_; open my $file, '<', $path or return ''; local $/; return <$file>; }
sub within {
  my ($figures, $key, $low, $high) = @_;
  my $value = $figures->{$key};
  expect(defined $value && $value >= $low && $value <= $high, "$key is " . ($value // 'absent') . ", from $low to $high");
}

my ($image) = slurp($case) =~ /^\s*set Image file\s*=\s*(\S+)/m;
unless (-e dirname($case) . "/$image") {
  print "skipped: $image is absent\n";
  exit 77;
}

my $counts = `$mpiexec -n $ranks $program validate $case --output $folder/valid 2>&1`;
expect($? == 0, 'validate ends with ' . ($? >> 8));
print $counts;
my $page = slurp("$folder/valid/validation.html");
expect($page =~ /needs the solve/ && (() = $page =~ /data:image\/png;base64/g) == 3,
  'validation.html has the counts and three sections');
my $printed = `$mpiexec -n $ranks $program solve $case --output $folder/out 2>&1`;
expect($? == 0, 'solve ends with ' . ($? >> 8));
print $printed;
my $figures = eval { decode_json(slurp("$folder/out/summary.json")) } // {};
within($figures, 'force_imbalance', 0, 1e-6);
if ($name eq 'microct_cube') {
  # ciclope, example 01: 24.71 %, 1583 MPa, 247.3 N
  within($figures, 'bone_volume_fraction_percent', 24.705, 24.715);
  within($figures, 'apparent_modulus_mpa', .97 * 1583, 1.03 * 1583);
  within($figures, 'force_n', .97 * 247.3, 1.03 * 247.3);
} else {
  # Walle, Matheson, Boyd 2025; how the platens hold the pads is not told there.
  my %published = (elements => 67186, nodes => 77892, upper_nodes => 1432, lower_nodes => 1413);
  within($figures, $_, $published{$_}, $published{$_}) for sort keys %published;
  within($figures, 'stiffness_n_mm', .8 * 12362, 1.1 * 12362);
  expect($counts =~ /^\s*$_\s+$published{$_}\s+$published{$_}\s+\+0\.000 %$/m, "validate prints $_ beside the published number")
    for sort keys %published;
}
expect($printed =~ /^Published: \S/m, 'the source of the published values is printed');
my ($piece) = glob "$folder/out/solution/*.vtu";
for my $array (qw(youngs_modulus part strain_min_principal strain_max_principal stress_von_mises displacement)) {
  expect(slurp($piece // '') =~ /Name="$array"/, "solution.pvd holds $array");
}
expect(slurp("$folder/out/provenance.json") =~ /\Q$image\E/, 'the image is hashed');
exit($failures > 0);
