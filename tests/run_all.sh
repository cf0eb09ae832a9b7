#!/bin/bash
# From a bare Debian 12 to all tests: installs what is missing, builds Debug and Release, and runs the tests of both as
# one ctest run, so that ctest's closing summary counts everything. Exit code 0 only if all passed.
#   usage: tests/run_all.sh [--with-paraview] [CTEST_OPTION...]     e.g. tests/run_all.sh -LE slow
# With --with-paraview, or CI=true in the environment, ParaView is installed too and the tests of the pictures run; without
# it they are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

paraview=()
[ "${CI:-}" != true ] || paraview=(--with-paraview)
case ${1:-} in
  --with-paraview) paraview=(--with-paraview); shift ;;
  -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac

cluster/install_debian.sh "${paraview[@]}"
cluster/build.sh debug
cluster/build.sh release

# One test file over both trees.
printf 'subdirs("%s" "%s")\n' "$PWD/build/debug" "$PWD/build/release" >build/CTestTestfile.cmake
exec ctest --test-dir build --parallel "$(nproc)" --output-on-failure --no-tests=error "$@"
