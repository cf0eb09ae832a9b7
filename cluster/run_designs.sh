#!/bin/bash
# The four designs of a patient, each beside solid titanium, PEEK, the best uniform lattice and the bound of the envelope:
#   modulus     least strain mismatch to the intact segment with the bone's effective modulus within 2 %
#   graft       least mismatch to an envelope filled at the bone's modulus
#   intact      least mismatch to the intact segment
#   intact_level_set   the same by the level set engine, for a case of two fields
#   overstrain  least volume of overstrained bone
# All keep the constraints of the case.
# The bound of each takes longer than the design.
#   usage: cluster/run_designs.sh CASE OUTPUT [RANKS [DESIGN...]]     further options of 'cageopt run' in CAGEOPT_OPTIONS
set -uo pipefail
[ $# -ge 2 ] || { sed -n '2,10p' "$0" | sed 's/^# \{0,1\}//'; exit 2; }
case_file=$1 output=$2 ranks=${3:-2}
shift $(($# < 3 ? $# : 3))
[ $# -gt 0 ] || set -- modulus graft intact overstrain
folder=$(cd "$(dirname "$0")/.." && pwd)
. "$folder/cluster/mpi_environment.sh"
program=${CAGEOPT:-$folder/build/release/cageopt}
worst=0
for design in "$@"; do
  case $design in
    modulus) goal=(--set 'Goal/Objective = strain_mismatch_intact' --set 'Goal/Match effective modulus = true') ;;
    graft) goal=(--set 'Goal/Objective = strain_mismatch_graft') ;;
    intact) goal=(--set 'Goal/Objective = strain_mismatch_intact') ;;
    intact_level_set)
      goal=(--set 'Goal/Objective = strain_mismatch_intact' --set 'Parametrisation/Fields = level_set'
        --set 'Parametrisation/Projection sharpness = 0' --set 'Parametrisation/Iterations per sharpness = 25'
        --set 'Parametrisation/Opening exponent = 3' --set 'Parametrisation/Start density = 0'
        --set 'Goal/Constraints = axial_stiffness >= 11828') ;;
    overstrain) # at rest when the volume changes by less than 0.1 mm3 in five iterations, or by a thousandth
      goal=(--set 'Goal/Objective = overstrained_volume' --set 'Convergence/Objective change = 1e-3'
        --set 'Convergence/Negligible objective = 100') ;;
    *) echo "$0: '$design' is none of modulus, graft, intact, intact_level_set, overstrain" >&2; exit 2 ;;
  esac
  echo "=== $design"
  # shellcheck disable=SC2086 # options are words
  mpirun -n "$ranks" "$program" run "$case_file" --output "$output/$design" --overwrite "${goal[@]}" \
    --set 'Goal/Compare with bound = true' ${CAGEOPT_OPTIONS:-}
  code=$?
  [ $code -le $worst ] || worst=$code
done
exit $worst
