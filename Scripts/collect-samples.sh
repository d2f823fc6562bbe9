#!/bin/sh
# Writes every code sample of README, DocC articles and documentation comments of the library's surface into one Swift file,
# each as a function, so that a build shows whether it compiles with `import Sedge` alone.
#
#   Scripts/collect-samples.sh OUTPUT.swift
set -eu
cd "$(dirname "$0")/.."
{
  echo '// swift-format-ignore-file'
  echo '// Made by Scripts/collect-samples.sh from documentation; do not edit.'
  echo 'import Sedge'
  echo 'let stopRequested = false'
  echo 'func use(_ segmentation: Segmentation) {}'
  echo 'func use(_ classification: Classification) {}'
  # Fenced blocks of pages, but for those of Package.swift.
  for page in README.md Sources/Sedge/Sedge.docc/*.md; do
    awk -v page="$page" '
      BEGIN { name = page; gsub(/[^A-Za-z]/, "_", name) }
      /^```swift$/ { inside = 1; text = ""; package = 0; next }
      /^```$/ && inside {
        inside = 0
        if (!package) print "// " page "\nfunc " name "_" ++n "(image: RGBImage)" (text ~ /await/ ? " async" : "") " throws {\n" text "}"
        next
      }
      inside && /\.package\(|\.product\(/ { package = 1 }
      inside && !/^import / { text = text "  " $0 "\n" }' "$page"
  done
  # Indented blocks of documentation comments, in files of public declarations.
  for file in $(grep -lE '^ *(@[A-Za-z_]+ )*public ' -r Sources/Sedge* --include='*.swift' | sort); do
    awk -v file="$file" '
      BEGIN { name = file; gsub(/[^A-Za-z]/, "_", name) }
      (wasBlank && /^ *\/\/\/     [^ ]/) || (inside && /^ *\/\/\/     /) {
        if (!inside) { inside = 1; text = "" }
        sub(/^ *\/\/\/    /, ""); text = text " " $0 "\n"; wasBlank = 0; next
      }
      inside {
        inside = 0
        print "// " file "\nfunc " name "_" ++n "(image: RGBImage, images: [RGBImage], model: SedgeModel, segmenter: Segmenter, options: ConversionOptions)" (text ~ /await/ ? " async" : "") " throws {\n" text "}"
      }
      { wasBlank = /^ *\/\/\/$/ }' "$file"
  done
} >"$1"
echo "$(grep -c '^func [A-Z]' "$1") samples in $1"
