#!/usr/bin/env python3
"""Counts the instructions of the inner loops of products in object files for arm64, as a table.

    count_instructions.py --objdump llvm-objdump portable.o neon.o ...

Of each product the tile that does most of the work is taken, and of that the loop with the most products. Ends with 1 where
the inner loop of a set for arm64 keeps something on the stack, which costs more than the instructions that it takes.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

# Set: product, function, products that it adds to each sum in a round of its loop, sums of a tile.
TILES = {
    "portable": [("float32", "tile_12_2", 1, 96), ("int8", "int8_tile_12_2", 4, 96)],
    "neon": [("float32", "tile_6_4", 4, 96), ("int8", "int8_tile_2_4", 8, 32)],
    "neon-dotprod": [("int8", "int8_tile_6_4", 16, 96)],
    "neon-i8mm": [("int8", "int8_tile_6_4", 16, 96)],
    "neon-bf16": [("bfloat16", "bf16_tile_6_4", 8, 96)],
}
PRODUCT = re.compile(r"fmla|bfdot|u?s?dot|sudot|smu?lal?l?2?|smull2?|sadalp|mla|mul")
LOAD = re.compile(r"ld")


def code_of(objdump, path, function):
    """Address, name and operands of each instruction."""
    text = subprocess.run(
        [objdump, "-d", "--no-show-raw-insn", "--disassemble-symbols=" + function, str(path)],
        capture_output=True, text=True, check=True).stdout
    return [(int(m[1], 16), m[2], m[3]) for m in re.finditer(r"^\s*([0-9a-f]+):\s+(\S+)(.*)$", text, re.M)]


def loops(code):
    """The bodies of loops that hold no other loop."""
    places = {address: i for i, (address, _, _) in enumerate(code)}
    jumps = []
    for i, (_, name, operands) in enumerate(code):
        target = re.search(r"0x([0-9a-f]+)", operands)
        if re.match(r"b$|b\.|cbn?z|tbn?z", name) and target:
            start = places.get(int(target[1], 16))
            if start is not None and start < i:
                jumps.append((start, i))
    for start, end in jumps:
        if not any((s, e) != (start, end) and start <= s and e <= end for s, e in jumps):
            yield code[start:end + 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objdump", default="llvm-objdump")
    parser.add_argument("objects", nargs="+", type=Path)
    arguments = parser.parse_args()
    has_spills = False
    print("| set | product | tile | instructions | of them products | loads | others | multiply-adds an instruction | on the stack |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|")
    for path in arguments.objects:
        name = re.sub(r"^.*CSedgeKernels-|\.c\.o$|\.o$", "", path.name)
        for product, function, depth, sums in TILES[name]:
            body = max(loops(code_of(arguments.objdump, path, function)),
                       key=lambda body: sum(bool(PRODUCT.match(n)) for _, n, _ in body))
            products = sum(bool(PRODUCT.match(n)) for _, n, _ in body)
            loads = sum(bool(LOAD.match(n)) for _, n, _ in body)
            stack = sum(bool(re.search(r"\[(sp|x29)\b", operands)) for _, _, operands in body)
            has_spills |= stack > 0 and name != "portable"
            tile = function.rsplit("_", 2)[1:]
            print(f"| {name} | {product} | {tile[0]} x {int(tile[1]) * 4} | {len(body)} | {products} | {loads} | "
                  f"{len(body) - products - loads} | {depth * sums / len(body):.2f} | {stack} |")
    if has_spills:
        print("an inner loop keeps sums on the stack: its tile is too large for the registers")
        sys.exit(1)


main()
