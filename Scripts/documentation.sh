#!/bin/sh
# Makes browsable documentation of the library's modules in .build/documentation, with the toolchain's own DocC.
# To read it: python3 -m http.server -d .build/documentation, or any other server of files.
set -eu
cd "$(dirname "$0")/.."
modules='Sedge SedgeTensor SedgeImages SedgeTokenizer SedgeQuantization SedgeArchitecture SedgeContainer SedgeRunner
  SedgeVerification'
out=.build/documentation
parts=.build/documentation-parts
rm -rf "$out" "$parts"
mkdir -p "$parts/symbols"

# A build of its own: the compiler writes symbols only of what it compiles.
rm -rf .build/documentation-build
swift build -c release --target Sedge --scratch-path .build/documentation-build \
  -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir -Xswiftc "$PWD/$parts/symbols"

for module in $modules; do
  mkdir "$parts/$module"
  mv "$parts/symbols/$module.symbols.json" "$parts/symbols/$module@"*.symbols.json "$parts/$module" 2>/dev/null || true
  catalog=Sources/$module/$module.docc
  [ -d "$catalog" ] || catalog=
  # shellcheck disable=SC2086 # no catalog is no argument
  docc convert $catalog --additional-symbol-graph-dir "$parts/$module" --output-path "$parts/$module.doccarchive" \
    --fallback-display-name "$module" --fallback-bundle-identifier "$module" \
    --diagnostic-level error
done
docc merge "$parts"/*.doccarchive --output-path "$out" --synthesized-landing-page-name Sedge
echo "documentation in $out"
