#!/usr/bin/env python3
"""Compares docs/limits.md with the constants in the code: each value, and that no reader has a limit that the page lacks.

    python3 Scripts/check_limits.py
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\|.*?\| `(\d+)` \|.*\| `([\w/+.]+)`, `(\w+)` \|$")
CONSTANT = re.compile(r"\blet (\w+)(?:: \w+)? = ([\d_]+(?: << [\d_]+)?)$", re.M)
LIMIT = re.compile(r"^(?:maximum|largest)\w*Count$|^(?:maximum|largest)(?:Depth|Expansion)$")
# Modules that read files. Others bound numbers of their own.
READERS = ["SedgeTensor", "SedgeByteCompression", "SedgeSafetensors", "SedgeTorch", "SedgeONNX", "SedgeImages", "SedgeTokenizer",
           "SedgeContainer", "SedgeReport/Document", "SedgeEvaluation/Results", "SedgeEvaluation/DataSets", "SedgeCheckpoint",
           "SedgeSignature"]
# Limits of no reader, or of what another limit bounds.
OTHERS = {("SedgeCheckpoint/FlatYAML.swift", "maximumListCount"), ("SedgeCheckpoint/ConfigurationFiles.swift", "maximumListCount"),
          ("SedgeONNX/NameRecovery+Roles.swift", "maximumInputCount")}


def constants(path):
    return {name: eval(value.replace("_", "")) for name, value in CONSTANT.findall(path.read_text())}


def main():
    faults, documented = [], set()
    for line in (ROOT / "docs/limits.md").read_text().splitlines():
        row = ROW.match(line)
        if not row:
            continue
        value, file, name = int(row[1]), row[2], row[3]
        documented.add((file, name))
        path = ROOT / "Sources" / file
        found = constants(path).get(name) if path.exists() else None
        if found != value:
            faults.append(f"docs/limits.md: {file}, {name} is {found}, the page says {value}")
    for folder in READERS:
        for path in sorted((ROOT / "Sources" / folder).glob("*.swift")):
            file = str(path.relative_to(ROOT / "Sources"))
            for name in constants(path):
                if LIMIT.match(name) and (file, name) not in documented | OTHERS:
                    faults.append(f"{file}: {name} is not in docs/limits.md")
    print("\n".join(faults) if faults else f"{len(documented)} limits are as docs/limits.md says")
    return 1 if faults or not documented else 0


if __name__ == "__main__":
    sys.exit(main())
