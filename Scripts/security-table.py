#!/usr/bin/env python3
"""Writes the results of security tests into the table of docs/security.md.

Each campaign writes one JSON object with `--report FILE`: its name, and rows of a kind, the number tried, the number lost (what broke a
promise), and a note.

  Scripts/security-table.py REPORT.json ...
"""
import json, os, sys

PAGE = os.path.join(os.path.dirname(__file__), "..", "docs", "security.md")
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def main():
    lines = ["| campaign | kind | tried | broke a promise | |", "|---|---|---:|---:|---|"]
    tried = lost = 0
    for path in sys.argv[1:]:
        with open(path) as file:
            report = json.load(file)
        for row in report["rows"]:
            tried, lost = tried + row["tried"], lost + row["lost"]
            lines.append(f"| {report['campaign']} | {row['kind']} | {row['tried']:,} | {row['lost']:,} | {row.get('note', '')} |")
    lines.append(f"| **all** | | **{tried:,}** | **{lost:,}** | |")
    with open(PAGE) as file:
        before, rest = file.read().split(BEGIN)
    after = rest.split(END)[1]
    with open(PAGE, "w") as file:
        file.write(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}")


main()
