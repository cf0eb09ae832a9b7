#!/bin/bash
# Configures and builds one preset of CMakePresets.json.
#   usage: cluster/build.sh release|debug [TARGET...]     (no target: everything, with tests)
# Runs as many compilers as there are cores, but not more than one per 2 GiB of free memory: the largest sources need that.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
preset=$1
shift
targets=()
[ $# -eq 0 ] || targets=(--target "$@")

jobs=$(nproc)
by_memory=$(awk '/^MemAvailable:/ {print int($2 / 2097152)}' /proc/meminfo)
if [ "$by_memory" -lt "$jobs" ]; then
  jobs=$((by_memory > 0 ? by_memory : 1))
fi

mkdir -p "build/$preset"
log=build/$preset/configure.log
echo "Configuring build/$preset"
if ! cmake --preset "$preset" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
if grep -q '^CMake Warning' "$log"; then
  cat "$log" >&2
fi
echo "Building build/$preset with $jobs job(s)"
cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
