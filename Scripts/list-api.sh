#!/bin/sh
# Prints the surface of `import Sedge`, one declaration a line, from the compiler's symbol graphs: the public declarations of
# the module Sedge, and those of the names that Sources/Sedge/Surface.swift re-exports.
#
#   Scripts/list-api.sh > docs/api.txt      after an intended change
#   Scripts/list-api.sh --check             fails where docs/api.txt is another
set -eu
cd "$(dirname "$0")/.."
symbols=.build/api-symbols
rm -rf "$symbols"
mkdir -p "$symbols"
products=$(swift build -c release --show-bin-path)
modules=$products/Modules
clang=
for map in Sources/C*/include/module.modulemap Sources/C*/module.modulemap "$products"/C*.build/module.modulemap; do
  if [ -f "$map" ]; then clang="$clang -Xcc -fmodule-map-file=$map"; fi
done
for library in libzstd zlib libprotobuf-c libxxhash libcrypto libpng libturbojpeg libwebp libtiff-4 freetype2; do
  for flag in $(pkg-config --cflags-only-I "$library"); do clang="$clang -Xcc $flag"; done
done
target=$(swift -print-target-info | sed -n 's/.*"unversionedTriple" *: *"\([^"]*\)".*/\1/p')
for module in Sedge $(sed -n 's/.*import [a-z]* \(Sedge[A-Za-z0-9]*\)\..*/\1/p' Sources/Sedge/Surface.swift | sort -u); do
  # shellcheck disable=SC2086 # flags are words
  swift symbolgraph-extract -module-name "$module" -target "$target" -I "$modules" $clang \
    -minimum-access-level public -skip-synthesized-members -output-dir "$symbols"
done
# A symbol's path and declaration, by the order of names.
list() {
  for graph in "$symbols"/*.symbols.json; do
    module=$(basename "$graph" .symbols.json)
    module=${module%%@*}
    names=$(sed -n "s/.*import [a-z]* $module\.\([A-Za-z0-9]*\)\$/\1/p" Sources/Sedge/Surface.swift | tr '\n' '|')
    jq -r --arg home "$module" --arg names "${names%|}" '
      .symbols[]
      | select($home == "Sedge" or (.pathComponents[0] | test("^(" + $names + ")$")))
      | (.pathComponents | join(".")) + "  " + ([.declarationFragments[].spelling] | join("") | gsub("[ \n]+"; " "))' "$graph"
  done | LC_ALL=C sort -u
}
if [ "${1:-}" = --check ]; then
  list >"$symbols/api.txt"
  diff -u docs/api.txt "$symbols/api.txt" || { echo "the surface of import Sedge changed: Scripts/list-api.sh > docs/api.txt"; exit 1; }
  echo "docs/api.txt is the surface of import Sedge: $(wc -l <docs/api.txt) declarations"
else
  list
fi
