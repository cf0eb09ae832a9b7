#!/bin/bash
# Makes the law files of the lattice cells by homogenisation, each with its resolution study: some 15 minutes on one core,
# 2 GB of memory.
#   usage: make.sh PROGRAM FOLDER [CELL...]     e.g. inputs/laws/make.sh build/release/cageopt /tmp/laws sheet_diamond
# Writes FOLDER/CELL.json, and what each run prints and draws to FOLDER/CELL/.
set -euo pipefail
if [ $# -lt 2 ]; then
  sed -n '4p' "$0" >&2
  exit 2
fi
program=$(realpath "$1")
folder=$2
shift 2
mkdir -p "$folder"
cells=("$@")
[ ${#cells[@]} -gt 0 ] ||
  cells=(sheet_gyroid skeletal_gyroid sheet_diamond skeletal_diamond sheet_primitive sheet_iwp skeletal_iwp octet bcc)
for cell in "${cells[@]}"; do
  "$program" homogenise --cell "$cell" --densities 0.1:0.5:0.1 --voxels 64,80,96,112,128 \
    --law-file "$folder/$cell.json" --output "$folder/$cell" --overwrite
done
