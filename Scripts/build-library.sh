#!/usr/bin/env bash
# Builds libsedge, shared and static: Swift's runtime is inside, and no name can be seen but those of sedge.h.
#
#     Scripts/build-library.sh FOLDER
#
# Writes FOLDER/libsedge.so.VERSION with its links, and FOLDER/libsedge.a. The C libraries stay shared.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(realpath -m "$1")
header=Sources/CSedge/include/sedge.h
abi=$(sed -n 's/^#define SEDGE_ABI_VERSION //p' "$header")
version=$(sed -n 's/^public let sedgeVersion = "\(.*\)"$/\1/p' Sources/*/*.swift)
# shellcheck disable=SC2207 # names are words
names=($(sed -n -E 's/^[a-z].*[ *](sedge_[a-z_]+)\(.*/\1/p' "$header" | sort -u))
# shellcheck disable=SC2207
libraries=($(pkg-config --libs $(sed -n 's/^ *library(".*pkgConfig: "\([^"]*\)".*/\1/p' Package.swift) | tr ' ' '\n' | sort -u))

SEDGE_COMMIT=${SEDGE_COMMIT-$(Scripts/source-commit.sh)} swift build -c release --product SedgeInterface
build=$(swift build -c release --show-bin-path)
objects=$build/SedgeInterface.product/Objects.LinkFileList
mkdir -p "$folder"

# Shared: a list of the symbols that leave the library.
{ printf '{ global:\n'; printf '  %s;\n' "${names[@]}"; printf '  local: *; };\n'; } > "$folder/symbols.map"
swiftc -emit-library -static-stdlib -use-ld=lld "@$objects" -o "$folder/libsedge.so.$version" "${libraries[@]}" \
  -l_FoundationCollections -l_FoundationCShims \
  -Xlinker --version-script="$folder/symbols.map" -Xlinker -soname="libsedge.so.$abi" -Xlinker --gc-sections
strip --strip-unneeded "$folder/libsedge.so.$version"
ln -sf "libsedge.so.$version" "$folder/libsedge.so.$abi"
ln -sf "libsedge.so.$abi" "$folder/libsedge.so"
rm "$folder/symbols.map"
