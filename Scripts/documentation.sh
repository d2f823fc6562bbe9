#!/bin/sh
# Makes browsable documentation of the library's modules in .build/documentation, from the built modules and DocC.
# To read it: docc preview does not merge modules, so serve the folder: python3 -m http.server -d .build/documentation
set -eu
cd "$(dirname "$0")/.."
modules='Sedge SedgeTensor SedgeImages SedgeTokenizer SedgeQuantization SedgeArchitecture SedgeContainer SedgeRunner
  SedgeVerification'

swift build -c release --product sedge
built=$(swift build -c release --show-bin-path)
target=$(swift -print-target-info | sed -n 's/.*"unversionedTriple": *"\(.*\)",*/\1/p' | head -n 1)
out=.build/documentation
work=.build/documentation-parts
rm -rf "$out" "$work"
for module in $modules; do
  mkdir -p "$work/$module"
  swift symbolgraph-extract -module-name "$module" -target "$target" -I "$built/Modules" -output-dir "$work/$module" \
    -minimum-access-level public -skip-synthesized-members
  catalog=Sources/$module/$module.docc
  [ -d "$catalog" ] || catalog=
  # shellcheck disable=SC2086 # no catalog is no argument
  docc convert $catalog --additional-symbol-graph-dir "$work/$module" --output-path "$work/$module.doccarchive" \
    --fallback-display-name "$module" --fallback-bundle-identifier "$module" --warnings-as-errors
done
docc merge "$work"/*.doccarchive --output-path "$out" --synthesized-landing-page-name Sedge
echo "documentation in $out"
