"""safetensors files and indices of shards, by the format's description: huggingface/safetensors, README."""
import json
import struct


def file(header, payload=b"", size=None):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(header) if size is None else size & (1 << 64) - 1) + header + payload


def tensor(shape=(2,), offsets=(0, 8), dtype="F32", **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


def raw(entry, name='"w"'):
    """A header whose only entry is text, for what JSON libraries do not write."""
    return ("{" + name + ":" + entry + "}").encode()


W = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
DATA = struct.pack("<2f", 1, 2)


def refused_headers():
    """What the specification forbids: name, bytes of the file."""
    yield "empty", b""
    yield "seven-bytes", bytes(7)
    yield "eight-zeros", bytes(8)
    yield "header-of-0", file(b"", DATA)
    yield "header-of-1", file(b"{", DATA)
    yield "header-length-2-63", file({"w": tensor()}, DATA, 1 << 63)
    yield "header-length-2-64-less-1", file({"w": tensor()}, DATA, (1 << 64) - 1)
    yield "header-length-2-64-less-8", file({"w": tensor()}, DATA, (1 << 64) - 8)
    yield "header-length-2-62", file({"w": tensor()}, DATA, 1 << 62)
    yield "header-length-100-MB-more", file({"w": tensor()}, DATA, 100_000_001)
    yield "header-length-beyond-file", file({"w": tensor()}, DATA, 1000)
    yield "header-length-into-payload", file({"w": tensor()}, DATA, len(json.dumps({"w": tensor()})) + 8)
    yield "header-length-one-short", file({"w": tensor()}, DATA, len(json.dumps({"w": tensor()})) - 1)
    yield "header-is-array", file(b'["w"]', DATA)
    yield "header-is-text", file(b'"w"      ', DATA)
    yield "header-is-number", file(b"12345678", DATA)
    yield "header-is-null", file(b"null    ", DATA)
    yield "header-two-objects", file(raw(W) + b"{}", DATA)
    yield "header-trailing-comma", file(b'{"w":' + W.encode() + b",}", DATA)
    yield "header-single-quotes", file(raw(W).replace(b'"', b"'"), DATA)
    yield "header-comment", file(b"{/* */" + raw(W)[1:], DATA)
    yield "header-not-utf8", file(raw(W, '"\xff"').decode().encode("latin-1"), DATA)
    yield "header-overlong-utf8", file(b'{"\xc0\xaf":' + W.encode() + b"}", DATA)
    yield "header-lone-surrogate", file(raw(W, '"\\ud800"'), DATA)
    yield "header-surrogate-bytes", file(b'{"\xed\xa0\x80":' + W.encode() + b"}", DATA)
    yield "header-raw-newline-in-name", file(raw(W, '"a\nb"'), DATA)
    yield "header-nul-in-name-raw", file(raw(W, '"a\0b"'), DATA)
    yield "header-bad-escape", file(raw(W, '"\\x41"'), DATA)
    yield "header-utf16", file(raw(W).decode().encode("utf-16-le"), DATA)
    yield "header-bom", file(b"\xef\xbb\xbf" + raw(W), DATA)
    yield "header-depth-100000-arrays", file(raw("[" * 100_000 + "]" * 100_000))
    yield "header-depth-100000-objects", file(b'{"w":' * 100_000 + b"1" + b"}" * 100_000)
    yield "header-depth-1000000-open", file(b"[" * 1_000_000)
    yield "header-depth-in-metadata", file(b'{"__metadata__":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}")
    yield "header-number-of-100000-digits", file(raw('{"dtype":"F32","shape":[' + "9" * 100_000 + '],"data_offsets":[0,8]}'), DATA)
    yield "header-all-blanks", file(b" " * 4096, DATA)
    yield "metadata-number", file({"__metadata__": {"a": 1}, "w": tensor()}, DATA)
    yield "metadata-nested", file({"__metadata__": {"a": {"b": "c"}}, "w": tensor()}, DATA)
    yield "metadata-text", file({"__metadata__": "a", "w": tensor()}, DATA)
    yield "metadata-array", file({"__metadata__": ["a"], "w": tensor()}, DATA)
    for shape, name in [
        ([-2], "negative"), ([1 << 63], "2-63"), ([1 << 64], "2-64"), ([(1 << 63) - 1, 2], "product-wraps"),
        ([1 << 32, 1 << 32], "product-2-64"), ([1 << 32, 1 << 32, 0], "product-2-64-times-0"),
        ([1 << 21] * 3 + [2], "product-2-64-four"), ([3], "one-more"), ([1], "one-less"), ([2.0], "float"),
        ([2.5], "fraction"), (["2"], "text"), ([None], "null"), ([True, 2], "bool"), ([[2]], "nested"), (2, "number"), ("2", "only-text"),
        (None, "is-null"), ({}, "object"), ([1 << 61], "bytes-2-63"), ([1 << 62], "bytes-2-64"), ([2] * 100_000, "100000-dimensions"),
    ]:
        yield f"shape-{name}", file({"w": {"dtype": "F32", "shape": shape, "data_offsets": [0, 8]}}, DATA)
    for offsets, name in [
        ([8, 0], "backwards"), ([-8, 0], "negative"), ([0, 16], "beyond"), ([0, 1 << 63], "end-2-63"),
        ([(1 << 64) - 8, (1 << 64)], "2-64"), ([(1 << 63) - 8, (1 << 63) - 1], "2-63-less-8"), ([0], "one"), ([0, 8, 8], "three"), ([], "none"),
        ([0.0, 8.0], "floats"), (["0", "8"], "texts"), (None, "null"), ([4, 12], "gap-before"), ([0, 4], "short"), (8, "number"),
        ([0, 7], "not-whole"), ([0, 1e300], "1e300"),
    ]:
        yield f"offsets-{name}", file({"w": {"dtype": "F32", "shape": [2], "data_offsets": offsets}}, DATA)
    for dtype, name in [("", "empty"), ("F33", "unknown"), ("f32", "lower-case"), (32, "number"), (None, "null"), ("F32\0", "nul"),
                        ("F32" * 10_000, "long"), (["F32"], "array")]:
        yield f"dtype-{name}", file({"w": {"dtype": dtype, "shape": [2], "data_offsets": [0, 8]}}, DATA)
    yield "entry-without-dtype", file({"w": {"shape": [2], "data_offsets": [0, 8]}}, DATA)
    yield "entry-without-shape", file({"w": {"dtype": "F32", "data_offsets": [0, 8]}}, DATA)
    yield "entry-without-offsets", file({"w": {"dtype": "F32", "shape": [2]}}, DATA)
    yield "entry-is-number", file({"w": 1}, DATA)
    yield "entry-is-null", file({"w": None}, DATA)
    yield "entry-is-array", file({"w": ["F32", [2], [0, 8]]}, DATA)
    yield "payload-overlap-same", file({"a": tensor(), "b": tensor()}, DATA)
    yield "payload-overlap-part", file({"a": tensor(), "b": tensor((1,), (4, 8))}, DATA)
    yield "payload-overlap-by-one", file({"a": tensor((2,), (0, 8)), "b": tensor((2,), (7, 15))}, DATA + DATA)
    yield "payload-overlap-10000", file({f"t{i}": tensor() for i in range(10_000)}, DATA)
    yield "payload-gap", file({"a": tensor((1,), (0, 4)), "b": tensor((1,), (8, 12))}, DATA + DATA[:4])
    yield "payload-after-last", file({"w": tensor()}, DATA + b"\0")
    yield "payload-hidden-zip", file({"w": tensor()}, DATA + b"PK\x05\x06" + bytes(18))
    yield "payload-cut", file({"w": tensor()}, DATA[:7])
    yield "payload-missing", file({"w": tensor()})
    yield "payload-empty-out-of-range", file({"a": tensor(), "b": tensor((0,), (9, 9))}, DATA)


def listed_headers():
    """Sound files that are no model: name, bytes, names of tensors."""
    yield "blanks-around-header", file(b" \n" + raw(W) + b" \t\r\n", DATA), "w"
    yield "metadata-null", file({"__metadata__": None, "w": tensor()}, DATA), "w"
    yield "metadata-100000-keys", file({"__metadata__": {f"k{i}": "v" for i in range(100_000)}, "w": tensor()}, DATA), "w"
    yield "metadata-value-of-10-MB", file({"__metadata__": {"k": "v" * 10_000_000}, "w": tensor()}, DATA), "w"
    yield "metadata-escapes", file({"__metadata__": {"\x1b[2J": "\x1b]0;owned\x07\u202e"}, "w": tensor()}, DATA), "w"
    yield "metadata-json-in-text", file({"__metadata__": {"config": '{"text_cfg":{"heads":1e999}}'}, "w": tensor()}, DATA), "w"
    yield "metadata-json-depth", file({"__metadata__": {"config": '{"a":' * 20_000 + "1" + "}" * 20_000}, "w": tensor()}, DATA), "w"
    yield "metadata-repeated", file(b'{"__metadata__":{"a":"1","a":"2"},' + raw(W)[1:], DATA), "w"
    yield "name-escape-sequence", file({"\x1b[31mred": tensor()}, DATA), ""
    yield "name-operating-system-command", file({"\x1b]52;c;cm0gLXJm\x07": tensor()}, DATA), ""
    yield "name-right-to-left", file({"gnp.\u202e": tensor()}, DATA), ""
    yield "name-newline", file({"w\nPASS": tensor()}, DATA), ""
    yield "name-carriage-return", file({"bad\rgood": tensor()}, DATA), ""
    yield "name-c1-control", file({"\x9b2J": tensor()}, DATA), ""
    yield "name-nul", file({"a\0b": tensor()}, DATA), ""
    yield "name-empty", file({"": tensor()}, DATA), ""
    yield "name-of-1-MB", file({"n" * 1_000_000: tensor()}, DATA), ""
    yield "name-percent-directives", file({"%s%n%x%@": tensor()}, DATA), "%s%n%x%@"
    yield "name-traversal", file({"../../etc/passwd": tensor()}, DATA), "../../etc/passwd"
    yield "name-canonical-twins", file({"\u00e9": tensor((1,), (0, 4)), "e\u0301": tensor((1,), (4, 8))}, DATA), ""
    yield "name-zero-width", file({"w\u200b": tensor((1,), (0, 4)), "w": tensor((1,), (4, 8))}, DATA), "w"
    yield "names-100000", file({f"layer.{i}.weight": tensor((0,), (0, 0)) for i in range(100_000)}), "layer.99999.weight"
    yield "names-1-byte-apart-20000", file({"x" * 200 + f"{i:05}": tensor((0,), (0, 0)) for i in range(20_000)}), ""
    yield "names-near-the-models-20000", file(
        {f"clip_model.visual.trunk.stages.{i}.blocks.0.conv_dw.weigh": tensor((0,), (0, 0)) for i in range(20_000)}), ""
    yield "names-only-dots", file({"." * i: tensor((0,), (0, 0)) for i in range(1, 1500)}), ""
    yield "names-deep-dots", file({"a." * 100_000 + "w": tensor()}, DATA), ""
    yield "shape-scalar", file({"w": tensor((), (0, 4))}, DATA[:4]), "w"
    yield "shape-1000-ones", file({"w": tensor([1] * 1000, (0, 4))}, DATA[:4]), ""
    yield "shape-zero-times-2-40", file({"w": tensor((0, 1 << 40), (0, 0))}), "w"
    yield "repeated-name-last-counts", file(b'{"w":' + W.encode() + b',"w":' + W.encode() + b"}", DATA), "w"
    yield "other-keys", file({"w": tensor(evil="\x1b[2J")}, DATA), "w"
    yield "dtype-f4", file({"w": tensor((4,), (0, 2), "F4")}, DATA[:2]), ""


def indices():
    """Indices of shards that must be refused: name, bytes of the index; `part.safetensors` lies beside it."""
    def index(places, **more):
        return json.dumps({"metadata": {}, "weight_map": places, **more})
    yield "shard-traversal", index({"w": "../part.safetensors"})
    yield "shard-traversal-inside", index({"w": "x/../../part.safetensors"})
    yield "shard-traversal-backslash", index({"w": "..\\part.safetensors"})
    yield "shard-absolute", index({"w": "/etc/passwd"})
    yield "shard-device", index({"w": "/dev/zero"})
    yield "shard-url", index({"w": "http://127.0.0.1/part.safetensors"})
    yield "shard-file-url", index({"w": "file:///etc/passwd"})
    yield "shard-empty-name", index({"w": ""})
    yield "shard-dot", index({"w": "."})
    yield "shard-nul", index({"w": "part.safetensors\0.txt"})
    yield "shard-itself", index({"w": "shard-itself.safetensors.index.json"})
    yield "shard-missing", index({"w": "missing.safetensors"})
    yield "shard-name-of-100-kB", index({"w": "n" * 100_000})
    yield "shard-name-escapes", index({"w": "\x1b[2J\u202e.safetensors"})
    yield "shard-is-number", index({"w": 1})
    yield "shard-is-null", index({"w": None})
    yield "shard-link-loop", index({"w": "link-loop.safetensors"})
    yield "shard-pipe", index({"w": "pipe.safetensors"})
    yield "shard-lacks-tensor", index({"w": "part.safetensors", "other": "part.safetensors"})
    yield "shards-100000", index({f"w{i}": f"part-{i}.safetensors" for i in range(100_000)})
    yield "map-empty", index({})
    yield "map-is-array", json.dumps({"weight_map": ["part.safetensors"]})
    yield "map-is-text", json.dumps({"weight_map": "part.safetensors"})
    yield "map-missing", json.dumps({"metadata": {}})
    yield "depth", '{"weight_map":' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}"
    yield "cut", index({"w": "part.safetensors"})[:-5]
    yield "not-utf8", b'{"weight_map":{"\xff":"part.safetensors"}}'
    yield "utf16", index({"w": "part.safetensors"}).encode("utf-16")
    yield "empty", b""
    yield "two-values", index({"w": "part.safetensors"}) + "{}"


def payloads(corpus):
    """Models with sound directories whose weights are not numbers to compute with, by patching the tiny CLIP's."""
    source = corpus.fixture("clip/linear.safetensors")
    size = struct.unpack("<Q", source[:8])[0]
    header = json.loads(source[8:8 + size])
    place = 8 + size + header["visual.trunk.stem.0.weight"]["data_offsets"][0]
    for name, bits in [("nan", 0x7FC00000), ("signalling-nan", 0x7F800001), ("infinity", 0x7F800000), ("minus-infinity", 0xFF800000)]:
        data = source[:place] + struct.pack("<I", bits) + source[place + 4:]
        corpus.add(f"safetensors/payload-{name}.safetensors", data, "clip", "payload", "visual.trunk.stem.0.weight")
    for name, change in [
        ("model-with-escapes-beside", {"\x1b[2J\u202ex": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}),
        ("model-with-newline-beside", {"w\nsedge: PASS": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}),
    ]:
        corpus.add(f"safetensors/{name}.safetensors", file({**header, **change}, source[8 + size:]), "clip", "either")
    corpus.add("safetensors/model-header-reversed.safetensors", file(dict(reversed(header.items())), source[8 + size:]), "clip", "read")
    metadata = {"__metadata__": {"text_cfg": '{"heads": "\x1b[2J"}', "\u202e": "\x07"}, **header}
    corpus.add("safetensors/model-metadata-escapes.safetensors", file(metadata, source[8 + size:]), "clip", "read")
    for name, shape in [("swapped", [3, 8, 4, 4]), ("flat", [384]), ("more-dimensions", [8, 3, 4, 4, 1, 1])]:
        entry = {**header["visual.trunk.stem.0.weight"], "shape": shape}
        outcome = "read" if name == "more-dimensions" else "payload"
        changed = file({**header, "visual.trunk.stem.0.weight": entry}, source[8 + size:])
        corpus.add(f"safetensors/model-stem-{name}.safetensors", changed, "clip", outcome)


def make(corpus):
    for name, data in refused_headers():
        corpus.add(f"safetensors/{name}.safetensors", data, "checkpoint", "refused")
    for name, data, lists in listed_headers():
        corpus.add(f"safetensors/{name}.safetensors", data, "checkpoint", "listed", lists=lists)
    corpus.place("indices/part.safetensors", file({"w": tensor()}, DATA))
    corpus.place("outside.safetensors", file({"w": tensor()}, DATA))
    for name, data in indices():
        corpus.add(f"indices/{name}.safetensors.index.json", data, "checkpoint", "refused")
    # The caches of Hugging Face have such links: who made the folder chose the file.
    corpus.add("indices/shard-link-outside.safetensors.index.json", json.dumps({"weight_map": {"w": "link-outside.safetensors"}}), "checkpoint", "listed", lists="w")
    payloads(corpus)
