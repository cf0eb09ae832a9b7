#!/usr/bin/perl
# Ways of designing other than the ordinary one, each on the coarse built-in patient, judged by what it leaves behind.
#   usage: variants.pl PROGRAM openings|level_set|boundary|refinement|contact|uncertainty|pareto|gradients
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;

my ($program, $variant) = @ARGV;
die "usage: variants.pl PROGRAM VARIANT\n" unless defined $variant;
my $mpiexec = $ENV{MPIEXEC} // 'mpiexec';
my $folder = tempdir(CLEANUP => 1);
my $case = dirname(__FILE__) . '/builtin_coarse.prm';
my $failures = 0;

sub expect($$) {
  my ($holds, $text) = @_;
  print $holds ? "as expected: $text\n" : "NOT AS EXPECTED: $text\n";
  $failures++ unless $holds;
}
sub slurp { my ($path) = @_; open my $file, '<', $path or return ''; local $/; return <$file>; }
sub cageopt {
  my ($verb, $ranks, $output, @settings) = @_;
  my $options = join ' ', map { "--set '$_'" } @settings;
  $options .= " --output $output" if $verb ne 'gradient-check';
  my $code = system("$mpiexec -n $ranks $program $verb $case $options >$folder/log 2>&1") >> 8;
  print slurp("$folder/log");
  return $code;
}
sub summary { my ($output) = @_; return eval { decode_json(slurp("$output/summary.json")) } // {}; }
sub rows {
  my ($path) = @_;
  my ($header, @lines) = split /\n/, slurp($path);
  my @names = split /,/, $header;
  return map { my %row; @row{@names} = split /,/, $_, -1; \%row } @lines;
}

my @coarse = ('Mesh/Cell size = 2', 'Filter/Radius = 3');
my @open = (@coarse, 'Cage/Window share = 0', 'Goal/Match effective modulus = false',
  'Parametrisation/Start density = 0.06', 'Convergence/Objective change = 1e-3');

if ($variant eq 'openings') {
  # It creeps along the bound on grayness for some 300 iterations.
  my $code = cageopt('run', 2, "$folder/out", @open, 'Optimizer/Maximum iterations = 400', 'Goal/Constraints = axial_stiffness >= 11828; grayness <= 0.2',
    'Parametrisation/Fields = two_field',
    'Parametrisation/Projection sharpness = 16', 'Parametrisation/Iterations per sharpness = 6', 'Interface/Report both = true',
    'Parametrisation/Sagittal symmetry = true', 'Goal/Compare with bound = true');
  my $summary = summary("$folder/out");
  my $designs = $summary->{designs} // {};
  expect($code == 0, "ends with $code, converged");
  my ($own, $uniform, $solid, $peek, $bound) =
    map { $designs->{$_}{strain_mismatch_intact} // 9 } qw(optimised best_uniform solid_titanium peek bound);
  expect($bound < $own && $own < $uniform && $uniform < $peek && $peek < $solid,
    "bound $bound < openings $own < best uniform $uniform < PEEK $peek < solid $solid");
  my $closed = ($uniform - $own) / ($uniform - $bound);
  expect($closed > .05, "openings close a share of $closed of the gap between uniform and bound");
  my $stiffness = $designs->{optimised}{axial_stiffness_n_mm} // 0;
  expect($stiffness > 11828 * .998, "axial stiffness $stiffness N/mm keeps its bound");
  my @history = rows("$folder/out/history.csv");
  expect(@history == $summary->{iterations}, 'one line of history per iteration through all steps');
  expect($history[-1]{'grayness [-]'} < .21, "little is half-open in the end ($history[-1]{'grayness [-]'})");
  expect(-s "$folder/out/$_", "$_ is written") for qw(field/lattice_share_patient.nii.gz field/lattice_density_design.vti explanation.pvtu);
  expect(slurp("$folder/out/explanation.pvtu") =~ /influence_flexion/, 'the explanation has a field for flexion');
  expect(defined $designs->{optimised_contact}{overstrained_volume_mm3}, 'overstrain in contact stands beside');
} elsif ($variant eq 'level_set') {
  my $code = cageopt('run', 2, "$folder/out", @open, 'Parametrisation/Fields = level_set', 'Goal/Constraints = axial_stiffness >= 11828',
    'Interface/Report both = false', 'Level set/Last nucleation = 20', 'Optimizer/Maximum iterations = 60');
  expect($code == 0 || $code == 3, "ends with $code");
  my @history = rows("$folder/out/history.csv");
  my $uniform = summary("$folder/out")->{designs}{best_uniform}{strain_mismatch_intact} // 0;
  # On cells this large a member may break in any iteration, so that the last one need not keep the constraint.
  my ($best) = sort { $a <=> $b } map { $_->{'objective [-]'} } grep { $_->{'constraint_violation [-]'} < 1e-3 } @history;
  expect(defined $best && $best < .6 * $uniform, ($best // 'no') . " mismatch while the constraint holds, best uniform cage $uniform");
} elsif ($variant eq 'boundary') {
  # A level set whose boundary gets smaller cells, on which the design goes on.
  my $code = cageopt('run', 2, "$folder/out", @open, 'Parametrisation/Fields = level_set', 'Goal/Constraints = axial_stiffness >= 11828',
    'Interface/Report both = false', 'Level set/Last nucleation = 20', 'Optimizer/Maximum iterations = 40',
    'Refinement/Steps = 1', 'Refinement/Error share = 0', 'Refinement/Boundary halvings = 1');
  expect($code == 0 || $code == 3, "ends with $code");
  my ($marked, $all, $unknowns) =
    slurp("$folder/out/log.txt") =~ /^Refinement +step 1:.* (\d+) of (\d+) design cells at the boundary halved, (\d+) unknowns$/m;
  expect(defined $marked && $marked > 0 && $marked < $all, ($marked // 'none') . ' of ' . ($all // 'no') . ' design cells are halved');
  my $summary = summary("$folder/out");
  expect(defined $unknowns && $summary->{unknowns} == $unknowns, "the design ends on $summary->{unknowns} unknowns");
  my ($best) = sort { $a <=> $b } map { $_->{'objective [-]'} } grep { $_->{'constraint_violation [-]'} < 1e-3 } rows("$folder/out/history.csv");
  my $uniform = $summary->{designs}{best_uniform}{strain_mismatch_intact} // 0;
  expect(defined $best && $best < .7 * $uniform, ($best // 'no') . " mismatch while the constraint holds, best uniform cage $uniform");
} elsif ($variant eq 'refinement') {
  # One design on a mesh that follows the error, beside the same on the coarsest and on the finest mesh.
  my @one = (@coarse, 'Interface/Report both = false');
  my %mismatch;
  my %unknowns;
  for my $mesh (['coarse', 'Mesh/Fine distance = 0', 'Mesh/Medium distance = 0', 'Optimizer/Maximum iterations = 1'],
    ['fine', 'Mesh/Fine distance = 40', 'Mesh/Medium distance = 40', 'Optimizer/Maximum iterations = 1'],
    ['adaptive', 'Mesh/Fine distance = 0', 'Mesh/Medium distance = 0', 'Refinement/Steps = 2', 'Refinement/Error share = 0.9', 'Optimizer/Maximum iterations = 6']) {
    my ($name, @settings) = @$mesh;
    my $code = cageopt('run', 2, "$folder/$name", @one, @settings);
    expect($code == 0 || $code == 3, "$name ends with $code");
    my $summary = summary("$folder/$name");
    $unknowns{$name} = $summary->{unknowns};
    $mismatch{$name} = $summary->{designs}{best_uniform}{strain_mismatch_intact};
  }
  my ($coarse, $adaptive) = map { abs($mismatch{$_} - $mismatch{fine}) } qw(coarse adaptive);
  expect($unknowns{adaptive} < .75 * $unknowns{fine}, "$unknowns{adaptive} unknowns, the finest mesh $unknowns{fine}, the coarsest $unknowns{coarse}");
  expect($adaptive < .5 * $coarse, "mismatch of the uniform cage off by $adaptive, on the coarsest mesh by $coarse");
  my $log = slurp("$folder/adaptive/log.txt");
  expect(2 == (() = $log =~ /^Refinement +step \d:.*unknowns$/mg), 'each step is told');
} elsif ($variant eq 'contact') {
  my $code = cageopt('run', 2, "$folder/out", @coarse, 'Interface/State = contact', 'Optimizer/Maximum iterations = 3');
  my $designs = summary("$folder/out")->{designs} // {};
  expect($code == 0 || $code == 3, "ends with $code");
  my ($contact, $bonded) = map { $designs->{$_}{compliance_n_mm} // 0 } qw(optimised optimised_bonded);
  expect($contact > $bonded && $bonded > 0, "compliance in contact $contact, bonded $bonded");
  expect(($designs->{optimised}{micromotion_mm} // 0) > 0, 'micromotion is reported');
} elsif ($variant eq 'uncertainty') {
  my $code = cageopt('run', 2, "$folder/out", @coarse, 'Uncertainty/Samples = 3', 'Uncertainty/Load = 0.15',
    'Uncertainty/Bone modulus = 0.2', 'Uncertainty/Deviations = 1', 'Optimizer/Maximum iterations = 3', 'Interface/Report both = false');
  my $summary = summary("$folder/out");
  expect($code == 0 || $code == 3, "ends with $code");
  expect(($summary->{scenarios} // 0) == 3, 'three scenarios');
  expect(($summary->{scenarios_deviation_compliance_n_mm} // 0) > 0, 'compliance spreads');
  expect(defined $summary->{probability_overstrained_beyond_solid}, 'probability of more overstrain than beside a solid cage');
} elsif ($variant eq 'pareto') {
  my $code = cageopt('pareto', 2, "$folder/out", @coarse, 'Pareto/Modulus tolerances = 0.5, 0.1', 'Pareto/Overstrain shares = 1, 0.98',
    'Pareto/Footprints = large: 0.85; small: 0.6', 'Optimizer/Maximum iterations = 12');
  expect($code == 0 || $code == 3, "ends with $code");
  my @points = rows("$folder/out/pareto.csv");
  expect(@points == 2 * (2 + 4), scalar(@points) . ' designs: two for comparison and four swept for each footprint');
  expect(!(grep { ($_->{dominated} // '') !~ /^(yes|no)$/ } @points), 'all rows of the table are whole');
  my @best = grep { $_->{dominated} eq 'no' } @points;
  expect(@best >= 1 && @best < @points, scalar(@best) . ' are not dominated');
  expect(slurp("$folder/out/pareto.svg") =~ m{</svg>\s*$}, 'the plot is whole');
  my @steps = slurp("$folder/out/pareto.pvd") =~ /timestep="(\d+)"/g;
  expect(@steps == @points, 'a step of the series for each design');
} elsif ($variant eq 'gradients') {
  for my $settings (['Parametrisation/Fields = two_field', 'Parametrisation/Projection sharpness = 4',
      'Goal/Objective = bone_overstrain', 'Goal/Constraints = cage_stress <= 1; graft_strain_energy >= 0.1'],
    ['Goal/Objective = strain_distribution_mismatch',
      'Goal/Constraints = overstrained_volume <= 9000; endplate_min_principal_stress <= 4; maximum_local_density <= 0.4']) {
    my $code = cageopt('gradient-check', 2, "$folder/out", @coarse, @$settings);
    expect($code == 0, "gradient-check ends with $code");
  }
} else {
  die "variants.pl: no variant '$variant'\n";
}
exit($failures ? 1 : 0);
