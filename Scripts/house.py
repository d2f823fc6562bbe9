#!/usr/bin/env python3
"""Measures the order of the source code; prints one table. Standard library only, runs in seconds.

    python3 Scripts/house.py                        the working tree
    python3 Scripts/house.py COMMIT_OR_FOLDER       a commit, or another checkout
    python3 Scripts/house.py --compare BEFORE AFTER two of these side by side

All figures come from a scan of the text, not from the compiler. The rules:

- **Lines** are all lines of a file. Generated code (*.pb-c.*) and embedded data (CModelData, CDataSets, CFontData) are not counted.
- **Public declarations** are those with `public` or `open`, imports aside. **Public names** are those at the top level.
- **The surface of `import Sedge`** is the public part of Sedge and of what it re-exports with `@_exported`, whole modules
  or single declarations; an extension belongs to the type that it extends.
- **Circles.** File A refers to file B when A names a type, or calls a function, that B declares at the top level of the same
  module. A circle is a strongly connected component of more than one file. `Type.swift` and every `Type+Aspect.swift` of a
  module count as one file. Members of extensions cannot be resolved by text and are not counted.
- **Duplicated runs** are at least 8 successive lines that stand in two places, after comments, blank lines, imports, lines
  without a letter or digit, and differences of white space are removed.
  Runs of one shape are found after names, strings and numbers are made equal, keywords kept: places to look at, not verdicts.
- **Samples** are code blocks, fenced or indented, in documentation comments (`///`) and in DocC catalogs.
- **Copied test helpers** are functions of at least two lines, not tests themselves, whose text is the same in several test
  targets; the second number counts those whose signature alone is the same.
"""

import argparse
import collections
import io
import os
import re
import subprocess
import sys
import tarfile

RUN = 8
CODE = (".swift", ".c", ".h")
NOT_OURS = re.compile(r"\.pb-c\.[ch]$|^Sources/(CModelData|CDataSets|CFontData)/")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

ATTRIBUTES = r"(?:@\w+(?:\([^)]*\))?\s+)*"
MODIFIERS = (
    r"(?:(?:public|open|package|internal|private|fileprivate|final|indirect|nonisolated|static|class|mutating|override|lazy|weak"
    r"|unsafe|required|convenience|borrowing|consuming|(?:private|fileprivate|package|internal)\(set\))\s+)*"
)
DECLARATION = re.compile(
    rf"^{ATTRIBUTES}({MODIFIERS})(struct|class|enum|actor|protocol|typealias|func|let|var|extension)\s+([\w.`]+)")
PUBLIC = re.compile(rf"^\s*{ATTRIBUTES}(?:[\w()]+\s+)*?(?:public|open)\s+(?!import\b)")
EXPORTED = re.compile(
    r"^@_exported\s+public\s+import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var|actor)\s+)?([\w.]+)", re.M)
IDENTIFIER = re.compile(r"(?<![\w.`])[A-Za-z_]\w*")


# Reading a checkout


def read_files(source):
    """All code and DocC text of `source`, a folder or a commit: {path: text}."""
    wanted = re.compile(r"^(Sources|Tests)/.*\.(swift|c|h|md)$|^Package\.swift$")
    files = {}
    if os.path.isdir(source):
        for folder, folders, names in os.walk(source):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), source)
                if wanted.search(path):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        files[path] = file.read()
    else:
        archive = subprocess.run(
            ["git", "-C", ROOT, "archive", "--format=tar", source, "Sources", "Tests", "Package.swift"],
            stdout=subprocess.PIPE)
        if archive.returncode != 0:
            sys.exit(f"house.py: neither a folder nor a commit: {source}")
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            for member in tar.getmembers():
                if member.isfile() and wanted.search(member.name):
                    files[member.name] = tar.extractfile(member).read().decode("utf-8")
    return {path: text for path, text in files.items() if not NOT_OURS.search(path)}


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|(#*)"""(?:.*?)"""\1|(#+)"(?:[^\n]*?)"\2|"(?:\\.|[^"\\\n])*"', re.S)


def without_comments(text, strings=False):
    """The code alone, line by line as before; string literals too are emptied where `strings` says so."""
    def replaced(match):
        token = match.group(0)
        if token.startswith("/"):
            return "\n" * token.count("\n")
        return '""' + "\n" * token.count("\n") if strings else token
    return TOKEN.sub(replaced, text)


def module_of(path):
    return path.split("/")[1]


def code_files(files, top):
    return {path: text for path, text in files.items() if path.startswith(top + "/") and path.endswith(CODE)}


# Measures


def public_declarations(text):
    """(owner, is top level) of each public declaration; the owner is the enclosing top-level type or the name itself."""
    owner, found = None, []
    for line in without_comments(text, strings=True).split("\n"):
        declaration = DECLARATION.match(line)
        if declaration:
            owner = declaration.group(3).split(".")[0]
        if PUBLIC.match(line):
            top = declaration is not None and declaration.group(2) != "extension"
            found.append((owner, top))
    return found


def surface(files, public):
    """(declarations, top-level names) that `import Sedge` makes visible."""
    exported, pending, seen = set(), ["Sedge"], set()
    while pending:
        module = pending.pop()
        if module in seen:
            continue
        seen.add(module)
        exported.add((module, None))
        for path, text in files.items():
            if path.startswith(f"Sources/{module}/") and path.endswith(".swift"):
                for name in EXPORTED.findall(text):
                    target, _, single = name.partition(".")
                    if single:
                        exported.add((target, single))
                    else:
                        pending.append(target)
    declarations = names = 0
    for module, found in public.items():
        for owner, top in found:
            if (module, None) in exported or (module, owner) in exported:
                declarations += 1
                names += top
    return declarations, names


def circles(files):
    """Per module, the strongly connected components of more than one file, each a sorted list of file names."""
    modules = collections.defaultdict(dict)
    for path, text in files.items():
        if path.endswith(".swift"):
            unit = os.path.basename(path)[: -len(".swift")].split("+")[0]
            code = without_comments(text, strings=True)
            modules[module_of(path)][unit] = modules[module_of(path)].get(unit, "") + "\n" + code
    result = {}
    for module, units in modules.items():
        declared = collections.defaultdict(set)
        for unit, code in units.items():
            for line in code.split("\n"):
                match = DECLARATION.match(line)
                if match and match.group(2) != "extension" and "private" not in match.group(1).replace("(set)", ""):
                    declared[match.group(3)].add(unit)
        edges = {}
        for unit, code in units.items():
            targets = set()
            own = {m.group(3) for line in code.split("\n") if (m := DECLARATION.match(line.strip()))
                   and m.group(2) != "extension"}
            for match in IDENTIFIER.finditer(code):
                name = match.group(0)
                if name in declared and name not in own:
                    if name[0].isupper() or code[match.end() : match.end() + 1] == "(":
                        targets |= declared[name]
            edges[unit] = targets - {unit}
        result[module] = components(edges)
    return result


def components(edges):
    """Strongly connected components of more than one node (Tarjan, without recursion)."""
    index, low, stack, on, found, counter = {}, {}, [], set(), [], 0
    for root in sorted(edges):
        if root in index:
            continue
        work = [(root, iter(sorted(edges[root])))]
        index[root] = low[root] = counter
        counter += 1
        stack.append(root)
        on.add(root)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = counter
                    counter += 1
                    stack.append(successor)
                    on.add(successor)
                    work.append((successor, iter(sorted(edges[successor]))))
                    break
                if successor in on:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    if len(component) > 1:
                        found.append(sorted(component))
    return found


KEYWORDS = set(
    "as await break case catch class continue default defer do else enum extension false for func guard if import in init inout"
    " is let nil private public package protocol repeat return self some any static struct subscript super switch throw throws true"
    " try typealias unsafe var where while int char float double void const sizeof".split())


def shape(line):
    """The line with names, strings and numbers made equal."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', "0", line)
    return re.sub(r"[A-Za-z_]\w*|\d[\w.]*", lambda m: m.group(0) if m.group(0) in KEYWORDS else "x", line)


def normalized(text):
    """The lines that count for duplicates: (line number, text)."""
    lines = []
    for number, line in enumerate(without_comments(text).split("\n"), 1):
        line = " ".join(line.split())
        if re.search(r"\w", line) and not re.match(r"(@\w+ )*((public|package|internal) )?import |#include ", line):
            lines.append((number, line))
    return lines


def duplicates(files, transform=lambda line: line):
    """(distinct runs, places, lines, examples): runs of at least RUN lines that stand in two places."""
    windows, numbers = collections.defaultdict(list), {}
    for path in sorted(files):
        lines = normalized(files[path])
        numbers[path] = lines
        texts = [transform(line) for _, line in lines]
        for start in range(len(texts) - RUN + 1):
            windows["\n".join(texts[start : start + RUN])].append((path, start))
    covered = collections.defaultdict(set)
    twins = collections.defaultdict(set)
    for places in windows.values():
        if len(places) > 1:
            for path, start in places:
                covered[path].add(start)
                twins[path, start].update(places)
    runs = []
    for path, starts in covered.items():
        first = previous = None
        for start in sorted(starts) + [None]:
            if first is not None and (start is None or start != previous + 1):
                runs.append((path, first, previous))
                first = None
            if first is None:
                first = start
            previous = start
    run_of = {(path, start): run for run in runs for path, a, b in [run] for start in range(a, b + 1)}
    parent = {run: run for run in runs}

    def find(run):
        while parent[run] != run:
            run = parent[run]
        return run

    for place, others in twins.items():
        for other in others:
            parent[find(run_of[other])] = find(run_of[place])
    lines = sum(last - first + RUN for _, first, last in runs)
    groups = collections.defaultdict(list)
    for run in runs:
        groups[find(run)].append(run)
    examples = []
    for group in sorted(groups.values(), key=lambda group: -max(b - a for _, a, b in group)):
        examples.append(", ".join(f"{path}:{numbers[path][first][0]}" for path, first, _ in sorted(group)[:3])
                        + f" ({max(b - a for _, a, b in group) + RUN} lines)")
    return len(groups), len(runs), lines, examples


def samples(files):
    """Code blocks in documentation comments, and in DocC catalogs."""
    comments = docc = 0
    for path, text in files.items():
        if path.startswith("Sources/") and path.endswith(".swift"):
            comments += len(re.findall(r"^\s*/// ?```", text, re.M)) // 2
            comments += len(re.findall(r"^\s*///\n(?:\s*/// {5,}\S.*\n(?:\s*///\n(?=\s*/// {5,}))?)+", text, re.M))
        elif ".docc/" in path and path.endswith(".md"):
            docc += len(re.findall(r"^```", text, re.M)) // 2
            docc += len(re.findall(r"^\n(?: {4,}\S.*\n(?:\n(?= {4,}))?)+", text, re.M))
    return comments, docc


FUNCTION = re.compile(r"^(\s*)((?:@\w+(?:\([^\n]*\))?\s+)*)((?:\w+(?:\(set\))?\s+)*)func\s+([^\n]*)$", re.M)


def copied_helpers(files):
    """Helper functions that stand in several test targets: {name: targets} of the same text, and of the same signature."""
    targets, names, signatures = collections.defaultdict(set), {}, collections.defaultdict(set)
    for path, text in files.items():
        if not path.startswith("Tests/") or not path.endswith(".swift"):
            continue
        code = without_comments(text)
        for match in FUNCTION.finditer(code):
            before = code[: match.start()].rstrip().rsplit("\n", 1)[-1]
            if "@Test" in match.group(2) or "@Test" in before or before.strip().endswith(")") and "@Test" in code[
                    max(0, match.start() - 600) : match.start()].rsplit("}", 1)[-1]:
                continue
            depth, end, body = 0, match.start(4), False
            while end < len(code):
                character = code[end]
                if character == "{":
                    depth, body = depth + 1, True
                elif character == "}":
                    depth -= 1
                    if depth == 0 and body:
                        break
                    if depth < 0:
                        break
                end += 1
            lines = [" ".join(line.split()) for line in code[match.start(4) : end + 1].split("\n")]
            lines = [line for line in lines if re.search(r"\w", line)]
            if body and len(lines) >= 3:
                signatures[" ".join("\n".join(lines).split("{")[0].split())].add(module_of(path))
                key = "\n".join(lines)
                targets[key].add(module_of(path))
                names[key] = re.match(r"[\w`]+|\S+", match.group(4)).group(0)
    found = collections.defaultdict(set)
    for key, places in targets.items():
        if len(places) > 1:
            found[names[key]] |= places
    return found, {signature: places for signature, places in signatures.items() if len(places) > 1}


# The table


def measure(source):
    files = read_files(source)
    rows = collections.OrderedDict()

    def add(section, label, value):
        rows[section, label] = value

    sources, tests = code_files(files, "Sources"), code_files(files, "Tests")
    lines = {path: text.count("\n") for path, text in {**sources, **tests}.items()}
    public = {}
    for path, text in sources.items():
        public.setdefault(module_of(path), [])
        if path.endswith(".swift"):
            public[module_of(path)] += public_declarations(text)

    def total(group):
        return f"{len(group)} files, {sum(lines[path] for path in group):,} lines"

    add("in all", "Sources", total(sources))
    add("in all", "Tests", total(tests))
    add("in all", "modules", str(len({module_of(path) for path in sources if path.endswith('.swift')})))
    declarations = sum(len(found) for found in public.values())
    names = sum(top for found in public.values() for _, top in found)
    add("in all", "public declarations, names", f"{declarations:,}, {names}")
    add("in all", "`import Sedge`: declarations, names", "{:,}, {}".format(*surface(files, public)))
    rings = circles({path: text for path, text in sources.items()})
    in_rings = sum(len(ring) for found in rings.values() for ring in found)
    add("in all", "circles of files", f"{sum(map(len, rings.values()))}, of {in_rings} files")
    for top, group in (("Sources", sources), ("Tests", tests)):
        distinct, places, count, examples = duplicates(group)
        add("in all", f"duplicated runs, {top}", f"{distinct}, in {places} places, {count} lines")
        rows[f"_duplicates {top}"] = examples
        distinct, places, count, examples = duplicates(group, shape)
        add("in all", f"... of one shape, {top}", f"{distinct}, in {places} places, {count} lines")
        rows[f"_shapes {top}"] = examples
    comments, docc = samples(files)
    add("in all", "samples: comments, DocC", f"{comments}, {docc}")
    helpers, signatures = copied_helpers(files)
    add("in all", "copied test helpers, signatures", f"{len(helpers)}, {len(signatures)}")
    rows["_helpers"] = {**signatures, **helpers}

    for module in sorted(public):
        group = [path for path in sources if module_of(path) == module]
        found = public[module]
        value = f"{len(group)}, {sum(lines[path] for path in group):,}"
        if any(path.endswith(".swift") for path in group):
            value += f", {len(found)}, {sum(top for _, top in found)}"
        add("module: files, lines, public, names", module, value)
    for module in sorted(rings):
        if rings[module]:
            sizes = sorted((len(ring) for ring in rings[module]), reverse=True)
            add("circles: files in each", module, ", ".join(map(str, sizes)))
    rows["_circles"] = rings
    largest = sorted(sources, key=lambda path: (-lines[path], path))[:10]
    rows["_largest"] = [f"{lines[path]:,} {path[len('Sources/'):]}" for path in largest]
    for rank, text in enumerate(rows["_largest"], 1):
        add("largest files of Sources", str(rank), text)
    return rows


def show(titles, tables):
    keys = []
    for section in ("in all", "module: files, lines, public, names", "circles: files in each", "largest files of Sources"):
        labels = list(dict.fromkeys(
            key[1] for table in tables for key in table if isinstance(key, tuple) and key[0] == section))
        if section.startswith(("module", "circles")):
            labels.sort()
        keys += [(section, label) for label in labels]
    width = max(len(label) for _, label in keys) + 2
    columns = [max([len(title)] + [len(table.get(key, "-")) for key in keys]) + 2 for title, table in zip(titles, tables)]
    section = None
    for key in keys:
        if key[0] != section:
            section = key[0]
            print(("" if section == "in all" else "\n") + section)
            if section == "in all":
                print(" " * (width + 2) + "".join(t.ljust(w) for t, w in zip(titles, columns)).rstrip())
        values = "".join(table.get(key, "-").ljust(w) for table, w in zip(tables, columns))
        print(f"  {key[1].ljust(width)}{values}".rstrip())


def show_details(table):
    """Names what was counted, so that it can be changed."""
    print("\ncircles")
    for module, found in sorted(table["_circles"].items()):
        for ring in found:
            print(f"  {module}: {', '.join(ring)}")
    for top in ("Sources", "Tests"):
        print(f"\nduplicated runs, {top}")
        for example in table[f"_duplicates {top}"]:
            print(f"  {example}")
        print(f"\nruns of one shape, {top}")
        for example in table[f"_shapes {top}"]:
            print(f"  {example}")
    print("\ncopied test helpers")
    for name, targets in sorted(table["_helpers"].items()):
        print(f"  {name}: {', '.join(sorted(targets))}")


def main():
    parser = argparse.ArgumentParser(description="Measures the order of the source code; prints one table.")
    parser.add_argument("source", nargs="?", default=ROOT, help="a folder or a git commit; default: this checkout")
    parser.add_argument("--compare", nargs=2, metavar=("BEFORE", "AFTER"), help="two folders or commits side by side")
    parser.add_argument("--details", action="store_true", help="also names circles, duplicates and copied helpers")
    arguments = parser.parse_args()
    if arguments.compare:
        show(arguments.compare, [measure(source) for source in arguments.compare])
    else:
        table = measure(arguments.source)
        show(["" if arguments.source == ROOT else arguments.source], [table])
        if arguments.details:
            show_details(table)


if __name__ == "__main__":
    main()
