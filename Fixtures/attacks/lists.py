"""Class lists, prompts, vocabularies, plans, goldens, data sets, rows, results, caches and configurations."""
import base64 as b64
import gzip
import json
import struct

from safetensors_files import file as safetensors
from wire import zstd
from xxh3 import xxh3


# --- Class lists -----------------------------------------------------------------------------------------------------

def class_lists():
    """Class lists that are none: name with ending, bytes."""
    yield "empty.txt", b""
    yield "blank-lines.txt", b"\n \n\t\n" * 1000
    yield "utf16-le.txt", "sky\ntree\n".encode("utf-16")
    yield "utf16-be.txt", b"\xfe\xff" + "sky\ntree\n".encode("utf-16-be")
    yield "utf32.txt", "sky\ntree\n".encode("utf-32")
    yield "latin-1.txt", "caf\u00e9\n".encode("latin-1")
    yield "nul.txt", b"sky\0\ntree\n"
    yield "nul-between-names.txt", b"sky\0tree\0road\0"
    yield "control-escape.txt", b"\x1b[2Jsky\ntree\n"
    yield "control-backspace.txt", b"sky\x08\x08\x08tree\nroad\n"
    yield "binary.txt", bytes(range(256)) * 100
    yield "overlong-utf8.txt", b"sky\xc0\xaf\ntree\n"
    yield "surrogates.txt", b"sky\xed\xa0\x80\ntree\n"
    yield "beyond-unicode.txt", b"sky\xf7\xbf\xbf\xbf\ntree\n"
    yield "cut-character.txt", b"tree\nsky\xe2\x82"
    yield "picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(100)
    yield "of-17-MB.txt", b"a class\n" * 2_200_000
    yield "equal.txt", b"sky\nsky\n"
    yield "equal-but-case.txt", b"sky\nSKY\n"
    yield "equal-million.txt", b"sky\n" * 1_000_000
    yield "empty-object.json", b"{}"
    yield "empty-array.json", b"[]"
    yield "object.json", b'{"sky": 0, "tree": 1}'
    yield "objects.json", b'[{"name": "sky"}, {"name": "tree"}]'
    yield "number.json", b"[1, 2]"
    yield "null.json", b"[null]"
    yield "nested.json", b'[["sky", "tree"]]'
    yield "empty-name.json", b'["sky", ""]'
    yield "blank-name.json", b'["sky", "  \\t"]'
    yield "empty-names-million.json", json.dumps(["sky"] + [""] * 1_000_000).encode()
    yield "empty-synonym.json", b'["sky, , tree"]'
    yield "empty-synonyms-100000.json", json.dumps(["sky" + ", " * 100_000]).encode()
    yield "depth-1000000.json", b"[" * 1_000_000
    yield "depth-100000-closed.json", b"[" * 100_000 + b'"sky"' + b"]" * 100_000
    yield "cut.json", b'["sky", "tr'
    yield "cut-escape.json", b'["sky\\'
    yield "cut-unicode-escape.json", b'["sky\\u12'
    yield "trailing-comma.json", b'["sky",]'
    yield "two-values.json", b'["sky"]["tree"]'
    yield "comment.json", b'["sky" /* and */, "tree"]'
    yield "single-quotes.json", b"['sky']"
    yield "lone-surrogate.json", b'["\\ud800"]'
    yield "low-surrogate-first.json", b'["\\udc00\\ud800"]'
    yield "bad-escape.json", b'["\\q"]'
    yield "raw-newline.json", b'["sky\nroad"]'
    yield "raw-control.json", b'["\x1b[2J"]'
    yield "utf16.json", '["sky"]'.encode("utf-16")
    yield "not-utf8.json", b'["sky\xff"]'
    yield "nan.json", b"[NaN]"
    yield "number-of-1-MB.json", b"[" + b"9" * 1_000_000 + b"]"


def sound_class_lists():
    """Class lists that are sound: name with ending, bytes."""
    yield "byte-order-mark.txt", b"\xef\xbb\xbfsky\ntree\n"
    yield "byte-order-mark.json", b'\xef\xbb\xbf["sky", "tree"]'
    yield "every-line-end.txt", "sky\ntree\r\nroad\rsea\u2028hill\u0085lake\n".encode()
    yield "one.txt", b"sky"
    yield "name-of-100-kB.txt", b"sky\n" + b"n" * 100_000 + b"\n"
    yield "name-of-100000-words.txt", b"sky\n" + b"red " * 100_000 + b"\n"
    yield "name-of-emoji.txt", "sky\n\U0001f468\u200d\U0001f469\u200d\U0001f467\n\u0627\u0644\u0633\u0645\u0627\u0621\n".encode()
    yield "name-of-10000-accents.txt", ("sky\na" + "\u0301" * 10_000 + "\n").encode()
    yield "name-right-to-left.txt", "sky\n\u202eeert\u202c\n".encode()
    yield "name-of-html.json", json.dumps(["sky", "&amp;&#60;script&#62;" + "&amp;" * 10_000]).encode()
    yield "name-escapes.json", json.dumps(["sky", "\x1b[2J\x1b]0;owned\x07", "\u202e\u2066\x9b1m", "a\nb"]).encode()
    yield "name-formats.json", json.dumps(["sky", "%s%n%@", "{stem}", "../../x", "$(touch /tmp/sedge-was-here)"]).encode()
    yield "name-escaped-nul.json", json.dumps(["sky", "a\0b"]).encode()
    yield "synonyms-2000.json", json.dumps(["sky, " + ", ".join(f"name {i}" for i in range(300))]).encode()


# --- Prompts, vocabularies, plans, errors ----------------------------------------------------------------------------

def templates():
    yield "empty", b""
    yield "empty-array", b"[]"
    yield "no-braces", b'["a photo", "a picture", "it", "x"]'
    yield "two-braces", b'["{} {}"]'
    yield "other-count-100000", json.dumps(["a {}"] * 100_000).encode()
    yield "number", b"[1]"
    yield "depth", b"[" * 200_000
    yield "not-utf8", b'["\xff {}"]'
    yield "object", b'{"a": "{}"}'
    yield "nested-braces", b'["{{}}"]'
    yield "cut", b'["a photo of {}'
    yield "template-of-10-MB", json.dumps(["x" * 10_000_000 + "{}"]).encode()
    yield "of-17-MB", b" " * 17_000_000


def vocabularies():
    lines = b"".join(b"a b\n" for _ in range(48_894))
    yield "empty", b""
    yield "one-line", b"a b\n"
    yield "same-merges", lines
    yield "same-merges-with-version", b"#version: 0.2\n" + lines
    yield "unknown-symbols", b"".join(b"xx%d yy\n" % i for i in range(48_894))
    yield "three-symbols", b"a b c\n" * 48_894
    yield "no-blank", b"ab\n" * 48_894
    yield "lines-4000000", b"a b\n" * 4_000_000
    yield "line-of-10-MB", b"a" * 10_000_000 + b" b\n"
    yield "not-utf8", b"\xff \xfe\n" * 48_894
    yield "doubling", b"".join(b"%s %s\n" % (b"a" * min(1 << i, 1 << 20), b"a" * min(1 << i, 1 << 20)) for i in range(20))
    yield "gzip-cut", gzip.compress(lines, mtime=0)[:-10]
    yield "gzip-garbage", b"\x1f\x8b" + b"\xff" * 100
    yield "gzip-bomb", gzip.compress(bytes(100_000_000), mtime=0)
    yield "gzip-checksum", gzip.compress(lines, mtime=0)[:-8] + bytes(8)
    yield "gzip-header-only", gzip.compress(b"", mtime=0)[:10]
    yield "gzip-name-endless", b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 1_000_000
    yield "of-17-MB", b"a b\n" * 4_300_000


STEM = "clip_model.visual.trunk.stem.0.weight"


def plans():
    entry = lambda name=STEM, form="f16": {"name": name, "form": form}
    plan = lambda *entries: json.dumps({"tensors": list(entries)}).encode()
    yield "empty", b""
    yield "array", b"[]"
    yield "no-tensors", b"{}"
    yield "tensors-number", b'{"tensors": 1}'
    yield "entry-number", b'{"tensors": [1]}'
    yield "name-missing", b'{"tensors": [{"form": "f16"}]}'
    yield "form-missing", b'{"tensors": [{"name": "x"}]}'
    yield "form-number", b'{"tensors": [{"name": "x", "form": 16}]}'
    for name, form in [("unknown", "f17"), ("int0", "int0"), ("int99", "int99"), ("negative", "int-4"), ("nan", "intnan"), ("infinity", "intinf"),
                       ("1e300", "int1e300"), ("hexadecimal", "int0x4"), ("blanks", " int4 "), ("escapes", "\x1b[2J"), ("empty", ""), ("of-1-MB", "int" + "4" * 1_000_000),
                       ("arabic-digits", "int\u0664")]:
        yield f"form-{name}", plan(entry(form=form))
    yield "tensor-twice", plan(entry(), entry())
    yield "tensor-unknown", plan(entry("no.such.tensor"))
    yield "tensor-unknown-escapes", plan(entry("\x1b[2J\u202e"))
    yield "tensors-100000", plan(*(entry(f"t{i}") for i in range(100_000)))
    yield "depth", b'{"tensors":' * 100_000
    yield "depth-closed", b'{"tensors":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "cut", plan(entry())[:-3]
    yield "not-utf8", b'{"tensors": [{"name": "\xff", "form": "f16"}]}'
    yield "of-17-MB", plan(entry()) + b" " * 17_000_000


def errors():
    """Errors of tensors for estimate: numbers of relative error by name, 0.0001 to 1."""
    stem = STEM.removeprefix("clip_model.").encode()
    yield "empty", b""
    yield "array", b"[]"
    yield "text", b'{"%s": "0.1"}' % stem
    for name, value in [("0", "0"), ("negative", "-0.1"), ("2", "2"), ("1e300", "1e300"), ("1e999", "1e999"), ("nan", "NaN"), ("denormal", "5e-324"), ("null", "null")]:
        yield name, b'{"%s": %s}' % (stem, value.encode())
    yield "depth", b'{"a":' * 100_000
    yield "not-utf8", b'{"\xff": 0.1}'


# --- Signatures, keys, lists of conversions --------------------------------------------------------------------------

def signatures():
    """Texts that are no signature: it has one form only."""
    digest = b"0123456789abcdef" * 4
    def text(mark=b"sedge-signature-v1", sha256=digest, key=digest, signature=b"A" * 86 + b"==", end=b"\n"):
        return mark + b"\nsha256 " + sha256 + b"\nkey " + key + b"\nsignature " + signature + end
    yield "empty", b""
    yield "mark", text(mark=b"sedge-signature-v2")
    yield "lines-windows", text().replace(b"\n", b"\r\n")
    yield "no-end", text(end=b"")
    yield "more", text(end=b"\nsha256 " + digest + b"\n")
    yield "zero-behind", text(end=b"\n\0")
    yield "upper-case", text(sha256=digest.upper())
    yield "digest-short", text(sha256=digest[:-2])
    yield "digest-of-1000-digits", text(sha256=b"0" * 1000)
    yield "key-none", text(key=b"")
    yield "signature-short", text(signature=b"A" * 84)
    yield "signature-long", text(signature=b"A" * 88)
    yield "signature-other-padding", text(signature=b"A" * 85 + b"B==")
    yield "signature-blanks", text(signature=b"A" * 40 + b" " * 8 + b"A" * 38 + b"==")
    yield "not-utf8", text(signature=b"\xff" * 88)
    yield "order", b"\n".join(reversed(text().split(b"\n")))
    yield "of-17-MB", text() + b"\n" * 17_000_000
    yield "one-line-of-1000", b"sedge-signature-v1" * 50


def keys():
    """Texts that are no public key of Ed25519."""
    key = b64.b64encode(bytes.fromhex("302a300506032b6570032100") + bytes(32))
    def pem(body, label=b"PUBLIC KEY", end=None):
        return b"-----BEGIN " + label + b"-----\n" + body + b"\n-----END " + (end or label) + b"-----\n"
    yield "empty", b""
    yield "begin-alone", pem(key).split(b"\n-----END")[0]
    yield "private", pem(b64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + bytes(32)), b"PRIVATE KEY")
    yield "encrypted", pem(key, b"ENCRYPTED PRIVATE KEY")
    yield "other-end", pem(key, end=b"PRIVATE KEY")
    yield "label-escapes", pem(key, b"\x1b[2JPUBLIC KEY")
    yield "short", pem(b64.b64encode(b64.b64decode(key)[:-1]))
    yield "long", pem(b64.b64encode(b64.b64decode(key) + b"\0"))
    yield "other-curve", pem(b64.b64encode(b64.b64decode(key).replace(b"\x2b\x65\x70", b"\x2b\x65\x6e")))
    yield "no-base64", pem(b"*" * 60)
    yield "length-of-2-31", pem(b64.b64encode(b"\x30\x84\x7f\xff\xff\xff" + bytes(38)))
    yield "begins-10000", b"-----BEGIN PUBLIC KEY-----\n" * 600
    yield "of-17-MB", pem(key) + b"\n" * 17_000_000
    yield "not-utf8", pem(b"\xff" * 60)


def conversions():
    """Lists of conversions that cannot be understood."""
    def text(**entry):
        return json.dumps({"conversions": [{"sources": ["a.h5"], "output": "a.sedge", **entry}]}).encode()
    yield "empty", b""
    yield "array", b"[]"
    yield "none", b'{"conversions": []}'
    yield "no-sources", text(sources=[])
    yield "source-number", text(sources=[1])
    yield "output-null", text(output=None)
    yield "other-key", text(force=True)
    yield "options-text", text(options="--force")
    yield "option-unknown", text(options=["--quantise", "int8"])
    yield "option-batch", text(options=["--batch", "conversions.json"])
    yield "option-output", text(options=["-o", "/dev/null"])
    yield "option-output-joined", text(options=["--output=/dev/null"])
    yield "output-of-another-format", text(output="a.png")
    yield "outputs-equal", json.dumps({"conversions": [{"sources": ["a.h5"], "output": "a.sedge"}] * 2}).encode()
    yield "outputs-equal-by-folder", json.dumps({"conversions": [{"sources": ["a.h5"], "output": name} for name in ["a.sedge", "./a.sedge"]]}).encode()
    yield "depth", b'{"conversions":' + b"[" * 100_000
    yield "not-utf8", b'{"conversions": [{"sources": ["\xff"], "output": "a.sedge"}]}'
    yield "cut", text()[:-5]
    yield "of-17-MB", text() + b" " * 17_000_000


# --- Goldens ---------------------------------------------------------------------------------------------------------

def goldens(corpus):
    """Goldens of the tiny CLIP that are none: name, bytes, whether the file is at fault as a whole."""
    source = corpus.fixture("clip/mlp.golden.safetensors")
    size = struct.unpack("<Q", source[:8])[0]
    header, data = json.loads(source[8:8 + size]), source[8 + size:]
    def changed(**entries):
        """Tensors replaced by (dtype, shape, bytes), removed by None; the others stay."""
        out, payload = {}, b""
        for name, entry in {**header, **entries}.items():
            if entry is None:
                continue
            if isinstance(entry, dict):
                first, last = entry["data_offsets"]
                entry = (entry["dtype"], entry["shape"], data[first:last])
            out[name] = {"dtype": entry[0], "shape": entry[1], "data_offsets": [len(payload), len(payload) + len(entry[2])]}
            payload += entry[2]
        return safetensors(out, payload)
    f32 = lambda shape, value: ("F32", shape, struct.pack("<f", value) * (shape[0] if len(shape) == 1 else shape[0] * shape[1]))
    text = header["text_features"]["shape"]
    count = text[0] * text[1] * text[2]
    yield "image-missing", changed(image=None)
    yield "tokens-and-features-missing", changed(tokens=None, text_features=None)
    yield "runs-missing", changed(**{name: None for name in header if name.startswith("full")})
    yield "image-gray", changed(image=("U8", [8, 8, 1], bytes(64)))
    yield "image-floats", changed(image=("F32", [2, 2, 3], bytes(48)))
    yield "image-empty", changed(image=("U8", [0, 8, 3], b""))
    yield "image-of-rank-4", changed(image=("U8", [1, 2, 2, 3], bytes(12)))
    yield "tokens-negative", changed(tokens=("I32", [3, 2, 1, 16], struct.pack("<96i", *[-1] * 96)))
    yield "tokens-beyond", changed(tokens=("I32", [3, 2, 1, 16], struct.pack("<96i", *[300] * 96)))
    yield "tokens-2-63", changed(tokens=("I64", [3, 2, 1, 1], struct.pack("<6q", *[(1 << 63) - 1] * 6)))
    yield "tokens-wrap-32-bits", changed(tokens=("I64", [3, 2, 1, 1], struct.pack("<6q", *[(1 << 32) + 1] * 6)))
    yield "tokens-of-rank-1", changed(tokens=("I32", [96], bytes(384)))
    yield "tokens-empty", changed(tokens=("I32", [0, 2, 1, 16], b""))
    yield "tokens-too-long", changed(tokens=("I32", [3, 2, 1, 5000], bytes(120_000)))
    yield "tokens-floats", changed(tokens=("F32", [3, 2, 1, 16], bytes(384)))
    yield "features-nan", changed(text_features=("F32", text, struct.pack("<I", 0x7FC00000) * count))
    yield "features-other-shape", changed(text_features=("F32", [text[0], text[1], text[2] + 1], bytes(4 * text[0] * text[1] * (text[2] + 1))))
    yield "features-of-other-classes", changed(text_features=("F32", [1, *text[1:]], bytes(count // text[0] * 4)))
    yield "run-unknown", changed(**{"best.logits": f32([3], 0)})
    yield "run-top-0", changed(**{"top0.logits": f32([3], 0)})
    yield "run-top-negative", changed(**{"top-1.logits": f32([3], 0)})
    yield "run-top-2-64", changed(**{"top18446744073709551616.logits": f32([3], 0)})
    yield "run-escapes", changed(**{"\x1b[2J\u202e.logits": f32([3], 0)})
    yield "scores-nan", changed(**{"full.scores": ("F32", header["full.scores"]["shape"], struct.pack("<I", 0x7FC00000) * header["full.scores"]["shape"][0])})
    yield "scores-infinity", changed(**{"full.scores": ("F32", header["full.scores"]["shape"], struct.pack("<f", float("inf")) * header["full.scores"]["shape"][0])})
    yield "scores-1e38", changed(**{"full.scores": f32(header["full.scores"]["shape"], 1e38)})
    yield "scores-other-shape", changed(**{"full.scores": f32([1000], 0)})
    yield "scores-empty", changed(**{"full.scores": ("F32", [0], b"")})
    yield "logits-denormal", changed(**{"full.logits": f32(header["full.logits"]["shape"], 1e-45)})
    yield "labels-beyond", changed(**{"full.labels": ("I32", [1], struct.pack("<i", 1 << 30))})
    yield "labels-negative", changed(**{"full.labels": ("I32", [1], struct.pack("<i", -5))})
    yield "tap-as-half", changed(**{"full.res2": ("F16", [1], b"\0\x7e")})
    yield "cut", source[:-100]


# --- Data sets, rows, results ----------------------------------------------------------------------------------------

SET = {"format": "sedge data set", "version": 1, "images": "images", "labels": "truth", "classes": ["sky", "tree", "road"]}


def sets():
    """Descriptions of data sets that are none: name, bytes."""
    made = lambda **members: json.dumps({key: value for key, value in {**SET, **members}.items() if value != "drop"}).encode()
    yield "empty", b""
    yield "array", b"[]"
    yield "depth", b'{"groups":' * 100_000
    yield "depth-closed", b'{"format":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "not-utf8", made().replace(b"sky", b"\xff")
    yield "format-other", made(format="x")
    yield "format-missing", made(format="drop")
    for name, value in [("0", 0), ("2", 2), ("text", "1"), ("1e300", 1e300), ("fraction", 1.5), ("2-63", 1 << 63)]:
        yield f"version-{name}", made(version=value)
    yield "member-unknown", made(evil=1)
    yield "member-unknown-escapes", made(**{"\x1b[2J\u202e": 1})
    for member in ["images", "labels"]:
        yield f"{member}-missing", made(**{member: "drop"})
        yield f"{member}-empty", made(**{member: ""})
        yield f"{member}-number", made(**{member: 1})
        yield f"{member}-nul", made(**{member: "a\0b"})
        yield f"{member}-nowhere", made(**{member: "no/such/\x1b[2J"})
        yield f"{member}-device", made(**{member: "/dev/zero"})
    yield "classes-empty", made(classes=[])
    yield "classes-empty-name", made(classes=["sky", ""])
    yield "classes-equal", made(classes=["sky", "sky"])
    yield "classes-device", made(classes="/dev/zero")
    yield "classes-nowhere", made(classes="no-such-list.txt")
    yield "classes-objects", made(classes=[{"a": 1}])
    yield "classes-70000-and-the-first", made(classes=[f"c{i}" for i in range(70_000)] + ["c0"])
    for name, value in [("1e300", 1e300), ("fraction", 0.5), ("2-63", 1 << 63), ("2-31", 1 << 31), ("text", "1"), ("null-in-list", [None])]:
        yield f"ignore-{name}", made(ignore_label=value)
        if name != "null-in-list":
            yield f"offset-{name}", made(label_offset=value)
    yield "map-key-text", made(label_map={"x": 0})
    yield "map-key-2-64", made(label_map={"18446744073709551616": 0})
    yield "map-key-leading-zero", made(label_map={"01": 0})
    yield "map-value-beyond", made(label_map={"1": 3})
    yield "map-value-negative", made(label_map={"1": -1})
    yield "map-value-2-63", made(label_map={"1": 1 << 63})
    yield "ranges-backwards", made(prediction_map=[{"first": 2, "last": 1, "class": 0}])
    yield "ranges-beyond", made(prediction_map=[{"first": 0, "last": 1 << 40, "class": 0}])
    yield "ranges-2-31", made(prediction_map=[{"first": 0, "last": (1 << 31) - 1, "class": (1 << 31) - 1}])
    yield "ranges-overlap", made(prediction_map=[{"first": 0, "last": 1, "class": 0}, {"first": 1, "last": 2, "class": 1}])
    yield "ranges-negative", made(prediction_map=[{"first": -1, "last": 1, "class": 0}])
    yield "groups-unknown", made(groups={"g": ["no such class"]})
    yield "groups-empty", made(groups={"g": []})
    yield "groups-index-beyond", made(groups={"g": [3]})
    yield "groups-index-2-31", made(groups={"g": [(1 << 31) - 1]})
    yield "groups-escapes", made(groups={"\x1b[2J": ["\u202e"]})
    yield "endings-none", made(image_endings=[])
    yield "endings-dot", made(image_endings=[".png"])
    yield "endings-traversal", made(image_endings=["png/../../x"])
    yield "preprocess-other", made(preprocess="none")


CLASSES = ["sky", "tree", "road"]
PLAN = {"data": {"classes": CLASSES, "fingerprint": "f" * 64, "groups": [], "name": "made", "picture_count": 3, "preprocess": "sed"},
        "format": "sedge evaluation rows",
        "models": [{"architecture": "SED", "compute": "f32", "kernels": "portable", "name": "m.sedge", "sha256": "0" * 64, "top_k": 2}],
        "sedge_version": "0.1.0", "shard": "1/1", "version": 1}


def line(members):
    """A row with its checksum."""
    body = members if isinstance(members, bytes) else json.dumps(members, separators=(",", ":")).encode()
    body = body[:-1]
    return body + b',"checksum":"%016x"}\n' % xxh3(body)


def row(index=0, cells=((0, 0, 10), (1, 0, 2)), borders=((0, 1, 2, 3),), **more):
    outcome = {"kept_classes": 2, "confusion": [list(cell) for cell in cells], "boundary": [list(border) for border in borders]}
    return {"index": index, "name": f"p{index}", "models": [outcome], **more}


def rows():
    """Files of rows that are none: name, bytes."""
    plan = lambda **members: line({**PLAN, **members})
    data = lambda **members: line({**PLAN, "data": {**PLAN["data"], **members}})
    whole = line(PLAN) + b"".join(line(row(i)) for i in range(3))
    yield "empty", b""
    yield "plan-cut", line(PLAN)[:-10]
    yield "plan-checksum", line(PLAN).replace(b"made", b"fade")
    yield "plan-other-format", plan(format="x")
    yield "plan-newer", plan(version=2)
    yield "plan-version-2-63", plan(version=1 << 63)
    yield "plan-without-classes", data(classes=[])
    yield "plan-pictures-negative", data(picture_count=-1)
    yield "plan-pictures-2-63", data(picture_count=1 << 63)
    yield "plan-pictures-2-62", data(picture_count=1 << 62)
    yield "plan-pictures-2-40", data(picture_count=1 << 40)
    yield "plan-classes-60000", data(classes=[f"c{i}" for i in range(60_000)]) + b"".join(line(row(i)) for i in range(3))
    yield "plan-classes-1000000", data(classes=["c"] * 1_000_000)
    yield "plan-groups-beyond", data(groups=[{"name": "g", "classes": [9]}])
    yield "plan-groups-negative", data(groups=[{"name": "g", "classes": [-1]}])
    yield "plan-without-models", plan(models=[])
    yield "plan-reference-beyond", plan(models=[{**PLAN["models"][0], "reference": 7}])
    yield "plan-reference-itself", plan(models=[{**PLAN["models"][0], "reference": 0}]) + b"".join(line(row(i)) for i in range(3))
    yield "plan-shard-0", plan(shard="0/1") + whole[len(line(PLAN)):]
    yield "plan-shard-2-63", plan(shard="9223372036854775808/9223372036854775809")
    yield "plan-shard-text", plan(shard="\x1b[2J")
    yield "plan-depth", line(b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    for name, members in [
        ("index-negative", row(-1)), ("index-beyond", row(3)), ("index-2-62", row(1 << 62)), ("index-text", {**row(), "index": "0"}),
        ("index-missing", {"name": "p", "models": row()["models"]}), ("models-none", {**row(), "models": []}), ("models-two", {**row(), "models": row()["models"] * 2}),
        ("cell-class-beyond", row(cells=[(0, 4, 1)])), ("cell-class-negative", row(cells=[(-1, 0, 1)])), ("cell-class-2-62", row(cells=[(1 << 62, 0, 1)])),
        ("cell-count-0", row(cells=[(0, 0, 0)])), ("cell-count-negative", row(cells=[(0, 0, -1)])), ("cell-count-2-62", row(cells=[(0, 0, 1 << 62)])),
        ("cell-count-2-63", row(cells=[(0, 0, 1 << 63)])), ("cell-count-1e300", row(cells=[(0, 0, 1e300)])), ("cells-out-of-order", row(cells=[(1, 0, 1), (0, 0, 1)])),
        ("cells-twice", row(cells=[(0, 0, 1), (0, 0, 1)])), ("cell-short", row(cells=[(0, 0)])), ("border-class-beyond", row(borders=[(3, 1, 1, 1)])),
        ("border-class-negative", row(borders=[(-1, 1, 1, 1)])), ("border-more-than-its-parts", row(borders=[(0, 5, 1, 1)])), ("border-2-63", row(borders=[(0, 0, 1 << 63, 0)])),
        ("kept-negative", {**row(), "models": [{**row()["models"][0], "kept_classes": -1}]}), ("kept-2-62", {**row(), "models": [{**row()["models"][0], "kept_classes": 1 << 62}]}),
        ("change-impossible", {**row(), "models": [{**row()["models"][0], "change": [1, 2, 3, 4]}]}),
        ("change-2-62", {**row(), "models": [{**row()["models"][0], "change": [1 << 62, 0, 0, 0]}]}),
    ]:
        yield f"row-{name}", line(PLAN) + line(members) + b"".join(line(row(i)) for i in (1, 2))
    yield "row-checksum", whole.replace(b"p1", b"q1")
    yield "row-twice", line(PLAN) + line(row(0)) * 2
    yield "row-missing", line(PLAN) + line(row(0))
    yield "row-depth", line(PLAN) + line(b'{"index":0,"x":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}") + line(row(1))
    yield "row-of-68-MB", line(PLAN) + b'{"x":"' + b"x" * 68_000_000 + b'"}\n' + line(row(1))
    yield "row-not-utf8", line(PLAN) + line(b'{"index":0,"name":"\xff","models":[]}') + line(row(1))
    yield "row-nul", line(PLAN) + b"\0" * 1000 + b"\n" + line(row(1))
    yield "lines-empty-1000000", line(PLAN) + b"\n" * 1_000_000
    yield "no-line-end-10-MB", b"{" * 10_000_000


def results(corpus):
    """Results of an evaluation that are none: name, bytes."""
    source = corpus.fixture("attacks/result.json")
    made = lambda change: json.dumps(change(json.loads(source))).encode()
    def at(*path, value):
        def change(root):
            place = root
            for step in path[:-1]:
                place = place[step]
            if value == "drop":
                del place[path[-1]]
            else:
                place[path[-1]] = value
            return root
        return made(change)
    yield "empty", b""
    yield "rows", line(PLAN)
    yield "array", b"[]"
    yield "depth", b'{"format":' * 100_000
    yield "depth-in-pictures", source.replace(b'"pictures": [', b'"pictures": [' + b"[" * 100_000, 1)
    yield "not-utf8", source.replace(b"sky", b"\xff", 1)
    yield "format-other", at("format", value="x")
    yield "version-2", at("version", value=2)
    yield "version-2-63", at("version", value=1 << 63)
    yield "pictures-missing", at("pictures", value="drop")
    yield "pictures-none", at("pictures", value=[])
    yield "models-none", at("models", value=[])
    yield "classes-none", at("data", "classes", value=[])
    yield "classes-60000", at("data", "classes", value=[f"c{i}" for i in range(60_000)])
    yield "picture-count-2-62", at("data", "picture_count", value=1 << 62)
    yield "picture-count-negative", at("data", "picture_count", value=-1)
    yield "pixel-count-2-63", at("data", "pixel_count", value=1 << 63)
    yield "top-k-negative", at("models", 0, "top_k", value=-7)
    yield "top-k-text", at("models", 0, "top_k", value="\x1b[2J")
    yield "confusion-short", at("models", 0, "confusion", value=[[1]])
    yield "confusion-2-62", at("models", 0, "confusion", value=[[1 << 62] * 4] * 4)
    yield "confusion-negative", at("models", 0, "confusion", value=[[-1] * 4] * 4)
    yield "group-beyond", at("models", 0, "groups", value=[{"name": "g", "classes": [99], "figures": {}, "intervals": {}}])
    yield "cell-2-62", at("pictures", 0, "models", 0, "confusion", value=[[0, 0, 1 << 62]])
    yield "cell-beyond", at("pictures", 0, "models", 0, "confusion", value=[[9, 9, 1]])
    yield "index-beyond", at("pictures", 0, "index", value=1 << 62)
    yield "cut", source[:-20]


def references():
    """Saved labels that are none: name, bytes."""
    plan = {"data": {**PLAN["data"], "groups": []}, "format": "sedge evaluation labels", "model": PLAN["models"][0], "sedge_version": "0.1.0", "top_ks": [2]}
    saved = lambda **members: line(plan) + line({"index": 0, "setting": 0, "kept_classes": 2, "pixels": 4, "labels": "", **members})
    yield "empty", b""
    yield "plan-only", line(plan)
    yield "plan-without-settings", line({**plan, "top_ks": []})
    yield "plan-2-63", line({**plan, "top_ks": [1 << 63]})
    yield "index-2-62", saved(index=1 << 62)
    yield "index-negative", saved(index=-1)
    yield "setting-2-62", saved(setting=1 << 62)
    yield "pixels-2-63", saved(pixels=1 << 63)
    yield "pixels-negative", saved(pixels=-4)
    yield "labels-not-base64", saved(labels="\x1b[2J")
    yield "labels-bomb", saved(labels=base64(zstd([(0, 100_000_000)])), pixels=65536)
    yield "labels-number", saved(labels=5)
    yield "row-checksum", saved().replace(b'"pixels":4', b'"pixels":5')
    yield "no-line-end", b"x" * 1_000_000


def base64(data):
    import base64 as library
    return library.b64encode(data).decode()


# --- Caches, configurations, lists of pictures -----------------------------------------------------------------------

def caches():
    """Caches of text features: each is ignored or replaced, and never an error."""
    tensor = {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]}
    yield "empty", b""
    yield "garbage", b"\xff" * 1000
    yield "header-2-63", struct.pack("<Q", 1 << 63)
    yield "other-identity", safetensors({"__metadata__": {"format": "sedge text features", "identity": "x"}, "class:sky": tensor}, bytes(64))
    yield "depth", struct.pack("<Q", 200_000) + b"[" * 200_000
    yield "escapes", safetensors({"__metadata__": {"format": "sedge text features", "identity": "\x1b[2J"}, "\x1b[2J": tensor}, bytes(64))
    yield "cut", safetensors({"class:sky": tensor}, bytes(60))
    yield "tensors-50000", safetensors({f"class:{i}": {**tensor, "shape": [0, 4], "data_offsets": [0, 0]} for i in range(50_000)})


def configurations():
    """Files beside a checkpoint: name of the file, name of the attack, bytes; each is ignored with a note, or has no effect."""
    yield "open_clip_config.json", "not-json", b"\xff" * 100, "noted"
    yield "open_clip_config.json", "array", b"[]", "noted"
    yield "open_clip_config.json", "depth", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "noted"
    yield "open_clip_config.json", "depth-arrays", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "noted"
    yield "open_clip_config.json", "cut", b'{"model_cfg": {"embed_dim": 16', "noted"
    yield "open_clip_config.json", "of-2-MB", b'{"a": "' + b"x" * 2_000_000 + b'"}', "noted"
    yield "open_clip_config.json", "keys-50000", json.dumps({f"k{i}": i for i in range(50_000)}).encode(), "either"
    yield "open_clip_config.json", "keys-equal-but-case", b'{"Heads": 2, "heads": 3, "HEADS": 4, "text_heads": 2}', "either"
    yield "open_clip_config.json", "escapes", json.dumps({"\x1b[2J": "\u202e", "text_heads": "\x1b]0;x\x07"}).encode(), "either"
    for name, value in [("0", "0"), ("negative", "-2"), ("2-63", str(1 << 63)), ("1e300", "1e300"), ("1e999", "1e999"), ("fraction", "2.5"), ("null", "null"),
                        ("2-31", str(1 << 31))]:
        yield "open_clip_config.json", f"heads-{name}", b'{"model_cfg": {"text_cfg": {"heads": %s}}}' % value.encode(), "either"
        yield "open_clip_config.json", f"size-{name}", b'{"model_cfg": {"vision_cfg": {"image_size": %s}}}' % value.encode(), "either"
        yield "config.json", f"epsilon-{name}", b'{"model_args": {"norm_eps": %s}}' % value.encode(), "either"
        yield "preprocessor_config.json", f"mean-{name}", b'{"image_mean": [%s, 0.5, 0.5]}' % value.encode(), "either"
    yield "preprocessor_config.json", "mean-100000", json.dumps({"image_mean": [0.5] * 100_000}).encode(), "ignored"
    levels = b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    for i in range(1, 20):
        levels += b"%c: &%c [%s]\n" % (97 + i, 97 + i, b", ".join([b"*%c" % (96 + i)] * 9))
    yield "config.yaml", "billion-laughs", levels, "ignored"
    yield "config.yaml", "depth-10000", b"".join(b" " * i + b"a:\n" for i in range(1200)), "ignored"
    yield "config.yaml", "flow-depth", b"a: " + b"[" * 500_000, "ignored"
    yield "config.yaml", "flow-style", b"{a: 1}", "noted"
    yield "config.yaml", "tabs", b"MODEL:\n\tX: 1\n", "noted"
    yield "config.yaml", "not-utf8", b"MODEL: \xff\n", "noted"
    yield "config.yaml", "utf16", "MODEL:\n  X: 1\n".encode("utf-16"), "noted"
    yield "config.yaml", "tag-python", b"MODEL: !!python/object/apply:os.system ['touch /tmp/sedge-was-here']\n", "ignored"
    yield "config.yaml", "lines-200000", b"a: 1\n" * 200_000, "ignored"
    yield "config.yaml", "quote-endless", b'a: "' + b"x" * 500_000, "ignored"
    yield "config.yaml", "key-of-900-kB", b"k" * 900_000 + b": 1\n", "ignored"
    yield "config.yaml", "list-of-200000", b"a:\n" + b"- 1\n" * 200_000, "ignored"


def picture_lists():
    """Lists of pictures for segment: name, bytes, outcome."""
    yield "empty", b"", "refused"
    yield "blank", b"\n\n\n", "refused"
    yield "nowhere", b"no-such-picture.png\n", "skipped"
    yield "nul-between", b"no-such.png\0no-other.png\0", "skipped"
    yield "escapes", b"\x1b[2J\xe2\x80\xae.png\n", "skipped"
    yield "not-utf8", b"\xff\xfe.png\n", "refused"
    yield "traversal", b"../../../../../../etc/passwd\n", "skipped"
    yield "devices", b"/dev/zero\n/dev/stdin\n/proc/self/mem\n", "skipped"
    yield "itself", b"list-itself.txt\n", "skipped"
    yield "path-of-100-kB", b"a" * 100_000 + b"\n", "skipped"
    yield "folders-of-100-kB", b"a/" * 50_000 + b"\n", "skipped"
    yield "lines-20000", b"no-such.png\n" * 20_000, "skipped"


def make(corpus):
    for name, data in class_lists():
        kind = "classes" if not name.startswith("equal") else "distinct"
        corpus.add(f"classes/{name}", data, kind, "refused")
    for name, data in sound_class_lists():
        corpus.add(f"classes/sound-{name}", data, "classes", "either" if "accents" in name else "read")
    # The fault is in the last line: no time is spent on what a model does with so many.
    million = b"".join(b"class %d\n" % i for i in range(1_000_000))
    corpus.add("classes/million-and-the-first.txt", million + b"class 0\n", "distinct", "refused")
    for maker, kind, ending in [(templates, "templates", "json"), (vocabularies, "vocabulary", "txt"), (plans, "plan", "json"), (errors, "errors", "json"),
                                (signatures, "signature", "sig"), (keys, "key", "pem"),
                                (conversions, "conversions", "json"), (sets, "set", "json"), (rows, "rows", "jsonl"), (references, "reference", "jsonl")]:
        for name, data in maker():
            # Some errors name what the file does not fit instead of the file.
            words = {("set", "classes-device"): "/dev/zero", ("rows", "row-missing"): "have no row",
                     ("plan", "tensor-unknown"): "the plan has", ("plan", "tensor-unknown-escapes"): "the plan has", ("plan", "tensors-100000"): "the plan has"}
            # The least errors mean as small as can be; a model as its own reference has no difference.
            outcome = "either" if (kind, name) in {("errors", "0"), ("errors", "denormal"), ("rows", "plan-reference-itself")} else "refused"
            about = "templates were given" if kind == "templates" and name in ("other-count-100000", "nested-braces", "template-of-10-MB") else ""
            corpus.add(f"{kind}/{name}.{ending}", data, kind, outcome, words.get((kind, name), about))
    # JSON in UTF-16 was valid once, and some parsers take it still.
    corpus.add("plan/utf16.json", json.dumps({"tensors": []}).encode("utf-16"), "plan", "either")
    corpus.place("set/images/sky.png", corpus.fixture("pictures/sky.png"))
    corpus.place("set/truth/sky.png", corpus.fixture("pictures/sky.labels.png"))
    for name, data in results(corpus):
        corpus.add(f"result/{name}.json", data, "result", "refused")
    corpus.add("result/sound.json", corpus.fixture("attacks/result.json"), "result", "read")
    corpus.add("rows/sound.jsonl", line(PLAN) + b"".join(line(row(i)) for i in range(3)), "rows", "read")
    corpus.add("rows/sound-name-escapes.jsonl", line(PLAN) + b"".join(line({**row(i), "name": f"\x1b[2J\u202e{i}"}) for i in range(3)), "rows", "read")
    for name, data in goldens(corpus):
        corpus.add(f"golden/{name}.safetensors", data, "golden", "either" if name.startswith(("scores", "logits", "labels", "tap", "features-nan")) else "refused")
    for name, data in caches():
        corpus.add(f"cache/{name}/shapes.sedge.text.safetensors", data, "cache", "ignored")
    checkpoint = corpus.fixture("clip/mlp.safetensors")
    for file, name, data, outcome in configurations():
        corpus.place(f"config/{name}-of-{file.split('.')[0]}/model.safetensors", checkpoint)
        corpus.add(f"config/{name}-of-{file.split('.')[0]}/{file}", data, "config", outcome)
    for name, data, outcome in picture_lists():
        corpus.add(f"lists/list-{name}.txt", data, "list", outcome)
