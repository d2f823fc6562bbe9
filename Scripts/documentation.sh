#!/bin/sh
# Makes browsable documentation of the surface of `import Sedge` in .build/documentation, with the toolchain's own DocC; a
# warning about the articles or comments of the module Sedge is an error.
# To read it: python3 -m http.server -d .build/documentation, or any other server of files.
set -eu
cd "$(dirname "$0")/.."
command -v docc >/dev/null || { echo "no docc here: no documentation made"; exit 0; }
swift build -c release --target Sedge
Scripts/list-api.sh >/dev/null # leaves the symbol graphs in .build/api-symbols
out=.build/documentation
parts=.build/documentation-parts
rm -rf "$out" "$parts"
for graph in .build/api-symbols/*.symbols.json; do
  module=$(basename "$graph" .symbols.json)
  case $module in *@*) continue ;; esac
  mkdir -p "$parts/$module"
  cp "$graph" .build/api-symbols/"$module"@*.symbols.json "$parts/$module" 2>/dev/null || true
  strictness='--diagnostic-level error'
  catalog=
  if [ "$module" = Sedge ]; then
    catalog=Sources/Sedge/Sedge.docc
    strictness=--warnings-as-errors
  fi
  # shellcheck disable=SC2086 # no catalog is no argument; flags are words
  docc convert $catalog --additional-symbol-graph-dir "$parts/$module" --output-path "$parts/$module.doccarchive" \
    --fallback-display-name "$module" --fallback-bundle-identifier "$module" $strictness
done
docc merge "$parts"/*.doccarchive --output-path "$out" --synthesized-landing-page-name Sedge
echo "documentation in $out"
