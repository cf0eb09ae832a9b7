#!/bin/bash
# Installs what building, testing and running cageopt needs on Debian 12, and nothing that is there already.
#   usage: cluster/install_debian.sh [--with-paraview]
# As root, or as a user who may use sudo. --with-paraview adds ParaView and a virtual display, for rendering pictures and
# for the tests that open the results in ParaView.
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache git ca-certificates
  libdeal.ii-dev                      # finite elements, with p4est, PETSc and Trilinos; brings Open MPI's headers
  openmpi-bin libopenblas0-serial     # mpirun; a BLAS several times faster than the reference one
  libinsighttoolkit5-dev libgdcm-dev  # images: NIfTI, NRRD, MHA, DICOM
  libassimp-dev                       # surfaces: STL, PLY
  nlohmann-json3-dev libboost-program-options-dev libssl-dev zlib1g-dev libpng-dev
  clang libclang-rt-14-dev                  # the fuzzers: libFuzzer and AddressSanitizer
  libgtest-dev libnlopt-dev clang-format-14 python3 # tests, an oracle for the optimisers, the test of the code's form
)
while [ $# -gt 0 ]; do
  case $1 in
    --with-paraview) packages+=(paraview python3-paraview xvfb xauth libgl1-mesa-dri) ;;
    -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "$0: '$1' is not an option. Options: --with-paraview, --help." >&2; exit 2 ;;
  esac
  shift
done

if ! command -v apt-get >/dev/null; then
  echo "$0: needs Debian 12 (no apt-get here). The packages it would install: ${packages[*]}" >&2
  exit 2
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  [[ $status == ii* ]] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "Packages: all ${#packages[@]} are installed."
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "$0: these packages are missing: ${missing[*]}. Run this script as root, or install sudo." >&2
    exit 2
  fi
  as_root=(sudo)
fi
echo "Packages: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 "${missing[@]}" >/dev/null
