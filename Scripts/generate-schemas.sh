#!/bin/sh
# Remakes the C code of the .sedge header from its schema. Needs protoc-c 1.4 (apt: protobuf-c-compiler).
set -eu
cd "$(dirname "$0")/.."
target=Sources/CSedgeSchema
protoc-c --proto_path=Schemas --c_out="$target" sedge.proto
mkdir -p "$target/include"
mv "$target/sedge.pb-c.h" "$target/include/sedge.pb-c.h"
