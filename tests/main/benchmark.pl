#!/usr/bin/perl
# The verb benchmark as a user runs it, on a tiny mesh: tables on the terminal, and JSON with every figure.
#   usage: benchmark.pl PROGRAM RANKS [SUITE...]      all suites if none is named
# No speed is judged. The suite operator itself fails where its results differ from deal.II's. Exit: 0 as expected, 1 not.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;

my ($program, $ranks, @suites) = @ARGV;
die "usage: benchmark.pl PROGRAM RANKS [SUITE...]\n" unless defined $ranks;
my $mpiexec = $ENV{MPIEXEC} // 'mpiexec';
my $folder = tempdir(CLEANUP => 1);
my $failures = 0;

sub expect($$) {
  my ($holds, $text) = @_;
  print $holds ? "as expected: $text\n" : "NOT AS EXPECTED: $text\n";
  $failures++ unless $holds;
}

my %keys = (
  triad => [qw(gigabytes_per_second_and_rank array_gigabytes_per_node)],
  operator => [qw(right_hand_sides million_unknowns_per_second_and_rank ratio_to_fe_evaluation
    least_traffic_bytes_per_unknown share_of_triad relative_difference)],
  solve => [qw(unknowns iterations mesh_seconds setup_seconds coefficient_seconds solve_seconds median_total_seconds
    thousand_unknowns_per_second_and_rank cpu_share)],
  contrast => [qw(contrast unknowns iterations total_seconds)],
  refinement => [qw(cells_along_edge unknowns iterations total_seconds)],
  columns => [qw(unknowns iterations_of_six largest_iterations_of_one six_at_once_seconds six_single_seconds
    six_single_over_six_at_once six_at_once_over_mean_single)],
  'back-ends' => [qw(unknowns iterations relative_difference)],
  communication => [qw(messages model_messages kilobytes model_kilobytes reductions model_reductions gathers)],
  'communication model' => [qw(ranks unknowns levels cycle_messages iteration_kilobytes)],
);
my %tables_of = (operator => ['triad', 'operator'], communication => ['communication', 'communication model']);
my @asked = @suites ? @suites : qw(operator solve contrast refinement columns back-ends communication);

# 16 cells along an edge, so that two ranks share every level of the communication suite as the model assumes; the
# assembled matrices of the other back ends take less.
my @runs;
push @runs, '--cells 8 --problems block back-ends' if grep { $_ eq 'back-ends' } @asked;
push @runs, join(' ', '--cells 16', grep { $_ ne 'back-ends' } @asked) if grep { $_ ne 'back-ends' } @asked;
my $json = {};
for my $run (@runs) {
  my $output = `$mpiexec -n $ranks $program benchmark $run --json $folder/figures.json 2>&1`;
  expect($? == 0, "exit code of 'benchmark $run' is " . ($? >> 8));
  print $output;
  my $figures = eval { local $/; open my $file, '<', "$folder/figures.json" or die; decode_json(<$file>) } // {};
  $json = { %$figures, records => [@{ $json->{records} // [] }, @{ $figures->{records} // [] }] };
}
expect(($json->{ranks} // 0) == $ranks, "ranks are $ranks");
expect(defined $json->{$_}, "key $_") for qw(program version compiler build_type machine records);
expect(defined $json->{machine}{$_}, "machine $_") for qw(processor logical_cores memory_bytes simd_bits);
for my $table (map { @{ $tables_of{$_} // [$_] } } @asked) {
  my @records = grep { $_->{suite} eq $table } @{ $json->{records} // [] };
  expect(@records > 0, "records of $table: " . @records);
  for my $key (@{ $keys{$table} }) {
    my @bad = grep { !defined $_->{$key} || $_->{$key} !~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/i } @records;
    expect(!@bad, "$table: $key is a number in every record");
  }
}
for my $record (grep { $_->{suite} eq 'communication' } @{ $json->{records} // [] }) {
  for my $key (qw(messages kilobytes reductions gathers)) {
    my ($counted, $model) = ($record->{$key}, $record->{"model_$key"});
    # beyond two ranks the parts are no equal boxes
    my $tolerance = $ranks <= 2 ? 1e-6 : .5;
    expect(abs($counted - $model) <= $tolerance * $counted, "$record->{what}: $key counted $counted, predicted $model");
  }
}
for my $record (grep { $_->{suite} eq 'back-ends' } @{ $json->{records} // [] }) {
  expect($record->{relative_difference} < 1e-5, "$record->{back_end} agrees with multigrid: $record->{relative_difference}");
}
for my $suite (qw(solve)) {
  my %of = map { $_->{problem} => $_ } grep { $_->{suite} eq $suite } @{ $json->{records} // [] };
  next unless %of;
  for my $name ('block', 'gyroid', 'cantilever, design 0', 'cantilever, design 10', 'cantilever, design 20',
    'patient, titanium cage', 'patient, intact') {
    expect(defined $of{$name}, "$suite: $name");
  }
  expect($of{block}{unknowns} == 3 * 17**3, 'block: three unknowns at each node');
  expect($of{'cantilever, design 0'}{unknowns} == 3 * 33 * 17**2, 'cantilever: three unknowns at each node');
  expect(abs($of{'cantilever, design 0'}{mean_stiffness_over_largest} - 1) < 1e-6, 'the first design is uniform');
  expect($of{'cantilever, design 20'}{mean_stiffness_over_largest} < .5, 'the last design is not');
}
exit($failures ? 1 : 0);
