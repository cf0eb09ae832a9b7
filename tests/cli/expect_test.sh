#!/bin/bash
# expect.sh accepts what it should and notices each kind of misbehaviour, tried with programs that misbehave on purpose.
# shellcheck disable=SC2016
set -uo pipefail
expect=$(realpath "$(dirname "$0")/expect.sh")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0
n_cases=0

program() { printf '#!/bin/bash\n%s\n' "$2" >"$folder/$1" && chmod +x "$folder/$1"; }
# judged NAME EXIT_CODE COMPLAINT ARGUMENT...: expect.sh ends with EXIT_CODE and says COMPLAINT
judged() {
  local name=$1 code=$2 complaint=$3 actual=0 output
  shift 3
  n_cases=$((n_cases + 1))
  output=$("$expect" "$@" 2>&1) || actual=$?
  if [ $actual -ne "$code" ] || ! grep -qF -- "$complaint" <<<"$output"; then
    printf '%s: expected exit %s and "%s", got exit %s and:\n%s\n' "$name" "$code" "$complaint" $actual "$output"
    failures=$((failures + 1))
  fi
}

program fine 'echo "all is well"'
program root_only 'if [ "${OMPI_COMM_WORLD_RANK:-0}" = 0 ]; then printf "the radius is\n    0.4 mm\n" >&2; fi; exit 2'
program everyone 'echo "the radius is 0.4 mm" >&2; exit 2'
program crash 'echo "terminate called after throwing an instance of std::runtime_error" >&2; exit 1'
program hang 'sleep 30'
program one_differs 'echo once >&2; [ "${OMPI_COMM_WORLD_RANK:-0}" = 1 ] || exit 2'

judged 'success' 0 'as expected' -- "$folder/fine"
judged 'message once, wrapped, from rank 0 of 3' 0 'as expected' \
  --ranks 3 --exit 2 --once 'the radius is 0.4 mm' -- "$folder/root_only"
judged 'message from every rank' 1 'occurs 3 times, expected once' \
  --ranks 3 --exit 2 --once 'the radius is 0.4 mm' -- "$folder/everyone"
judged 'message absent' 1 'occurs 0 times, expected once' --exit 2 --once 'the diameter' -- "$folder/everyone"
judged 'contains' 0 'as expected' --ranks 3 --exit 2 --contains 'radius' -- "$folder/everyone"
judged 'does not contain' 1 'does not occur: diameter' --exit 2 --contains diameter -- "$folder/everyone"
judged 'never' 1 'occurs, but must not: radius' --exit 2 --never radius -- "$folder/everyone"
judged 'wrong exit code' 1 'exit code is 2, expected 0' -- "$folder/everyone"
judged 'success where failure is expected' 1 'exit code is 0, expected 2' --exit 2 -- "$folder/fine"
judged 'one rank has another exit code' 1 'exit code is 0,2, expected 2' --ranks 3 --exit 2 -- "$folder/one_differs"
judged 'crash' 1 'looks like a crash: terminate called' --exit 1 -- "$folder/crash"
judged 'hang' 1 'did not end within 1 s' --seconds 1 -- "$folder/hang"
judged 'unknown option' 2 'is not an option' --exits 2 -- "$folder/fine"
judged 'no program' 2 'no program' --exit 2

[ $failures -eq 0 ] && echo "expect.sh: $n_cases programs judged as they should be"
