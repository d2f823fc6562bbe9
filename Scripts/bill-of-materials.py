#!/usr/bin/env python3
"""Lists what is inside the programs of `make dist`, from what the linker read: an SBOM and the licences.

    Scripts/bill-of-materials.py BUILT ROOT BINARY... --version V --commit C --epoch SECONDS --licences FOLDER --output SBOM

BUILT is the folder of Scripts/build-library.sh, with the list of the linker; BINARY are paths below ROOT, of the files that contain them. Writes SPDX 2.3
and one text of a licence for each component. Same inputs, same bytes. Fails where a component is not in Packaging/licences.tsv:
then nobody has looked at its licence.
"""

import argparse
import hashlib
import json
import platform
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
COMMON_LICENCES = Path("/usr/share/common-licenses")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def table() -> dict[str, tuple[str, Path | None]]:
    """Licence and path of its text, by component."""
    rows = {}
    for line in (ROOT / "Packaging/licences.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            name, licence, *text = line.split("\t")
            rows[name] = (licence, ROOT / text[0] if text else None)
    return rows


def linked_files(built: Path) -> set[Path]:
    """The archives of which something was linked, and the libraries beside."""
    files = {Path(output("clang", f"-print-file-name={path.name.removesuffix('.0')}").strip()).resolve() for path in built.glob("libturbojpeg.so.*")}
    for path in built.glob("*.extracted"):
        # A header; then a reference, a member of an archive, a symbol.
        for line in path.read_text().splitlines()[1:]:
            files.add(Path(re.sub(r"\(.*", "", line.split("\t")[1])).resolve())
    return files


def debian(files: set[Path]) -> list[dict]:
    """The packages of Debian that the files are from."""
    found: dict[str, dict] = {}
    system = platform.freedesktop_os_release()
    for line in output("dpkg", "-S", *map(str, sorted(files))).splitlines():
        package = line.split(": ")[0].split(",")[0]
        if package in found:
            continue
        fields = output("dpkg-query", "-W", "-f", "${Package}\t${Version}\t${source:Package}\t${source:Version}\t${Architecture}", package)
        name, version, source, source_version, architecture = fields.split("\t")
        found[package] = {
            "name": name, "version": version, "component": source, "text": Path(f"/usr/share/doc/{name}/copyright"),
            "source": f"source package {source} {source_version}",
            "purl": f"pkg:deb/{system['ID']}/{name}@{quote(version, safe=':~')}?arch={architecture}&distro={system['ID']}-{system['VERSION_ID']}",
        }
    return list(found.values())


def swift(toolchain: Path) -> list[dict]:
    release = re.search(r"swift-([0-9.]+)-RELEASE", output("swift", "--version"))
    pins = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    found = [{
        "name": "swift", "version": release[1] if release else "unknown", "component": "swift",
        "source": "runtime, Foundation and Dispatch of the toolchain", "text": toolchain / "usr/share/swift/LICENSE.txt",
        "purl": f"pkg:github/swiftlang/swift@swift-{release[1]}-RELEASE" if release else None,
    }]
    for pin in pins:
        version, location = pin["state"]["version"], pin["location"].removesuffix(".git")
        found.append({
            "name": pin["identity"], "version": version, "component": pin["identity"], "source": f"commit {pin['state']['revision']}",
            "text": ROOT / f".build/checkouts/{pin['identity']}/LICENSE.txt",
            "purl": location.replace("https://github.com/", "pkg:github/") + f"@{version}",
        })
    return found


def embedded(rows: dict) -> list[dict]:
    """The data that is compiled in: the rows with a text of their own."""
    return [
        {"name": name, "version": None, "component": name, "source": "compiled in", "text": text, "purl": None}
        for name, (_, text) in rows.items() if text
    ]


def identifier(name: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def package(item: dict, licence: str) -> dict:
    entry = {
        "SPDXID": identifier(item["name"]), "name": item["name"], "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION", "sourceInfo": item["source"],
    }
    if item["version"]:
        entry["versionInfo"] = item["version"]
    if item["purl"]:
        entry["externalRefs"] = [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": item["purl"]}]
    return entry


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("built", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("binaries", nargs="+")
    parser.add_argument("--version", required=True)
    parser.add_argument("--commit", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("--licences", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    rows = table()
    toolchain = Path(output("sh", "-c", "command -v swiftc").strip()).resolve().parents[2]
    files = linked_files(options.built)
    items = debian({file for file in files if not file.is_relative_to(toolchain)}) + swift(toolchain) + embedded(rows)
    items.sort(key=lambda item: item["name"])
    unknown = sorted({item["component"] for item in items} - set(rows))
    if unknown:
        sys.exit(f"bill-of-materials: not in Packaging/licences.tsv: {', '.join(unknown)}")

    options.licences.mkdir(parents=True, exist_ok=True)
    texts = {item["component"]: item["text"].read_text() for item in items}
    # Debian's texts refer to these, some by a name of their newest version.
    common = set(re.findall(rf"{COMMON_LICENCES}/([A-Za-z0-9.-]*[A-Za-z0-9])", "".join(texts.values())))
    texts |= {name: (COMMON_LICENCES / name).read_text() for name in {(COMMON_LICENCES / name).resolve().name for name in common}}
    for name, text in texts.items():
        (options.licences / f"{name}.txt").write_text(text)

    digests = {}
    for binary in options.binaries:
        data = (options.root / binary).read_bytes()
        digests[binary] = {kind: hashlib.new(kind, data).hexdigest() for kind in ("sha1", "sha256")}
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"sedge-{options.version}",
        "documentNamespace": "https://spdx.org/spdxdocs/sedge-{}-{}".format(
            options.version, hashlib.sha256("".join(d["sha256"] for d in digests.values()).encode()).hexdigest()),
        "creationInfo": {
            "created": datetime.fromtimestamp(options.epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: Scripts/bill-of-materials.py"],
        },
        "packages": [{
            "SPDXID": "SPDXRef-sedge", "name": "sedge", "versionInfo": options.version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "MIT", "licenseDeclared": "MIT", "copyrightText": "The Sedge authors",
            "sourceInfo": f"commit {options.commit}",
        }] + [package(item, rows[item["component"]][0]) for item in items],
        "files": [{
            "SPDXID": identifier(f"file-{binary}"), "fileName": f"./{binary}",
            "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION",
            "checksums": [{"algorithm": kind.upper(), "checksumValue": value} for kind, value in digests[binary].items()],
        } for binary in options.binaries],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-sedge"}
        ] + [
            {"spdxElementId": "SPDXRef-sedge", "relationshipType": "CONTAINS", "relatedSpdxElement": identifier(item["name"])} for item in items
        ] + [
            {"spdxElementId": identifier(f"file-{binary}"), "relationshipType": "GENERATED_FROM", "relatedSpdxElement": "SPDXRef-sedge"}
            for binary in options.binaries
        ],
    }
    options.output.write_text(json.dumps(document, indent=1) + "\n")


main()
