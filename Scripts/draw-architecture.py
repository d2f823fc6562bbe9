#!/usr/bin/env python3
"""Draws docs/images/architecture.svg: the Swift modules and their dependencies, as Package.swift declares them.

    python3 Scripts/draw-architecture.py           writes the image
    python3 Scripts/draw-architecture.py --check   fails where the image is not what Package.swift gives

An arrow points to a module that is imported; arrows that follow from others are omitted (transitive reduction). Places are
listed below. A module without a place and an arrow that does not point down are errors.
"""

import functools
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
IMAGE = os.path.join(ROOT, "docs/images/architecture.svg")

WIDTH, HEADER, ROW, BOX_WIDTH, BOX_HEIGHT = 880, 34, 72, 124, 40

# Layers from top to bottom; each has rows, each row places: (module, centre x in 0...1, role).
LAYERS = [
    ("interface", [[("SedgeInterface", 0.5, "C, C++ and Python")], [("SedgeCommands", 0.5, "command line")]]),
    ("library", [[("Sedge", 0.5, "library facade"), ("SedgeReport", 0.925, "results as pages")]]),
    ("quality and size", [
        [("SedgeCompression", 0.5, "bit widths, budgets")],
        [("SedgeVerification", 0.36, "errors, verdicts"), ("SedgeEvaluation", 0.68, "figures on data sets"),
         ("SedgePlot", 0.925, "figures as SVG")],
    ]),
    ("model", [
        [("SedgeExport", 0.36, ".sedge to PyTorch"), ("SedgeSignature", 0.075, "signed files")],
        [("SedgeCheckpoint", 0.22, "opens, joins files"), ("SedgeText", 0.5, "text features"),
         ("SedgeStatistics", 0.925, "values of tensors")],
        [("SedgeFolding", 0.56, "merges layers"), ("SedgeContainer", 0.30, "the .sedge file"),
         ("SedgeCalibration", 0.76, "layer statistics")],
    ]),
    ("formats, passes", [
        [("SedgeTorch", 0.11, ".pth"), ("SedgeQuantization", 0.31, "codecs"), ("SedgeTokenizer", 0.49, "CLIP's tokens"),
         ("SedgeRunner", 0.67, "forward passes"), ("SedgeImages", 0.845, "PNG, JPEG, ...")],
        [("SedgeHDF5", 0.08, ".h5"), ("SedgeONNX", 0.234, ".onnx"), ("SedgeSafetensors", 0.388, ".safetensors"),
         ("SedgeByteCompression", 0.542, "zlib, Zstandard"), ("SedgeArchitecture", 0.696, "SED and CLIP"),
         ("SedgeOperators", 0.848, "kernels in C")],
    ]),
    ("base", [
        [("SedgeTensor", None, "tensors, archives, untrusted files, errors")],
        [("SedgePlatform", None, "the C library of Linux or macOS")],
    ]),
]
# Modules that are drawn across the page: their left and right ends, in 0...1.
WIDE = {"SedgeTensor": (0.01, 0.919), "SedgePlatform": (0.01, 0.99)}

STYLE = """
    text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; text-anchor: middle; fill: #1f2328 }
    .name { font-size: 12px; font-weight: 600 }
    .role { font-size: 11px; fill: #59636e }
    .layer { font-size: 10.5px; fill: #59636e; text-anchor: start; font-style: italic }
    .page { fill: #ffffff }
    .band { fill: #f6f8fa }
    .box { fill: #ffffff; stroke: #57606a; stroke-width: 1.2 }
    .arrow { fill: none; stroke: #0969da; stroke-width: 1.3 }
    .head { fill: #0969da }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .role, .layer { fill: #a3acb6 }
      .page { fill: #0d1117 }
      .band { fill: #161b22 }
      .box { fill: #0d1117; stroke: #8b949e }
      .arrow { stroke: #58a6ff }
      .head { fill: #58a6ff }
    }
"""


def dependencies():
    """The Swift modules of Package.swift and the modules that each imports."""
    with open(os.path.join(ROOT, "Package.swift"), encoding="utf-8") as file:
        text = file.read()
    modules = text[text.index("let modules") : text.index("let package")]
    found = {
        match.group(1): set(re.findall(r'"(\w+)"', match.group(2)))
        for match in re.finditer(r'\bmodule\(\s*"(\w+)",\s*\[(.*?)\]\s*[,)]', modules, re.S)
    }
    return {name: {other for other in others if other in found} for name, others in found.items()}


def reduced(graph):
    """The edges that do not follow from others."""
    @functools.cache
    def reachable(name):
        return frozenset(graph[name]).union(*(reachable(other) for other in graph[name]))

    return [
        (name, other) for name in graph for other in sorted(graph[name])
        if not any(other in reachable(between) for between in graph[name] - {other})
    ]


class Box:
    def __init__(self, row, top, module, centre, role):
        self.row, self.top, self.module, self.role = row, top, module, role
        if module in WIDE:
            self.left, self.right = (edge * WIDTH for edge in WIDE[module])
        else:
            self.left, self.right = centre * WIDTH - BOX_WIDTH / 2, centre * WIDTH + BOX_WIDTH / 2
        self.centre, self.bottom = (self.left + self.right) / 2, top + BOX_HEIGHT


def layout():
    """Boxes by module, and the bands of the layers: (name, top, bottom)."""
    boxes, bands, top, row = {}, [], 0, 0
    for layer, rows in LAYERS:
        start = top
        top += HEADER
        for places in rows:
            for module, centre, role in places:
                boxes[module] = Box(row, top, module, centre, role)
            top += ROW
            row += 1
        top -= ROW - BOX_HEIGHT - 14
        bands.append((layer, start, top))
        top += 8
    return boxes, bands, top - 8


def free_place(x, row, boxes, taken):
    """The place nearest to `x` where a line passes between the boxes of a row."""
    obstacles = [(box.left - 8, box.right + 8) for box in boxes.values() if box.row == row]
    obstacles += [(other - 7, other + 7) for other in taken]
    candidates = [x] + [edge for obstacle in obstacles for edge in obstacle]
    free = [c for c in candidates if 5 <= c <= WIDTH - 5 and not any(a < c < b for a, b in obstacles)]
    return min(free, key=lambda candidate: abs(candidate - x))


def paths(edges, boxes):
    """One smooth path for each edge; lines pass rows between their boxes."""
    def end(name, other):
        """The other end's centre, seen from a box: lines leave and arrive in this order."""
        return boxes[other].centre if other not in WIDE else boxes[name].centre

    def port(box, x, others):
        if box.module in WIDE:
            return min(max(x, box.left + 12), box.right - 12)
        spread = min(18, (BOX_WIDTH - 20) / max(len(others), 1))
        return box.centre + (others.index(x) - (len(others) - 1) / 2) * spread

    leaving, arriving = {}, {}
    for name, other in edges:
        leaving.setdefault(name, []).append(end(name, other))
        arriving.setdefault(other, []).append(end(other, name))
    for ends in (*leaving.values(), *arriving.values()):
        ends.sort()
    taken, result = {}, []
    # Short edges first: they have the least choice.
    for name, other in sorted(edges, key=lambda edge: (boxes[edge[1]].row - boxes[edge[0]].row, edge)):
        source, target = boxes[name], boxes[other]
        x = port(source, end(name, other), leaving[name])
        goal = port(target, end(other, name) if other not in WIDE else source.centre, arriving[other])
        points = [(x, source.bottom)]
        for row in range(source.row + 1, target.row):
            share = (row - source.row) / (target.row - source.row)
            place = free_place(x + (goal - x) * share, row, boxes, taken.setdefault(row, []))
            taken[row].append(place)
            top = next(box.top for box in boxes.values() if box.row == row)
            points += [(place, top), (place, top + BOX_HEIGHT)]
        if other in WIDE:
            goal = min(max(points[-1][0], target.left + 12), target.right - 12)
        points.append((goal, target.top - 6))
        path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
        for (x0, y0), (x1, y1) in zip(points[0::2], points[1::2]):
            middle = (y0 + y1) / 2
            path += f" C{x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}"
            if (x1, y1) != points[-1]:
                path += f" V{y1 + BOX_HEIGHT:.0f}"
        result.append(f'<path class="arrow" marker-end="url(#head)" d="{path}"><title>{name} imports {other}</title></path>')
    return result


def draw():
    graph = dependencies()
    boxes, bands, height = layout()
    if set(boxes) != set(graph):
        sys.exit(f"draw-architecture.py: places and Package.swift differ in {sorted(set(boxes) ^ set(graph))}")
    edges = reduced(graph)
    for name, other in edges:
        if boxes[name].row >= boxes[other].row:
            sys.exit(f"draw-architecture.py: {name} imports {other}, which is not below it")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
        ' aria-label="The modules of Sedge and what each imports">',
        f"  <style>{STYLE}  </style>",
        '  <defs><marker id="head" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0 L8 4 L0 8 z"/></marker></defs>',
        f'  <rect class="page" width="{WIDTH}" height="{height}"/>',
    ]
    for layer, top, bottom in bands:
        lines.append(f'  <rect class="band" y="{top}" width="{WIDTH}" height="{bottom - top}" rx="6"/>')
        lines.append(f'  <text class="layer" x="10" y="{top + 15}">{layer}</text>')
    lines += ["  " + path for path in paths(edges, boxes)]
    for box in boxes.values():
        short = box.module if box.module == "Sedge" else box.module.removeprefix("Sedge")
        lines += [
            f'  <rect class="box" x="{box.left:.0f}" y="{box.top}" width="{box.right - box.left:.0f}" height="{BOX_HEIGHT}" rx="5"/>',
            f'  <text class="name" x="{box.centre:.0f}" y="{box.top + 17}">{short}</text>',
            f'  <text class="role" x="{box.centre:.0f}" y="{box.top + 32}">{box.role}</text>',
        ]
    return "\n".join(lines + ["</svg>", ""])


def main():
    image = draw()
    if "--check" in sys.argv[1:]:
        with open(IMAGE, encoding="utf-8") as file:
            if file.read() != image:
                sys.exit("docs/images/architecture.svg is not what Package.swift gives: run Scripts/draw-architecture.py")
        print("docs/images/architecture.svg is what Package.swift gives")
    else:
        with open(IMAGE, "w", encoding="utf-8") as file:
            file.write(image)


if __name__ == "__main__":
    main()
