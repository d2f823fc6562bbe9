""".sedge files with right checksums and wrong contents, by docs/format.md and Schemas/sedge.proto."""
import math
import struct

from wire import chunk, fixed32, fixed64, floats, get, key, number, packed, parse, put, remove, varint, zstd
from xxh3 import xxh3

MARK = b"\x89SEDGE\r\n"
NAN, INFINITY = math.nan, math.inf
ESCAPES = "\x1b]0;owned\x07\x1b[2J\r\u202e\u2066\x9b31m"
# Fields of the header.
(VERSION, ARCHITECTURE, PREPROCESSING, FORM, FOLDS, TENSORS, HAS_TEXT, TEMPLATES, TOKENIZER, LISTS, SOURCES, OPTIONS, CLASSIFICATION,
 QUANTIZATION, HYPERPARAMETERS) = range(1, 16)
DATA, SHAPE, CODEC = 6, 4, 5


class File:
    """A .sedge file taken apart, to be put together again with its checksums."""

    def __init__(self, data):
        offset, size = struct.unpack("<QQ", data[16:32])
        self.body, self.header = data[64:offset], data[offset:offset + size]

    def bytes(self, header=None, body=None, version=2, plain=0, offset=None, size=None, total=None, reserved=0, mark=MARK, checksum=None,
              last=None, after=b"", stored=None):
        """The file; arguments replace what the preamble says, and its own checksums follow."""
        body = self.body if body is None else body
        header = (self.header if header is None else header) if stored is None else stored
        place = 64 + len(body)
        start = mark + struct.pack(
            "<IIQQQQQ", version, plain, place if offset is None else offset, len(header) if size is None else size,
            place + len(header) if total is None else total, xxh3(header) if checksum is None else checksum, reserved)
        return start + struct.pack("<Q", xxh3(start) if last is None else last) + body + header + after

    def put(self, path, *encoded, **options):
        return self.bytes(put(self.header, path, *encoded), **options)

    def add(self, *encoded):
        """Fields behind those of the header."""
        return self.bytes(self.header + b"".join(encoded))


def preambles(file):
    good = file.bytes()
    yield "only-mark", good[:8]
    yield "cut-in-preamble", good[:63]
    yield "cut-after-preamble", good[:64]
    yield "cut-in-segments", good[:5000]
    yield "cut-before-header", good[:-len(file.header)]
    yield "cut-by-one", good[:-1]
    yield "byte-after-end", good + b"\0"
    yield "mark-7-bit", file.bytes(mark=b"\x09SEDGE\r\n")
    yield "mark-unix-lines", file.bytes(mark=b"\x89SEDGE\n\n")
    yield "mark-utf8", b"\xc2" + good
    for version in [0, 5, 255, 1 << 31, (1 << 32) - 1]:
        yield f"version-{version}", file.bytes(version=version)
    yield "version-1-of-version-2", file.bytes(version=1)
    yield "preamble-checksum", file.bytes(last=0)
    yield "header-checksum", file.bytes(checksum=1)
    yield "reserved-1", file.bytes(reserved=1)
    for name, value in [("0", 0), ("inside-preamble", 32), ("2-63", 1 << 63), ("2-64-less-1", (1 << 64) - 1), ("before-end", len(good) - len(file.header) - 1)]:
        yield f"header-offset-{name}", file.bytes(offset=value)
    for name, value in [("0", 0), ("2-63", 1 << 63), ("2-64-less-1", (1 << 64) - 1), ("64-MB-more", (1 << 26) + 1), ("one-less", len(file.header) - 1)]:
        yield f"header-size-{name}", file.bytes(size=value)
    for name, value in [("0", 0), ("2-63", 1 << 63), ("2-64-less-1", (1 << 64) - 1), ("one-more", len(good) + 1)]:
        yield f"file-size-{name}", file.bytes(total=value)
    yield "offset-and-size-wrap", file.bytes(offset=(1 << 64) - 100, size=200, total=100)
    yield "plain-size-without-frame", file.bytes(plain=len(file.header) + 100)
    yield "plain-size-less-than-stored", file.bytes(plain=10)
    yield "plain-size-2-32-less-1", file.bytes(plain=0xFFFFFFFF)


def frames(file):
    """Headers as Zstandard frames: name, frame, bytes that the preamble says."""
    h = file.header
    yield "bomb-64-MB", zstd([(0, 1 << 26)]), 1 << 26
    yield "bomb-32-times", zstd([(0, 60_000)]), 60_000
    yield "bomb-said-small", zstd([(0, 1 << 26)], 1000), 1000
    yield "content-size-less", zstd([h, (0, 2000)], len(h)), len(h) + 2000
    yield "content-size-more", zstd([h, (0, 2000)], len(h) + 9000), len(h) + 9000
    yield "content-size-2-64-less-1", zstd([h, (0, 2000)], (1 << 64) - 1), len(h) + 2000
    yield "frame-cut", zstd([h, (0, 2000)])[:-3], len(h) + 2000
    yield "frame-garbage", b"\x28\xb5\x2f\xfd" + b"\xff" * 500, 9000
    yield "no-frame", h, len(h) + 1000
    yield "bytes-behind-frame", zstd([h, (0, 9000)]) + bytes(4), len(h) + 9000
    yield "two-frames", zstd([h]) + zstd([(0, 40_000)]), len(h) + 40_000
    yield "skippable-frame", b"\x50\x2a\x4d\x18\4\0\0\0abcd" + zstd([h, (0, 9000)]), len(h) + 9000
    yield "dictionary", b"\x28\xb5\x2f\xfd\x23" + b"\1\0\0\0" + bytes(40), 9000
    yield "window-2-40", b"\x28\xb5\x2f\xfd\x80\xf8" + struct.pack("<I", 60_000) + zstd([(0, 60_000)])[13:], 60_000
    yield "empty-blocks-20000", b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 70_000) + bytes(60_000) + b"\x01\0\0", 70_000


def wires(file):
    """Headers that are no message: name, header."""
    h = file.header
    yield "empty", b""
    yield "garbage", b"\xff" * 300
    yield "cut", h[:-7]
    yield "varint-endless", h + b"\x38" + b"\xff" * 20
    yield "length-2-63", h + key(LISTS, 2) + varint(1 << 63)
    yield "length-beyond", h + key(LISTS, 2) + varint(1000)
    yield "group", h + key(99, 3) * 1000
    yield "tag-0", h + b"\0\0"
    yield "version-is-number", put(h, (VERSION,), number(VERSION, 1))
    yield "text-not-utf8", put(h, (VERSION,), chunk(VERSION, b"\xff\xfe"))
    yield "text-with-nul", put(h, (VERSION,), chunk(VERSION, "0.1\0"))
    yield "text-of-65537", put(h, (VERSION,), chunk(VERSION, "v" * 65537))
    yield "text-empty", remove(h, (VERSION,))
    yield "architecture-twice", h + chunk(ARCHITECTURE, b"")
    yield "tensors-empty-1000000", h + chunk(TENSORS, b"") * 1_000_000
    yield "lists-empty-1000000", h + chunk(LISTS, b"") * 1_000_000
    yield "options-empty-1000000", h + chunk(OPTIONS, b"") * 1_000_000
    yield "templates-empty-1000000", h + chunk(TEMPLATES, b"") * 1_000_000
    yield "names-empty-1000000", h + chunk(LISTS, chunk(1, "l") + chunk(2, b"") * 1_000_000 + chunk(3, "f"))
    yield "targets-1000000", h + chunk(FOLDS, number(1, 1) + chunk(2, "s") + chunk(3, "") * 1_000_000)
    yield "shape-of-1000000", put(h, ((TENSORS, 0), SHAPE), packed(SHAPE, [1] * 1_000_000))
    yield "depths-of-1000000", put(h, (ARCHITECTURE, 1, 1), packed(1, [1] * 1_000_000))


def architectures(file):
    """Architectures against the rules: name, header."""
    h = file.header
    a = (ARCHITECTURE,)
    yield "missing", remove(h, a)
    yield "image-missing", remove(h, a + (1,))
    yield "text-missing", remove(h, a + (2,))
    for name, value in [("2-32-less-1", 0xFFFFFFFF), ("1025", 1025), ("0", 0)]:
        yield f"depth-{name}", put(h, a + (1, 1), packed(1, [value, 1, 1, 1]))
    for name, value in [("2-32-less-1", 0xFFFFFFFF), ("65537", 65537), ("0", 0)]:
        yield f"width-{name}", put(h, a + (1, 2), packed(2, [value, 8, 8, 12]))
    yield "depths-five", put(h, a + (1, 1), packed(1, [1, 1, 1, 1, 1]))
    yield "depths-none", remove(h, a + (1, 1))
    yield "depths-beyond-32-bits", put(h, a + (1, 1), packed(1, [1 << 32 | 1, 1, 1, 1]))
    yield "head-unknown", put(h, a + (1, 3), number(3, 7))
    yield "head-width-of-linear", put(h, a + (1, 3), number(3, 1))
    for name, value in [("even", 2), ("65", 65), ("2-32-less-1", 0xFFFFFFFF), ("0", 0)]:
        yield f"kernel-{name}", put(h, a + (1, 6), number(6, value))
    for name, value in [("0", 0.0), ("1", 1.0), ("negative", -1e-6), ("nan", NAN), ("infinity", INFINITY), ("1e38", 1e38)]:
        yield f"epsilon-{name}", put(h, a + (1, 7), fixed32(7, value))
    for field, name in [(1, "width"), (2, "heads"), (3, "layers"), (4, "context"), (5, "vocabulary")]:
        for value_name, value in [("0", 0), ("2-32-less-1", 0xFFFFFFFF), ("2-31", 1 << 31)]:
            yield f"text-{name}-{value_name}", put(h, a + (2, field), number(field, value))
    yield "text-heads-do-not-divide", put(h, a + (2, 2), number(2, 3))
    yield "text-layers-more-than-tensors", put(h, a + (2, 3), number(3, 1024))
    yield "decoder-empty", put(h, a + (3,), chunk(3, b""))
    yield "decoder-of-2-32", put(h, a + (3,), chunk(3, b"".join(number(i, 0xFFFFFFFF) for i in (1, 2, 5, 6, 7, 8)) + packed(3, [0xFFFFFFFF] * 3)))
    p = (PREPROCESSING,)
    yield "preprocessing-missing", remove(h, p)
    for name, value in [("nan", NAN), ("infinity", INFINITY)]:
        yield f"mean-{name}", put(h, p + (1,), floats(1, [value] * 3))
        yield f"deviation-{name}", put(h, p + (2,), floats(2, [value] * 3))
    yield "deviation-0", put(h, p + (2,), floats(2, [0] * 3))
    yield "deviation-negative", put(h, p + (2,), floats(2, [-1] * 3))
    yield "mean-two", put(h, p + (1,), floats(1, [1] * 2))
    yield "mean-1000000", put(h, p + (1,), floats(1, [1] * 1_000_000))
    for name, value in [("0", 0), ("31", 31), ("33", 33), ("8224", 8224), ("2-32-less-1", 0xFFFFFFFF), ("2-31", 1 << 31)]:
        yield f"resolution-{name}", put(h, p + (3,), number(3, value))
    yield "top-k-without-heads", put(h, p + (4,), number(4, 2))
    yield "resizing-unknown", put(h, p + (5,), number(5, 9))
    yield "resizing-sed-of-clip", put(h, p + (5,), number(5, 1))
    yield "form-missing", remove(h, (FORM,))
    yield "classification-missing", remove(h, (CLASSIFICATION,))
    for name, value in [("nan", NAN), ("infinity", INFINITY), ("1e38", 1e38), ("21", 21.0), ("minus-21", -21.0)]:
        yield f"logit-scale-{name}", put(h, (CLASSIFICATION, 1), fixed32(1, value))


def later_models(file):
    """Architectures of version 4, whose tensors are not there: name, header."""
    h = file.header
    a = (ARCHITECTURE,)
    largest = 0xFFFFFFFF
    def message(values, **other):
        """A message of counts by field, and of fields that are encoded already."""
        return b"".join(number(field, value) for field, value in values.items()) + other.get("more", b"")
    vision = {1: 8, 2: 2, 3: 1, 4: 32, 5: 8, 6: 4, 7: 12}
    epsilon = fixed32(8, 1e-5)
    def encoder(values=vision, more=epsilon):
        return put(h, a + (1,), chunk(4, message(values, more=more)))
    yield "vision", encoder()
    yield "vision-empty", encoder({}, b"")
    yield "vision-beside-image", put(h, a, chunk(ARCHITECTURE, get(h, a) + chunk(4, message(vision, more=epsilon))))
    yield "vision-twice", put(h, a + (1,), chunk(4, message(vision, more=epsilon)), chunk(4, message(vision, more=epsilon)))
    for field, name in [(1, "width"), (2, "heads"), (3, "layers"), (4, "hidden"), (5, "patch"), (6, "grid"), (7, "embedding")]:
        for value_name, value in [("0", 0), ("2-32-less-1", largest), ("2-63", 1 << 63)]:
            yield f"vision-{name}-{value_name}", encoder(vision | {field: value})
    yield "vision-all-2-32-less-1", encoder({field: largest for field in vision})
    yield "vision-heads-do-not-divide", encoder(vision | {2: 3})
    yield "vision-layers-more-than-tensors", encoder(vision | {3: 1024})
    for name, value in [("0", 0.0), ("nan", NAN), ("infinity", INFINITY)]:
        yield f"vision-epsilon-{name}", encoder(more=fixed32(8, value))
    aggregation = {1: 2, 2: 16, 3: 16, 4: 1, 5: 2, 6: 8, 7: 4, 8: 7, 9: 1, 10: 8}
    lists = {11: [16, 16], 12: [16, 16], 13: [16, 16]}
    def segmenter(values=aggregation, lists=lists, more=b""):
        encoded = message(values, more=b"".join(packed(field, value) for field, value in lists.items()) + more)
        return put(h, a + (1,), chunk(4, message(vision, more=epsilon)), chunk(5, encoded))
    yield "aggregation", segmenter()
    yield "aggregation-empty", segmenter({}, {})
    yield "aggregation-beside-decoder", put(segmenter(), a, chunk(ARCHITECTURE, get(segmenter(), a) + chunk(3, b"")))
    for field, name in [(1, "prompts"), (2, "hidden"), (3, "guidance"), (4, "layers"), (5, "heads"), (6, "grid"), (7, "window"), (8, "kernel"),
                        (9, "pooling"), (10, "classes")]:
        for value_name, value in [("0", 0), ("2-32-less-1", largest), ("2-63", 1 << 63)]:
            yield f"aggregation-{name}-{value_name}", segmenter(aggregation | {field: value})
    yield "aggregation-window-does-not-divide", segmenter(aggregation | {7: 3})
    for field, name in [(11, "upsampled"), (12, "widths"), (13, "guidance-widths")]:
        for value_name, value in [("none", []), ("three", [16] * 3), ("1000000", [16] * 1_000_000), ("0", [0, 0]), ("2-32-less-1", [largest] * 2)]:
            yield f"aggregation-{name}-of-{value_name}", segmenter(lists=lists | {field: value})
    yield "aggregation-all-2-32-less-1", segmenter({field: largest for field in aggregation}, {field: [largest] * 2 for field in lists})


# Their counts fit the codec, or are those of a matrix of other extents; only the payload tells.
SOUND_DIRECTORIES = {"segment-compression-zstd-of-raw", "codec-trellis-of-floats", "codec-planes-of-floats", "shape-other"}
# docs/format.md asks for errors of 0 or more, which infinity is.
OPEN = {"largest-error-infinity", "rms-error-infinity"}


def tensors(file):
    """Tensors against the rules: name, header."""
    h = file.header
    t = (TENSORS, 0)
    first, second = (t,), ((TENSORS, 1),)
    segment = (t, DATA)
    offset, stored, plain = (get(h, segment + (i,)) for i in (1, 2, 3))
    yield "name-missing", remove(h, first + (1,))
    yield "name-twice", put(h, second + (1,), chunk(1, get(h, first + (1,))))
    yield "missing", remove(h, first)
    yield "all-missing", b"".join(key(n, k) + (varint(v) if k == 0 else (varint(len(v)) + v if k == 2 else v)) for n, k, v in parse(h) if n != TENSORS)
    for field, name in [(2, "role"), (3, "layout"), (5, "codec"), (8, "float-reason")]:
        for value_name, value in [("0", 0), ("99", 99), ("negative", -1), ("2-31", 1 << 31)]:
            if (field, value) != (8, 0):
                yield f"{name}-{value_name}", put(h, first + (field,), number(field, value))
    for name, shape in [("none", []), ("0", [0, 4, 4, 3]), ("2-63", [1 << 63, 1]), ("2-64-less-1", [(1 << 64) - 1]), ("product-2-64", [1 << 32, 1 << 32]),
                        ("product-wraps-to-size", [1 << 62, 4, 4, 4]), ("2-40-more", [(1 << 40) + 1]), ("2-40", [1 << 40]), ("nine-dimensions", [1] * 9),
                        ("other", [3, 4, 4, 4]), ("flat", [192])]:
        yield f"shape-{name}", put(h, first + (SHAPE,), packed(SHAPE, shape))
    for field, name, values in [
        (1, "offset", [("0", 0), ("63", 63), ("unaligned", offset + 4), ("next", offset + 64), ("header", 64 + len(file.body)), ("2-63", 1 << 63),
                       ("2-64-less-8", (1 << 64) - 8)]),
        (2, "stored", [("0", 0), ("one-less", stored - 1), ("one-more", stored + 1), ("2-63", 1 << 63), ("2-64-less-1", (1 << 64) - 1), ("whole-file", len(file.body))]),
        (3, "plain", [("0", 0), ("one-less", plain - 1), ("one-more", plain + 1), ("2-63", 1 << 63), ("2-64-less-1", (1 << 64) - 1)]),
        (4, "compression", [("0", 0), ("zstd-of-raw", 2), ("9", 9), ("negative", -1)]),
    ]:
        for value_name, value in values:
            yield f"segment-{name}-{value_name}", put(h, segment + (field,), number(field, value))
    yield "segment-missing", remove(h, segment)
    yield "segment-same-as-next", put(h, second + (DATA,), chunk(DATA, get(h, segment)))
    yield "scales-of-float", put(h, first + (7,), chunk(7, get(h, segment)))
    for codec, name in [(2, "float16"), (3, "int8-without-scales"), (4, "trellis-of-floats"), (5, "planes-of-floats"), (6, "half-planes-of-floats")]:
        yield f"codec-{name}", put(h, first + (CODEC,), number(CODEC, codec))
    for field, name in [(9, "largest-error"), (10, "rms-error"), (11, "importance"), (12, "error-share")]:
        for value_name, value in [("nan", NAN), ("infinity", INFINITY), ("negative", -1.0)]:
            yield f"{name}-{value_name}", put(h, first + (field,), fixed64(field, value))
    yield "error-share-2", put(h, first + (12,), fixed64(12, 2.0))


def records(file, sed):
    """Provenance against the rules: name, header."""
    h, s = file.header, sed.header
    for name, size in [("0", 0), ("31", 31), ("33", 33), ("1-MB", 1_000_000)]:
        yield f"source-digest-{name}", put(h, (SOURCES, 2), chunk(2, bytes(size)))
    yield "source-name-with-folder", put(h, (SOURCES, 1), chunk(1, "../../etc/passwd"))
    yield "source-name-empty", remove(h, (SOURCES, 1))
    yield "source-format-empty", remove(h, (SOURCES, 4))
    yield "option-key-empty", h + chunk(OPTIONS, chunk(2, "v"))
    yield "fold-kind-99", h + chunk(FOLDS, number(1, 99) + chunk(2, "s"))
    yield "fold-source-empty", h + chunk(FOLDS, number(1, 1))
    yield "fold-applied-without-certificate", put(h, (FOLDS, 5))
    for name, value in [("nan", NAN), ("negative", -1.0)]:
        for field, what in [(1, "difference"), (2, "magnitude"), (3, "tolerance")]:
            yield f"certificate-{what}-{name}", put(h, (FOLDS, 5, field), fixed32(field, value))
    yield "hyperparameter-twice", h + chunk(HYPERPARAMETERS, chunk(1, "heads") + number(2, 1)) * 2
    yield "hyperparameter-origin-9", h + chunk(HYPERPARAMETERS, chunk(1, "x") + number(2, 9))
    yield "hyperparameter-name-empty", h + chunk(HYPERPARAMETERS, number(2, 1))
    yield "hyperparameter-given-with-detail", h + chunk(HYPERPARAMETERS, chunk(1, "x") + number(2, 1) + chunk(3, "d"))
    yield "tokenizer-without-need", h + chunk(TOKENIZER, chunk(1, number(1, 64) + number(2, 4) + number(3, 4) + number(4, 1) + fixed64(5, 0)) + number(2, 16))
    yield "templates-without-braces", h + chunk(TEMPLATES, "a photo")
    yield "templates-two-braces", h + chunk(TEMPLATES, "{} and {}")
    yield "list-without-classes", h + chunk(LISTS, chunk(1, "l") + chunk(3, "f"))
    yield "list-of-missing-features", h + chunk(LISTS, chunk(1, "l") + chunk(2, "sky") + chunk(3, "f"))
    yield "list-of-a-weight", h + chunk(LISTS, chunk(1, "l") + chunk(2, "sky") + chunk(3, get(h, ((TENSORS, 0), 1))))
    for field, name in [(4, "label-change"), (5, "score-rms"), (6, "score-max")]:
        for value_name, value in [("nan", NAN), ("infinity", INFINITY), ("negative", -1.0)]:
            yield f"claim-{name}-{value_name}", put(s, (QUANTIZATION, 3, field), fixed64(field, value))
    yield "claim-label-change-2", put(s, (QUANTIZATION, 3, 4), fixed64(4, 2.0))
    yield "claim-pictures-0", remove(s, (QUANTIZATION, 3, 1))
    yield "claim-source-empty", remove(s, (QUANTIZATION, 3, 2))
    yield "calibration-pictures-0", remove(s, (QUANTIZATION, 2, 1))
    yield "wish-empty", remove(s, (QUANTIZATION, 1))


def extremes(file, sed):
    """Extreme numbers that the rules allow: name, file of which, header."""
    h, s = file.header, sed.header
    yield "errors-1e300", file, put(put(h, ((TENSORS, 0), 9), fixed64(9, 1e300)), ((TENSORS, 0), 10), fixed64(10, 1e300))
    yield "errors-denormal", file, put(put(h, ((TENSORS, 0), 9), fixed64(9, 5e-324)), ((TENSORS, 0), 10), fixed64(10, 5e-324))
    yield "importance-1e308", file, put(h, ((TENSORS, 0), 11), fixed64(11, 1e308))
    yield "importance-all-1e308", file, every(h, 11, fixed64(11, 1.7e308))
    yield "certificate-3e38", file, put(h, (FOLDS, 5), chunk(5, fixed32(1, 3e38) + fixed32(2, 1e-45) + fixed32(3, 1e-45)))
    yield "source-of-2-63-bytes", file, put(h, (SOURCES, 3), number(3, 1 << 63))
    yield "source-of-2-64-less-1-bytes", file, put(h, (SOURCES, 3), number(3, (1 << 64) - 1))
    yield "source-of-2-62-bytes", file, put(h, (SOURCES, 3), number(3, 1 << 62))
    yield "sources-of-2-62-bytes-4", file, h + chunk(SOURCES, chunk(1, "x") + chunk(2, bytes(32)) + number(3, 1 << 62) + chunk(4, "f")) * 4
    yield "claim-1e300", sed, put(put(s, (QUANTIZATION, 3, 5), fixed64(5, 1e300)), (QUANTIZATION, 3, 6), fixed64(6, 1e308))
    yield "claim-pictures-2-32-less-1", sed, put(put(s, (QUANTIZATION, 3, 1), number(1, 0xFFFFFFFF)), (QUANTIZATION, 2, 1), number(1, 0xFFFFFFFF))
    yield "mean-3e38", file, put(h, (PREPROCESSING, 1), floats(1, [3e38, -3e38, 3e38]))
    yield "deviation-1e-45", file, put(h, (PREPROCESSING, 2), floats(2, [1e-45] * 3))
    yield "resolution-8192", file, put(h, (PREPROCESSING, 3), number(3, 8192))
    yield "epsilon-1e-45", file, put(h, (ARCHITECTURE, 1, 7), fixed32(7, 1e-45))
    yield "logit-scale-20", file, put(h, (CLASSIFICATION, 1), fixed32(1, 20.0))


def every(header, field, encoded):
    """A header with a field of every tensor replaced."""
    for i in range(sum(number == TENSORS for number, _, _ in parse(header))):
        header = put(header, ((TENSORS, i), field), encoded)
    return header


def texts(file, sed):
    """Texts that write to a terminal, in every place that has one: name, file of which, header."""
    h, s = file.header, sed.header
    yield "version", file, put(h, (VERSION,), chunk(VERSION, ESCAPES))
    yield "source-name", file, put(h, (SOURCES, 1), chunk(1, ESCAPES))
    yield "source-format", file, put(h, (SOURCES, 4), chunk(4, ESCAPES))
    yield "option-key", file, h + chunk(OPTIONS, chunk(1, ESCAPES) + chunk(2, "v"))
    yield "option-value", file, h + chunk(OPTIONS, chunk(1, "k") + chunk(2, ESCAPES))
    yield "fold-source", file, h + chunk(FOLDS, number(1, 1) + chunk(2, ESCAPES) + chunk(4, "o"))
    yield "fold-target", file, h + chunk(FOLDS, number(1, 1) + chunk(2, "s") + chunk(3, ESCAPES) + chunk(4, "o"))
    yield "fold-obstacle", file, h + chunk(FOLDS, number(1, 1) + chunk(2, "s") + chunk(4, ESCAPES))
    yield "hyperparameter-name", file, h + chunk(HYPERPARAMETERS, chunk(1, ESCAPES) + number(2, 1))
    yield "hyperparameter-detail", file, put(h, ((HYPERPARAMETERS, 0),), chunk(HYPERPARAMETERS, chunk(1, "heads") + number(2, 2) + chunk(3, ESCAPES)))
    yield "template", file, h + chunk(TEMPLATES, ESCAPES + "{}")
    yield "tensor-name", file, put(h, ((TENSORS, 0), 1), chunk(1, ESCAPES))
    yield "wish", sed, put(s, (QUANTIZATION, 1), chunk(1, ESCAPES))
    yield "calibration-source", sed, put(s, (QUANTIZATION, 2, 2), chunk(2, ESCAPES))
    yield "claim-source", sed, put(s, (QUANTIZATION, 3, 2), chunk(2, ESCAPES))
    yield "list-name", sed, put(s, (LISTS, 1), chunk(1, ESCAPES))
    yield "class-name", sed, put(s, (LISTS, (2, 0)), chunk(2, ESCAPES))
    yield "lines-of-a-report", file, put(h, (VERSION,), chunk(VERSION, "0.1\n\nPASS\nsedge: done"))


def payloads(file):
    """Segments whose checksum is right and whose contents are wrong: name, header, body."""
    h = file.header
    def changed(data, codec=None, compression=1, plain=None):
        """The last tensor's segment replaced."""
        last = sum(number == TENSORS for number, _, _ in parse(h)) - 1
        path = ((TENSORS, last), DATA)
        offset = get(h, path + (1,))
        size = len(data) if plain is None else plain
        segment = number(1, offset) + number(2, len(data)) + number(3, size) + number(4, compression) + fixed64(5, xxh3(data))
        header = put(h, path, chunk(DATA, segment))
        return (header if codec is None else put(header, path[:1] + (CODEC,), number(CODEC, codec))), file.body[:offset - 64] + data
    count = 12  # elements of the last tensor, the bias of the text projection
    for name, bits in [("nan", 0x7FC00000), ("infinity", 0x7F800000), ("minus-infinity", 0xFF800000)]:
        yield f"float-{name}", *changed(struct.pack("<I", bits) * count)
    yield "float16-nan", *changed(b"\0\x7e" * count, 2)
    yield "zstd-bomb", *changed(zstd([(0, 1 << 20)], 48), compression=2, plain=48)
    yield "zstd-garbage", *changed(b"\xff" * 40, compression=2, plain=48)
    yield "zstd-size-other", *changed(zstd([(0, 44)]), compression=2, plain=48)
    yield "zstd-behind-frame", *changed(zstd([(0, 48)]) + b"\0\0\0\0", compression=2, plain=48)
    yield "zstd-without-size", *changed(b"\x28\xb5\x2f\xfd\0\x50" + struct.pack("<I", 1 | 48 << 3)[:3] + bytes(48), compression=2, plain=48)
    yield "zstd-expands-to-2-40", *changed(zstd([(0, 48)], 1 << 40), compression=2, plain=1 << 40)
    for codec, name in [(4, "trellis"), (5, "planes"), (6, "half-planes")]:
        yield f"{name}-zeros", *changed(bytes(20), codec)
        yield f"{name}-ones", *changed(b"\xff" * 20, codec)
        yield f"{name}-cut", *changed(b"\0\0\0\x3f\x93", codec)
    yield "planes-frame-size-2-64-less-1", *changed(b"\1" + b"\xff" * 8 + bytes(40), 5)
    yield "planes-frame-size-0", *changed((b"\1" + bytes(8)) * 4, 5)
    yield "planes-kind-2", *changed((b"\2" + bytes(count)) * 4, 5)
    yield "planes-behind-last", *changed((b"\0" + bytes(count)) * 4 + b"\0", 5)
    yield "planes-infinity", *changed(b"\0" + b"\xff" * count + (b"\0" + bytes(count)) * 3, 5)
    yield "planes-bomb", *changed(b"\1" + struct.pack("<Q", 30) + zstd([(0, 1 << 20)], count)[:30].ljust(30, b"\0") + (b"\0" + bytes(count)) * 3, 5)
    def stream(*fields):
        """A trellis's bits: (value, count of bits), lowest first."""
        value = place = 0
        for number_, size in fields:
            value |= (number_ & (1 << size) - 1) << place
            place += size
        return value.to_bytes((place + 7) // 8, "little")
    base = (0x3F000000, 32)
    yield "trellis-base-nan", *changed(stream((0x7FC00000, 32), (0, 8)) + bytes(10), 4)
    yield "trellis-base-negative", *changed(stream((0xBF000000, 32), (0, 8)) + bytes(10), 4)
    yield "trellis-runs-endless", *changed(stream(base, (1, 1)) + b"\xff" * 30, 4)
    yield "trellis-run-of-2-32", *changed(stream(base, (1, 1), (0x7FFFFFFF, 31), (0, 1), (0xFFFFFFFF, 32)) + bytes(10), 4)
    yield "trellis-runs-of-0", *changed(stream(base, (1, 1)) + bytes(40), 4)
    yield "trellis-symbols-none", *changed(stream(base, (0, 1), (0, 1), (0, 1), (15, 4), (7, 3), (0, 1)) + bytes(40), 4)
    yield "trellis-lane-starts-below", *changed(stream(base, (0, 1), (0, 1), (0, 1), (0, 4), (0, 3), (0, 1), (0, 5), (0, 8), (0, 4), (0, 1), (0, 1)) + bytes(12), 4)
    yield "trellis-odd-byte", *changed(stream(base, (0, 1), (0, 1), (0, 1), (0, 4), (0, 3), (0, 1), (0, 5), (0, 8), (0, 4), (0, 1), (0, 1)) + bytes(13), 4)


def make(corpus):
    clip = File(corpus.fixture("attacks/clip.sedge"))
    sed = File(corpus.fixture("sedge/version1-raw.sedge"))
    # The small SED's file records no quantization: one as docs/format.md has it.
    calibration, claim = number(1, 32) + chunk(2, "pictures"), number(1, 8) + chunk(2, "pictures") + fixed64(4, 0.01) + fixed64(5, 0.02) + fixed64(6, 0.5) + number(7, 2)
    sed.header += chunk(QUANTIZATION, chunk(1, "int8") + chunk(2, calibration) + chunk(3, claim))
    sed_bytes = lambda header: sed.bytes(header, version=1)
    add = lambda name, data, outcome="refused": corpus.add(f"sedge/{name}.sedge", data, "model", outcome)
    for name, data in preambles(clip):
        add(f"preamble-{name}", data)
    for name, frame, plain in frames(clip):
        add(f"header-frame-{name}", clip.bytes(stored=frame, plain=plain))
    for maker, prefix in [(wires, "header"), (architectures, "architecture"), (tensors, "tensor")]:
        for name, header in maker(clip):
            add(f"{prefix}-{name}", clip.bytes(header), "payload" if name in SOUND_DIRECTORIES else "either" if name in OPEN else "refused")
    for name, header in later_models(clip):
        add(f"model-{name}", clip.bytes(header, version=4))
    for name, header in records(clip, sed):
        # A fold that was applied has a certificate, but docs/format.md does not say that a reader must miss it.
        outcome = "either" if name == "fold-applied-without-certificate" else "refused"
        add(f"record-{name}", sed_bytes(header) if name.startswith(("claim", "calibration", "wish")) else clip.bytes(header), outcome)
    # Checkpoints of these could not be run; what matters is that every report of them ends in order.
    for name, file, header in extremes(clip, sed):
        corpus.add(f"sedge/extreme-{name}.sedge", clip.bytes(header) if file is clip else sed_bytes(header), "report" if name == "resolution-8192" else "model", "either")
    for name, file, header in texts(clip, sed):
        add(f"text-{name}", clip.bytes(header) if file is clip else sed_bytes(header), "either")
    for name, header, body in payloads(clip):
        add(f"payload-{name}", clip.bytes(header, body), "payload")
    add("sound-unknown-fields", clip.bytes(clip.header + chunk(99, b"\x1b" * 1000) + number(98, -1)), "read")
    add("sound", clip.bytes(), "read")
