#!/bin/bash
# All sources have the form of .clang-format. Prints file:line of each place.
#   usage: format.sh [ROOT] [--fix]     exit: 0 formatted, 1 not, 77 skipped (no clang-format 14: other versions differ)
set -euo pipefail
root=$(dirname "$0")/../..
fix=
for argument in "$@"; do
  if [ "$argument" = --fix ]; then fix=yes; else root=$argument; fi
done
cd "$root"

program=
for candidate in clang-format-14 clang-format; do
  if "$candidate" --version 2>/dev/null | grep -q 'version 14\.'; then
    program=$candidate
    break
  fi
done
if [ -z "$program" ]; then
  echo "Skipped: clang-format 14 is not installed (Debian: clang-format-14)."
  exit 77
fi

mapfile -t folders < <(ls -d inputs meshing solver optimizer postprocess main tests 2>/dev/null)
mapfile -t files < <(find "${folders[@]:?no source folder in $PWD}" -type f \( -name '*.h' -o -name '*.cc' \) | LC_ALL=C sort)
if [ -n "$fix" ]; then
  "$program" -i "${files[@]}"
elif ! "$program" --dry-run -Werror "${files[@]}"; then
  echo "Not in the form of .clang-format: run tests/checks/format.sh --fix"
  exit 1
fi
echo "${#files[@]} files: formatted"
