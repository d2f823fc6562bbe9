#!/usr/bin/env python3
"""Writes hostile files of every format that Sedge reads, and holds the list of what must happen with each.

    python3 Fixtures/make_attacks.py [FOLDER] [--list]

FOLDER is .build/attacks by default, and made anew. The files are the same to the byte on every run; they are not committed. The list
is, as attacks/expected.tsv: file, kind, outcome, names that `inspect` lists, words of the error. Kinds have their command lines in
Scripts/run-attacks.py, outcomes their meaning in attacks/corpus.py. Expectations come from the formats' specifications, not from what
Sedge does. --list writes the list; without it, a list that differs is an error.

Needs Python's standard library alone.
"""
import argparse
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "attacks"))

import damage
import hdf5_files
import lists
import onnx_files
import pictures
import places
import safetensors_files
import sedge_files
import torch_files
from corpus import Corpus

SEED = 14
LIST = os.path.join(HERE, "attacks", "expected.tsv")


def table(rows):
    lines = ["file\tkind\toutcome\tlists\twords"] + ["\t".join(row) for row in rows]
    return "\n".join(lines) + "\n"


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("folder", nargs="?", default=os.path.join(HERE, "..", ".build", "attacks"))
    a.add_argument("--list", action="store_true", help="write attacks/expected.tsv")
    args = a.parse_args()
    shutil.rmtree(args.folder, ignore_errors=True)
    os.makedirs(args.folder)
    corpus = Corpus(args.folder, HERE, SEED)
    for module in [safetensors_files, torch_files, onnx_files, hdf5_files, sedge_files, lists, pictures, damage, places]:
        module.make(corpus)
    made = table(corpus.rows)
    if args.list:
        with open(LIST, "w") as file:
            file.write(made)
    else:
        with open(LIST) as file:
            if file.read() != made:
                sys.exit("attacks/expected.tsv is not what this script makes: run it with --list and look at the difference")
    print(f"{len(corpus.rows)} files in {os.path.normpath(args.folder)}")


if __name__ == "__main__":
    main()
