#!/bin/bash
# Every file that README.md links to, or names in code quotes with one of the project's folders in front, exists.
# Prints README.md:line of each that does not.   usage: readme_paths.sh [ROOT]
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

if [ ! -s README.md ]; then
  echo "$PWD/README.md: missing or empty"
  exit 1
fi
status=0
n_paths=0
while IFS=: read -r line path; do
  n_paths=$((n_paths + 1))
  # a pattern such as inputs/laws/*.json counts as found when anything matches
  if ! compgen -G "$path" >/dev/null; then
    echo "README.md:$line: $path does not exist"
    status=1
  fi
done < <(
  grep -noE '\]\([^)#]+' README.md | sed 's/\](//' | grep -vE ':(https?|mailto):' || true
  grep -noE '(^|[` ./])(inputs|meshing|solver|optimizer|postprocess|main|tests|cluster|docs|cmake)/[A-Za-z0-9_./*-]*[A-Za-z0-9_/*]' README.md |
    sed -E 's/:[` ./]+/:/' || true
)
[ $status -ne 0 ] || echo "README.md: $n_paths paths exist"
exit $status
