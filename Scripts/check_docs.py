#!/usr/bin/env python3
"""Checks that what the documentation refers to exists. Standard library only; exit code 1 with one line for each fault.

- relative links, and headings after `#`;
- paths in back quotes that begin with a folder of the repository, or with a module (`SedgeTensor/Tensor.swift`);
- names of Swift files in back quotes, anywhere in the repository;
- the table of modules in docs/architecture.md: every module of Package.swift, with its C targets;
- docs/images/architecture.svg: what Scripts/draw-architecture.py draws.
"""

import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("Sources", "Tests", "Scripts", "docs", "Fixtures", "Benchmarks", "Schemas", "Examples", "Packaging", ".ci", ".github")


def anchors(text):
    """The anchors that GitHub gives to headings, and those written as `<a name=...>`."""
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.S | re.M)
    found = set(re.findall(r'<a name="([^"]+)"', text))
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-"))
    return found


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def check_links(page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        full = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(os.path.join(ROOT, full)):
            yield f"{page}: no such file: {target}"
        elif anchor and full.endswith(".md") and anchor not in anchors(read(full)):
            yield f"{page}: no such heading: {target}"


def check_paths(page, text, modules, swift_files):
    for word in re.findall(r"`([\w.+/*{},-]+)`", text):
        first = word.split("/")[0]
        if "*" in word or "..." in word or "{" in word or "/." in word:  # patterns, and what scripts make
            continue
        if first in FOLDERS and "/" in word:
            paths = [word]
        elif first in modules and "/" in word:
            paths = ["Sources/" + word]
        elif re.fullmatch(r"[A-Z][\w+]*\.swift", word):
            if word not in swift_files and word != "Package.swift":
                yield f"{page}: no such Swift file: {word}"
            continue
        else:
            continue
        for path in paths:
            if not os.path.exists(os.path.join(ROOT, path)):
                yield f"{page}: no such path: {word}"


def check_modules():
    package = read("Package.swift")
    section = package[package.index("let modules") : package.index("let package")]
    declared = {
        match.group(1): {name for name in re.findall(r'"(\w+)"', match.group(2)) if not name.startswith("Sedge")}
        - {"ArgumentParser", "swift-argument-parser"}
        for match in re.finditer(r'\bmodule\(\s*"(\w+)",\s*\[(.*?)\]\s*[,)]', section, re.S)
    }
    table = re.search(r"^\| module \|.*?\n\n", read("docs/architecture.md"), re.S | re.M).group(0)
    rows = {}
    for line in table.strip().split("\n")[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[cells[0]] = set(filter(None, cells[2].split(", ")))
    for name in sorted(declared.keys() | rows.keys()):
        if declared.get(name) != rows.get(name):
            yield (f"docs/architecture.md: {name} has C targets {sorted(rows.get(name, ['(no row)']))},"
                   f" Package.swift {sorted(declared.get(name, ['(no module)']))}")


def main():
    pages = [os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, "*.md"))]
    for folder in ("docs", "Fixtures", "Benchmarks", "Sources", "Tests", "Examples"):
        pages += [os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, folder, "**/*.md"), recursive=True)]
    pages = [page for page in pages if "/.build/" not in page]
    modules = set(os.listdir(os.path.join(ROOT, "Sources")))
    swift_files = {
        os.path.basename(path)
        for folder in ("Sources", "Tests", "Examples")
        for path in glob.glob(os.path.join(ROOT, folder, "**/*.swift"), recursive=True)
    }
    faults = []
    for page in sorted(pages):
        text = read(page)
        faults += check_links(page, text)
        faults += check_paths(page, text, modules, swift_files)
    faults += check_modules()
    drawing = subprocess.run(
        [sys.executable, os.path.join(ROOT, "Scripts/draw-architecture.py"), "--check"], capture_output=True, text=True)
    if drawing.returncode != 0:
        faults.append(drawing.stderr.strip())
    for fault in faults:
        print(fault)
    if faults:
        sys.exit(1)
    print(f"{len(pages)} pages: every link, path and module exists")


if __name__ == "__main__":
    main()
