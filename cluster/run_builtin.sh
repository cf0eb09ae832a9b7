#!/bin/bash
# From a bare Debian 12 to a result: installs what is missing, builds, and optimises the cage of the built-in patient.
#   usage: cluster/run_builtin.sh [--ranks N] [--output DIR]     default: 2 ranks, output/builtin
# An earlier result in output/builtin is overwritten, one in a folder of your choice is not.
# Ends with cageopt's exit code: 0 converged, see README.md for the others.
set -euo pipefail
cd "$(dirname "$0")/.."

ranks=2
output=output/builtin
overwrite=(--overwrite)
while [ $# -gt 0 ]; do
  case $1 in
    --ranks | --output)
      if [ $# -lt 2 ]; then
        echo "$0: $1 needs a value." >&2
        exit 2
      fi
      if [ "$1" = --ranks ]; then ranks=$2; else output=$2 overwrite=(); fi
      shift 2
      ;;
    -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "$0: '$1' is not an option. Options: --ranks N, --output DIR, --help." >&2; exit 2 ;;
  esac
done
if ! [[ $ranks =~ ^[1-9][0-9]*$ ]]; then
  echo "$0: --ranks is '$ranks': it must be a whole number of at least 1." >&2
  exit 2
fi

cluster/install_debian.sh
cluster/build.sh release cageopt

source cluster/mpi_environment.sh
start=$(mktemp)
trap 'rm -f "$start"' EXIT
status=0
mpirun -n "$ranks" build/release/cageopt run inputs/cases/builtin.prm --output "$output" "${overwrite[@]}" || status=$?

echo
if [ "$output/summary.json" -nt "$start" ]; then
  echo "Where to look, in $output:"
  echo "  summary.json   what was reached, and why the run stopped"
  echo "  history.csv    every response, iteration by iteration"
  echo "  solution.pvd   bone, cage density and strain, for ParaView"
  echo "  field/         the density of the cage as an image: NIfTI and VTI"
else
  echo "The run wrote no $output/summary.json: it ended early, with exit code $status; the reason is printed above."
fi
exit $status
