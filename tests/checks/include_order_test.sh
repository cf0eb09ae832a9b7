#!/bin/bash
# include_order.sh finds each kind of offence, with file and line, and nothing else.
set -euo pipefail
check=$(realpath "$(dirname "$0")/include_order.sh")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

failures=0
# expect NAME EXIT_CODE OFFENCE...: the offences are all "file:line" that may be printed
expect() {
  local name=$1 code=$2 actual=0 output found
  shift 2
  output=$("$check" "$root" 2>&1) || actual=$?
  found=$(grep -oE '^[a-z]+/[^:]+:[0-9]+' <<<"$output" | LC_ALL=C sort | xargs || true)
  if [ $actual -ne "$code" ] || [ "$found" != "$*" ]; then
    printf '%s: expected exit %s and [%s], got exit %s and:\n%s\n' "$name" "$code" "$*" $actual "$output"
    failures=$((failures + 1))
  fi
}
write() {
  mkdir -p "$(dirname "$root/$1")"
  printf '%s\n' "${@:2}" >"$root/$1"
}

expect 'empty tree' 2

write inputs/image.h '#pragma once' '#include <vector>'
write inputs/image.cc '#include <inputs/image.h>' '// #include <solver/elasticity.h> is only mentioned'
write solver/elasticity.h '#include <inputs/image.h>' '#include <meshing/domain.h>' '#include <deal.II/base/mpi.h>'
write main/main.cc '#include <postprocess/sinks.h>' '#include <inputs/image.h>'
write tests/inputs/image_test.cc '#include <main/main.h>' '#include "../../solver/elasticity.h"'
expect 'in order, tests exempt' 0

write inputs/image.cc '#include <inputs/image.h>' '' '#include <main/options.h>'
expect 'first folder includes the last' 1 inputs/image.cc:3
write inputs/image.cc '#include <inputs/image.h>'

write meshing/deep/mesh.h '#  include <solver/elasticity.h>'
expect 'space after the hash, subfolder' 1 meshing/deep/mesh.h:1
rm -r "$root/meshing"

write solver/elasticity.cc '#include <inputs/image.h>' '#include "optimizer/problem.h"' '#include "elasticity.h"'
expect 'quotes' 1 solver/elasticity.cc:2 solver/elasticity.cc:2 solver/elasticity.cc:3
write solver/elasticity.cc '#include <../postprocess/sinks.h>'
expect 'way around the root' 1 solver/elasticity.cc:1 solver/elasticity.cc:1
rm "$root/solver/elasticity.cc"

write optimizer/a.cc '#include <postprocess/sinks.h>'
write postprocess/b.h '#include <main/options.h>'
expect 'two folders' 1 optimizer/a.cc:1 postprocess/b.h:1

[ $failures -eq 0 ] && echo "include_order.sh: 7 trees judged as they should be"
