"""Makes Sources/CModelData/data from CLIP's vocabulary and from Python's own tables.

    python3 Scripts/make-model-data.py bpe_simple_vocab_16e6.txt.gz

The vocabulary is the one in the PyPI package open_clip_torch. Needs Python 3.11 (its Unicode version goes into the
tables) and the zstd command line program. Same input, same Python, same zstd: same bytes.
"""
import gzip
import hashlib
import html
import html.entities
import pathlib
import subprocess
import sys
import tempfile
import unicodedata

DATA = pathlib.Path(__file__).resolve().parent.parent / "Sources/CModelData/data"
VOCABULARY_SHA256 = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a"
MERGE_COUNT = 48_894

DOUBLE_QUOTES = range(0x201C, 0x2020)
SINGLE_QUOTES = [0x02BC, *range(0x2018, 0x201C)]
LINE_BREAKS = [0x0D, 0x2028, 0x2029]
# Latin letters that stand for two or more: Dutch, Afrikaans, Serbo-Croatian digraphs and the typographer's ligatures.
LETTER_GROUPS = [0x0132, 0x0133, 0x0149, *range(0x01C4, 0x01CD), *range(0x01F1, 0x01F4), *range(0xFB00, 0xFB07)]


def scalars():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def line(*texts):
    return " ".join(f"{ord(c):X}" for text in texts for c in text)


def merges(path):
    packed = pathlib.Path(path).read_bytes()
    assert hashlib.sha256(packed).hexdigest() == VOCABULARY_SHA256, "not the vocabulary of CLIP"
    used = gzip.decompress(packed).decode("utf-8").split("\n")[1:1 + MERGE_COUNT]
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder, "merges")
        plain.write_text("\n".join(used), encoding="utf-8")
        target = DATA / "clip_merges.txt.zst"
        subprocess.run(["zstd", "-q", "-f", "-19", "--no-check", plain, "-o", target], check=True)


def html_entities():
    """A name as it stands behind "&", then its code points; "^" marks upper-case spellings beyond HTML's own."""
    rows = []
    for name, value in html.entities.html5.items():
        rows.append(f"{name} {line(value)}")
        upper = f"&{name.upper()}"
        if name.endswith(";") and name == name.lower() and html.unescape(upper) == upper:
            rows.append(f"^{name.upper()} {line(value.upper())}")
    return sorted(set(rows))


def canonical_mappings():
    """A code point, then its canonical decomposition; "-" marks those that composition does not make again."""
    rows = []
    for c in scalars():
        parts = unicodedata.decomposition(chr(c))
        if parts and not parts.startswith("<"):
            decomposed = "".join(chr(int(part, 16)) for part in parts.split())
            again = unicodedata.normalize("NFC", decomposed) == chr(c)
            rows.append(("" if again else "-") + line(chr(c), decomposed))
    return rows


def character_repairs():
    """A code point, then what it is replaced with: letter groups taken apart, widths and quotes made plain."""
    rows = []
    for c in scalars():
        text = chr(c)
        if c in LETTER_GROUPS:
            # U+FB05 is a long s and a t: one step of decomposition, not two.
            text = "\u017ft" if c == 0xFB05 else unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text))
        if 0xFF01 <= c < 0xFFF0 or c == 0x3000:
            text = unicodedata.normalize("NFKC", text)
        text = "".join('"' if ord(x) in DOUBLE_QUOTES else "'" if ord(x) in SINGLE_QUOTES else x for x in text)
        text = "\n" if c in LINE_BREAKS else text
        if text != chr(c):
            rows.append(line(chr(c), text))
    return rows


def main():
    merges(sys.argv[1])
    for make in (html_entities, canonical_mappings, character_repairs):
        (DATA / f"{make.__name__}.txt").write_text("\n".join(make()) + "\n", encoding="ascii")
    print(f"Unicode {unicodedata.unidata_version}")


if __name__ == "__main__":
    main()
