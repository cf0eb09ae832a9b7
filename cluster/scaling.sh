#!/bin/bash
# Weak and strong scaling of complete solves: runs 'cageopt benchmark solve' on several numbers of ranks and writes one
# line per solve to a CSV file with the unit in each column's name.
#   usage: cluster/scaling.sh [--strong N] [--weak N] [--problems LIST] [--output FILE] RANKS...
#     RANKS...         numbers of ranks, for example: 1 2 4 8 16 32 64
#     --strong N       the same N^3 cells on all numbers of ranks (default: 96; 0: no strong scaling)
#     --weak N         about N^3 cells per rank: N times the cube root of the ranks, to the nearest multiple of 8
#                      (default: 64; 0: no weak scaling)
#     --problems LIST  as for the benchmark: block, gyroid, ... (default: block,gyroid)
#     --output FILE    (default: scaling.csv); an existing file is overwritten
# Variables:
#   PROGRAM   the executable; default: build/release/cageopt
#   LAUNCH    how ranks are started; default: mpirun. On a cluster, inside a job (sbatch, salloc) with as many tasks as the
#             largest number of ranks:  LAUNCH='srun --mpi=pmix' cluster/scaling.sh 1 2 4 8 16 32 64
# A plot of the speed per rank, flat where scaling is perfect, by gnuplot:
#   set datafile separator ','; set logscale x 2; set key autotitle columnhead
#   plot '< grep -E "^scaling|^weak,block" scaling.csv' using 2:9 with linespoints
# Columns: scaling,ranks,cells_along_edge,problem,unknowns,iterations,coefficient_seconds,solve_seconds,
#   thousand_unknowns_per_second_and_rank,efficiency_of_first,memory_bytes_per_unknown
# where the efficiency is the speed per rank over that of the first number of ranks (same problem and kind).
set -euo pipefail

strong=96 weak=64 problems=block,gyroid output=scaling.csv
ranks=()
bad() { echo "$0: $1" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --strong | --weak | --problems | --output)
      [ $# -ge 2 ] || bad "$1 needs a value."
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    -h | --help) sed -n '2,/^set -euo/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) bad "'$1' is not an option; see --help." ;;
    *) ranks+=("$1"); shift ;;
  esac
done
[ ${#ranks[@]} -gt 0 ] || bad "numbers of ranks are missing, for example: $0 1 2 4; see --help."
for number in "${ranks[@]}"; do
  [[ $number =~ ^[1-9][0-9]*$ ]] || bad "'$number' is no number of ranks: it must be a whole number of at least 1."
done
for number in "$strong" "$weak"; do
  [[ $number =~ ^[0-9]+$ ]] || bad "'$number' is no number of cells: it must be a whole number, 0 to leave that kind out."
done

cd "${SLURM_SUBMIT_DIR:-.}"
program=${PROGRAM:-build/release/cageopt}
[ -x "$program" ] || bad "PROGRAM is '$program', which is no executable in $PWD. Build it (cluster/build.sh release cageopt) or set PROGRAM."
if [ -z "${LAUNCH:-}" ] && [ -z "${SLURM_JOB_ID:-}" ]; then
  # shellcheck source=cluster/mpi_environment.sh
  source "$(dirname "${BASH_SOURCE[0]}")/mpi_environment.sh"
fi
read -ra launch <<<"${LAUNCH:-mpirun}"
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT

echo scaling,ranks,cells_along_edge,problem,unknowns,iterations,coefficient_seconds,solve_seconds,thousand_unknowns_per_second_and_rank,efficiency_of_first,memory_bytes_per_unknown >"$output"
measure() { # KIND RANKS CELLS
  echo "== $1 scaling, $2 rank(s), $3 cells along an edge"
  "${launch[@]}" -n "$2" "$program" benchmark solve --problems "$problems" --cells "$3" --json "$figures"
  perl -MJSON::PP -e '
    my ($kind, $ranks, $cells, $csv, $figures) = @ARGV;
    local $/;
    open my $input, "<", $csv or die "$csv: $!\n";
    my %first;
    for (split /\n/, <$input>) {
      my @field = /("[^"]*"|[^,]*)(?:,|$)/g;
      $first{"$field[0],$field[3]"} //= $field[8];
    }
    open my $json, "<", $figures or die "$figures: $!\n";
    open my $output, ">>", $csv or die "$csv: $!\n";
    for my $record (@{ decode_json(<$json>)->{records} }) {
      my $name = $record->{problem} =~ /,/ ? qq("$record->{problem}") : $record->{problem};
      my $speed = $record->{thousand_unknowns_per_second_and_rank};
      printf $output "%s,%d,%d,%s,%.0f,%s,%.6g,%.6g,%.6g,%.4f,%s\n", $kind, $ranks, $cells, $name, $record->{unknowns},
        $record->{iterations} // "", $record->{coefficient_seconds}, $record->{solve_seconds}, $speed,
        $speed / ($first{"$kind,$name"} // $speed),
        defined $record->{memory_bytes_per_unknown} ? sprintf("%.1f", $record->{memory_bytes_per_unknown}) : "";
    }' "$1" "$2" "$3" "$output" "$figures"
}
for n in "${ranks[@]}"; do
  [ "$strong" -eq 0 ] || measure strong "$n" "$strong"
  if [ "$weak" -gt 0 ]; then
    measure weak "$n" "$(perl -e 'my $n = 8 * int($ARGV[0] * $ARGV[1]**(1 / 3) / 8 + .5); print $n < 8 ? 8 : $n' "$weak" "$n")"
  fi
done
echo "Wrote $output"
