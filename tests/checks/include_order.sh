#!/bin/bash
# Includes go one way:  inputs <- meshing <- solver <- optimizer <- postprocess <- main,
# and are written from the root, <folder/file.h>, so that the direction shows. Prints file:line of each offence.
#   usage: include_order.sh [ROOT]     exit: 0 in order, 1 offences, 2 nothing to check
# Tests may include everything, and are not looked at.
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

folders=(inputs meshing solver optimizer postprocess main)
status=0
n_files=0
for ((i = 0; i < ${#folders[@]}; ++i)); do
  folder=${folders[i]}
  [ -d "$folder" ] || continue
  later=$(IFS='|'; echo "${folders[*]:i+1}")
  mapfile -t files < <(find "$folder" -type f \( -name '*.h' -o -name '*.cc' \) | LC_ALL=C sort)
  n_files=$((n_files + ${#files[@]}))
  [ ${#files[@]} -gt 0 ] || continue
  if [ -n "$later" ] && grep -HnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"](\.{1,2}/)*($later)/" "${files[@]}"; then
    echo "  ^ $folder comes before what it includes; the order is: ${folders[*]}"
    status=1
  fi
  if grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*("|<\.)' "${files[@]}"; then
    echo "  ^ not written from the root: use <folder/file.h>"
    status=1
  fi
done
if [ $n_files -eq 0 ]; then
  echo "$PWD holds no sources in: ${folders[*]}"
  exit 2
fi
[ $status -ne 0 ] || echo "$n_files files: includes in order"
exit $status
