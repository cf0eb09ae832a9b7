#!/bin/bash
# Fuzzes everything that reads foreign files: builds the targets in this folder with clang (AddressSanitizer, undefined
# behaviour, libFuzzer) in build/fuzz, and runs each from the inputs in corpus/. A crash, a hang of 20 s, more than 256 MB
# in one piece or 2 GB in all, or an ending other than success or bad input is a failure; its input is then in
# build/fuzz/found, and belongs into corpus/ once it is mended.
#   usage: run.sh [EXECUTIONS [TARGET...]]     EXECUTIONS: of a quick target (default 4000), slow ones do a part of it
# exit: 0 nothing found, 1 found, 77 skipped (no clang with libFuzzer)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

executions=${1:-4000}
if ! [[ $executions =~ ^[1-9][0-9]{0,8}$ ]]; then
  sed -n '6,7s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/*_target.cc; do targets+=("$(basename "$source" _target.cc)"); done
fi

if ! echo 'extern "C" int LLVMFuzzerTestOneInput(const char *, unsigned long) { return 0; }' |
  clang++ -x c++ -fsanitize=fuzzer,address -o /dev/null - 2>/dev/null; then
  echo "Skipped: no clang++ with libFuzzer (Debian: clang, libclang-rt-14-dev)."
  exit 77
fi
mkdir -p build/fuzz/found
log=build/fuzz/build.log
if ! { cmake -G Ninja -S . -B build/fuzz -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
  -DCAGEOPT_FUZZ=ON -DCAGEOPT_TESTS=OFF && cmake --build build/fuzz --target "${targets[@]/#/fuzz_}"; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

# Executions of a target for 100 of a quick one.
declare -A share=([case_file]=1 [dicom_pixels]=2 [dicom_series]=25 [lattice_law]=200)
declare -A longest=([case_text]=8192)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ASAN_OPTIONS=detect_leaks=0 # of libraries, at exit
failures=0
total=0
for target in "${targets[@]}"; do
  runs=$((executions * ${share[$target]:-100} / 100 + 1))
  mkdir "$folder/$target"
  start=$SECONDS
  if build/fuzz/fuzzers/fuzz_$target -runs=$runs -seed=1 -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=256 \
    -max_len="${longest[$target]:-4096}" -artifact_prefix="build/fuzz/found/$target-" "$folder/$target" \
    "tests/fuzz/corpus/$target" >"$folder/$target.log" 2>&1; then
    result=passed
  else
    result=FAILED
    failures=$((failures + 1))
    tail -60 "$folder/$target.log" >&2
  fi
  done_runs=$(grep -aoE '^#[0-9]+' "$folder/$target.log" | tail -1 | tr -d '#')
  rss=$(grep -aoE 'rss: [0-9]+Mb' "$folder/$target.log" | tail -1)
  total=$((total + ${done_runs:-0}))
  printf '%-14s %-7s %9s executions in %4d s, %s\n' "$target" $result "${done_runs:-0}" $((SECONDS - start)) "$rss"
done
echo "$total executions, $failures of ${#targets[@]} targets failed"
[ $failures -eq 0 ]
