#!/bin/bash
# Runs a program, under mpirun if on several ranks, and judges what a user would see.
#   usage: expect.sh [OPTION...] -- PROGRAM [ARGUMENT...]
#     --ranks N        default 1
#     --exit CODE      the program's exit code, the same on all ranks; default 0
#     --once TEXT      TEXT occurs exactly once in standard output and standard error together (repeatable)
#     --contains TEXT  TEXT occurs at least once (repeatable)
#     --never TEXT     TEXT does not occur (repeatable)
#     --seconds N      time limit, default 60
# In every case no trace of a crash may be seen: no stack trace, no exception report of deal.II, ITK or the C++ library.
# Prints one line when all holds, else what did not and the whole output. exit: 0 as expected, 1 not, 2 wrong usage.
# MPIEXEC in the environment replaces mpirun. Line breaks and indents in the output count as one space, so that wrapped
# messages can be searched.
set -uo pipefail

ranks=1
code=0
seconds=60
once=()
contains=()
never=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  option=$1
  shift
  case $option in
    --ranks | --exit | --once | --contains | --never | --seconds) ;;
    *) echo "expect.sh: '$option' is not an option" >&2; exit 2 ;;
  esac
  if [ $# -eq 0 ]; then
    echo "expect.sh: $option needs a value" >&2
    exit 2
  fi
  case $option in
    --ranks) ranks=$1 ;;
    --exit) code=$1 ;;
    --seconds) seconds=$1 ;;
    --once) once+=("$1") ;;
    --contains) contains+=("$1") ;;
    --never) never+=("$1") ;;
  esac
  shift
done
if [ $# -lt 2 ]; then
  echo "expect.sh: no program after --" >&2
  exit 2
fi
shift

crash=('terminate called' 'what():' 'core dumped' 'Segmentation fault' 'Process received signal' 'Signal code:' 'Aborted'
  'Stacktrace' 'stack trace' 'Backtrace' 'backtrace' '/lib/x86_64-linux-gnu/' 'An error occurred in line' 'violated condition'
  'Additional information:' 'itk::ExceptionObject' 'itk::ERROR' 'ITK ERROR' 'HDF5-DIAG' 'MPI_ABORT was invoked')

# mpirun ends all ranks when the first one leaves with an error, so that a message which every rank prints may come out
# once by chance. Each rank therefore leaves quietly, with its code in a file.
launch=("$@")
if [ "$ranks" -gt 1 ]; then
  codes=$(mktemp -d)
  trap 'rm -rf "$codes"' EXIT
  # shellcheck disable=SC2016
  launch=("${MPIEXEC:-mpirun}" -n "$ranks" bash -c '"${@:2}"; echo $? >"$(mktemp "$1/rank.XXXXXX")"' rank "$codes" "$@")
fi
actual=0
raw=$(timeout --kill-after=5 "$seconds" "${launch[@]}" 2>&1 </dev/null) || actual=$?
if [ "$ranks" -gt 1 ] && [ $actual -eq 0 ]; then
  mapfile -t distinct < <(cat "$codes"/rank.* 2>/dev/null | sort -n -u)
  actual=$(IFS=,; echo "${distinct[*]-}")
  n_codes=$(cat "$codes"/rank.* 2>/dev/null | wc -l)
  [ "$n_codes" -eq "$ranks" ] || actual="known of $n_codes rank(s) only"
fi
output=$(tr -s '[:space:]' ' ' <<<"$raw")

complaints=()
occurrences() { grep -oF -- "$1" <<<"$output" | wc -l; }
if [ "$actual" = 124 ] || [ "$actual" = 137 ]; then
  complaints+=("did not end within $seconds s")
elif [ "$actual" != "$code" ]; then
  complaints+=("exit code is $actual, expected $code")
fi
for text in ${once[@]+"${once[@]}"}; do
  n=$(occurrences "$text")
  [ "$n" -eq 1 ] || complaints+=("occurs $n times, expected once: $text")
done
for text in ${contains[@]+"${contains[@]}"}; do
  [ "$(occurrences "$text")" -gt 0 ] || complaints+=("does not occur: $text")
done
for text in ${never[@]+"${never[@]}"}; do
  [ "$(occurrences "$text")" -eq 0 ] || complaints+=("occurs, but must not: $text")
done
for text in "${crash[@]}"; do
  [ "$(occurrences "$text")" -eq 0 ] || complaints+=("looks like a crash: $text")
done

command=$(basename "$1")
shift
if [ ${#complaints[@]} -gt 0 ]; then
  echo "NOT AS EXPECTED: $command $* on $ranks rank(s)"
  printf '  %s\n' "${complaints[@]}"
  printf '  output:\n%s\n' "$raw" | sed '2,$s/^/  | /'
  exit 1
fi
echo "as expected: $command $* on $ranks rank(s), exit code $actual"
