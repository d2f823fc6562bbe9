#!/usr/bin/env bash
# Builds the Python wheel that carries libsedge and the command, for `make dist`.
#
#     Scripts/build-wheel.sh PREFIX FOLDER
#
# PREFIX is an installed Sedge (bin/sedge, lib/libsedge.so) whose C libraries are inside. Writes FOLDER/sedge-VERSION-py3-none-PLATFORM.whl;
# the platform is the glibc that the programs need. The same input and SOURCE_DATE_EPOCH give the same bytes. Needs pip.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$1 folder=$(realpath -m "$2")
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
abi=$(sed -n 's/^#define SEDGE_ABI_VERSION //p' Sources/CSedge/include/sedge.h)

mkdir -p "$work/Python" "$folder"
cp -R Python/pyproject.toml Python/setup.py Python/src "$work/Python"
find "$work/Python" -name __pycache__ -prune -exec rm -r {} + -o -name '*.egg-info' -prune -exec rm -r {} +
package=$work/Python/src/sedge
install -D -m 755 -t "$package/bin" "$prefix/bin/sedge"
install -D -m 755 "$(realpath "$prefix/lib/libsedge.so")" "$package/lib/libsedge.so.$abi"
# What lies beside the library, and the licences of what is inside.
if [[ -d $prefix/lib/sedge ]]; then cp -R "$prefix/lib/sedge" "$package/lib"; fi
if [[ -d $prefix/share/doc/sedge/licences ]]; then cp -R "$prefix/share/doc/sedge/licences" "$package/licences"; fi
cp LICENSE "$work/Python"

glibc=$(find "$package/bin" "$package/lib" -type f -exec objdump -T {} + | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
platform=manylinux_$(cut -d . -f 1,2 <<< "${glibc#GLIBC_}" | tr . _)_$(uname -m)
"${PYTHON:-python3}" -m pip wheel --quiet --no-deps --wheel-dir "$folder" \
  --config-settings=--build-option=--plat-name="$platform" "$work/Python"
ls -l "$folder"/sedge-*-"$platform".whl
