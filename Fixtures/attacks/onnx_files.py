"""ONNX files, by onnx.proto and protobuf's wire format."""
import struct

from wire import chunk, fixed32, fixed64, floats, key, number, packed, varint

DATA = struct.pack("<2f", 1, 2)
FLOAT, STRING, EXTERNAL = 1, 8, 1


def tensor(name="w", dims=(2,), kind=FLOAT, raw=DATA, more=b""):
    out = b"".join(number(1, d) for d in dims) + number(2, kind) + chunk(8, name)
    return out + (chunk(9, raw) if raw is not None else b"") + more


def external(entries, name="w", dims=(2,)):
    stored = b"".join(chunk(13, chunk(1, k) + chunk(2, v)) for k, v in entries)
    return tensor(name, dims, raw=None, more=stored + number(14, EXTERNAL))


def node(op="Constant", inputs=(), outputs=("y",), attributes=(), name="n", domain=""):
    out = b"".join(chunk(1, i) for i in inputs) + b"".join(chunk(2, o) for o in outputs)
    return out + chunk(3, name) + chunk(4, op) + b"".join(chunk(5, a) for a in attributes) + (chunk(7, domain) if domain else b"")


def graph(initializers=(), nodes=(), more=b""):
    return b"".join(chunk(1, n) for n in nodes) + chunk(2, "g") + b"".join(chunk(5, t) for t in initializers) + more


def model(body=None, ir=8, more=b"", initializers=None):
    body = graph([tensor()] if initializers is None else initializers) if body is None else body
    return number(1, ir) + chunk(7, body) + chunk(8, chunk(1, "") + number(2, 17)) + more


def nested(field, depth, inner=b""):
    """A message within a message within ..., made from inside out in one pass."""
    parts, size = [inner], len(inner)
    for _ in range(depth):
        head = key(field, 2) + varint(size)
        parts.append(head)
        size += len(head)
    return b"".join(reversed(parts))


def subgraphs(depth):
    """A graph with a node with a graph with a node ...: node(1).attribute(5).g(6)."""
    parts, size = [b""], 0
    for i in range(depth):
        for field in (6, 5, 1):
            head = key(field, 2) + varint(size)
            parts.append(head)
            size += len(head)
    return b"".join(reversed(parts))


def broken():
    """Files that protobuf or onnx.proto forbid: name, bytes."""
    good = model()
    yield "empty", b""
    yield "varint-endless", number(1, 8) + b"\x38" + b"\xff" * 100
    yield "varint-of-11-bytes", b"\x08" + b"\x80" * 10 + b"\x01" + good
    yield "varint-beyond-64-bits", b"\x08" + b"\xff" * 9 + b"\x7f" + good
    yield "varint-cut", b"\x08\x88"
    yield "tag-0", b"\0\0" + good
    yield "tag-field-0-of-bytes", b"\2\1x" + good
    yield "tag-2-32", varint(1 << 35 | 2) + b"\1x" + good
    yield "wire-type-3", number(1, 8) + key(99, 3) + good
    yield "wire-type-4", number(1, 8) + key(99, 4) + good
    yield "wire-type-6", number(1, 8) + key(99, 6) + good
    yield "wire-type-7", number(1, 8) + key(99, 7) + good
    yield "wire-type-of-graph-is-varint", number(1, 8) + number(7, 1)
    yield "wire-type-of-graph-is-fixed64", number(1, 8) + fixed64(7, 1)
    yield "wire-type-of-initializer-is-varint", model(number(5, 1))
    yield "groups-1000000", number(1, 8) + key(99, 3) * 1_000_000
    yield "groups-closed-100000", number(1, 8) + key(99, 3) * 100_000 + key(99, 4) * 99_999
    yield "group-of-other-number-closed", number(1, 8) + key(99, 3) + key(98, 4) + good
    for name, size in [("2-63", 1 << 63), ("2-64-less-1", (1 << 64) - 1), ("2-62", 1 << 62), ("2-32", 1 << 32), ("one-more", 100_000)]:
        yield f"length-{name}", number(1, 8) + key(7, 2) + varint(size) + graph([tensor()])
        yield f"length-of-raw-{name}", model(initializers=[tensor(raw=None) + key(9, 2) + varint(size) + DATA])
        yield f"length-of-unknown-{name}", number(1, 8) + key(99, 2) + varint(size) + chunk(7, graph([tensor()]))
    yield "cut-in-graph", good[:len(good) // 2]
    yield "cut-in-last", good[:-1]
    yield "ir-version-0", model(ir=0)
    yield "ir-version-missing", chunk(7, graph([tensor()]))
    yield "ir-version-negative", model(ir=-1)
    yield "ir-version-2-62", model(ir=1 << 62)
    yield "graph-missing", number(1, 8) + chunk(2, "producer")
    yield "name-not-utf8", model(initializers=[number(1, 2) + number(2, 1) + chunk(8, b"\xff\xfe") + chunk(9, DATA)])
    for name, dims in [
        ("negative", (-2,)), ("2-63-less-1", ((1 << 63) - 1,)), ("product-wraps", (1 << 32, 1 << 32)), ("product-2-64", (1 << 21, 1 << 21, 1 << 22)),
        ("bytes-2-64", (1 << 62,)), ("negative-twice", (-1, -2)),
    ]:
        yield f"dims-{name}", model(initializers=[tensor(dims=dims)])
    yield "dims-one-more", model(initializers=[tensor(dims=(3,))])
    yield "dims-one-less", model(initializers=[tensor(dims=(1,))])
    yield "dims-cut-in-pack", model(initializers=[chunk(1, b"\x80") + number(2, 1) + chunk(8, "w") + chunk(9, DATA)])
    yield "data-two-forms", model(initializers=[tensor(more=floats(4, [1, 2]))])
    yield "data-none", model(initializers=[tensor(raw=None)])
    yield "data-floats-for-more", model(initializers=[tensor(raw=None, dims=(3,), more=floats(4, [1, 2]))])
    yield "data-floats-not-whole", model(initializers=[tensor(raw=None, more=chunk(4, DATA[:7]))])
    yield "data-int32-for-float", model(initializers=[tensor(raw=None, more=packed(5, [1, 2]))])
    yield "data-int64-varint-cut", model(initializers=[tensor(kind=7, raw=None, more=chunk(7, b"\x80\x80"))])
    yield "data-double-cut", model(initializers=[tensor(kind=11, raw=None, more=chunk(10, bytes(15)))])
    yield "data-raw-one-less", model(initializers=[tensor(raw=DATA[:7])])
    yield "data-raw-one-more", model(initializers=[tensor(raw=DATA + b"\0")])
    yield "data-segment", model(initializers=[tensor(more=chunk(3, number(1, 0) + number(2, 1 << 62)))])
    yield "initializers-same-name", model(initializers=[tensor(), tensor()])
    yield "text-format", b'ir_version: 8\ngraph { initializer { dims: 2 name: "w" } }\n'


def external_files():
    """Locations of external data that must be refused: name, entries."""
    big = str((1 << 64) - 8)
    yield "traversal", [("location", "../outside.safetensors")]
    yield "traversal-deep", [("location", "a/b/../../../outside.safetensors")]
    yield "traversal-through-file", [("location", "data.bin/../../outside.safetensors")]
    yield "traversal-backslash", [("location", "..\\outside.safetensors")]
    yield "traversal-percent", [("location", "%2e%2e/outside.safetensors")]
    yield "absolute", [("location", "/etc/passwd")]
    yield "absolute-double-slash", [("location", "//etc/passwd")]
    yield "absolute-drive", [("location", "C:\\Windows\\win.ini")]
    yield "home", [("location", "~/.bashrc")]
    yield "variable", [("location", "$HOME/.bashrc")]
    yield "proc-self", [("location", "/proc/self/mem")]
    yield "device", [("location", "/dev/zero")]
    yield "url", [("location", "http://127.0.0.1/w.bin")]
    yield "empty", [("location", "")]
    yield "dot", [("location", ".")]
    yield "dots", [("location", "..")]
    yield "nul", [("location", "data.bin\0/../../outside")]
    yield "newline", [("location", "data.bin\nPASS")]
    yield "escapes", [("location", "\x1b[2J\u202e.bin")]
    yield "of-100-kB", [("location", "n" * 100_000)]
    yield "of-100000-folders", [("location", "a/" * 100_000 + "w")]
    yield "itself-beyond", [("location", "external-itself-beyond.onnx"), ("offset", "1000000")]
    yield "link-outside", [("location", "link-outside.bin")]
    yield "link-loop", [("location", "link-loop.bin")]
    yield "link-folder-outside", [("location", "link-folder/outside.safetensors")]
    yield "pipe", [("location", "pipe.bin")]
    yield "folder", [("location", "folder.bin")]
    yield "missing", [("location", "missing.bin")]
    yield "location-missing", [("offset", "0"), ("length", "8")]
    for name, entries in [
        ("offset-beyond", [("offset", "100")]), ("offset-2-64", [("offset", big)]), ("offset-negative", [("offset", "-8")]),
        ("offset-text", [("offset", "eight")]), ("offset-of-100000-digits", [("offset", "1" * 100_000)]), ("offset-2-63", [("offset", str(1 << 63))]),
        ("length-2-63", [("length", str((1 << 63) - 1))]), ("length-beyond", [("length", "100")]), ("length-less", [("length", "4")]),
        ("length-negative", [("length", "-1")]), ("offset-plus-length-wraps", [("offset", str((1 << 63) - 4)), ("length", "8")]),
        ("offset-float", [("offset", "1e300")]),
    ]:
        yield name, [("location", "data.bin"), *entries]


def sound():
    """Sound files that are no model: name, bytes, names of tensors."""
    yield "unknown-fields", model(more=chunk(99, b"\xff" * 1000) + number(98, -1) + fixed32(97, 1) + fixed64(96, 1)), "w"
    yield "graph-twice-merged", number(1, 8) + chunk(7, graph([tensor("a")])) + chunk(7, graph([tensor("b")])), ""
    yield "subgraphs-50", model(graph([tensor()]) + subgraphs(50)), "w"
    yield "unknown-nested-100000", model(more=nested(99, 100_000)), "w"
    yield "metadata-escapes", model(more=chunk(14, chunk(1, "\x1b[2J") + chunk(2, "\u202e\x07"))), "w"
    yield "metadata-of-10-MB", model(more=chunk(14, chunk(1, "k") + chunk(2, "v" * 10_000_000))), "w"
    yield "metadata-100000", model(more=chunk(14, chunk(1, "k") + chunk(2, "v")) * 100_000), "w"
    yield "producer-escapes", model(more=chunk(2, "\x1b]0;owned\x07") + chunk(3, "\u202e")), "w"
    yield "initializers-50000", model(initializers=[tensor(f"t{i}", (0,), raw=b"") for i in range(50_000)]), "t49999"
    yield "nodes-50000", model(graph([tensor()], [node("Identity", ["w"], [f"y{i}"], name=f"n{i}") for i in range(50_000)])), "w"
    yield "nodes-in-a-circle", model(graph([tensor()], [node("MatMul", ["a", "w"], ["b"]), node("MatMul", ["b", "w"], ["a"])])), "w"
    yield "node-reads-itself", model(graph([tensor()], [node("Add", ["a", "w"], ["a"], name="/visual/trunk/Add")])), "w"
    yield "identity-chain-50000", model(graph([tensor()], [node("Identity", [f"y{i}" if i else "w"], [f"y{i + 1}"]) for i in range(50_000)])), "w"
    yield "transpose-chain-5000", model(graph([tensor(dims=(1, 2))], [node("Transpose", [f"y{i}" if i else "w"], [f"y{i + 1}"]) for i in range(5000)])), "w"
    yield "scope-of-100-kB", model(graph([tensor("onnx::MatMul_1")], [node("MatMul", ["x", "onnx::MatMul_1"], ["y"], name="/a" * 50_000 + "/MatMul")])), ""
    yield "functions-nested", model(more=chunk(25, chunk(1, "f") + chunk(7, node("f", ["x"], ["y"], domain="d")) + chunk(10, "d"))), "w"
    yield "name-escapes", model(initializers=[tensor("\x1b[2J\u202e\n")]), ""
    yield "name-of-1-MB", model(initializers=[tensor("n" * 1_000_000)]), ""
    yield "name-empty", model(initializers=[tensor("")]), ""
    yield "dims-packed", model(initializers=[packed(1, [2]) + number(2, 1) + chunk(8, "w") + chunk(9, DATA)]), "w"
    yield "dims-10000-ones", model(initializers=[tensor(dims=(1,) * 10_000, raw=DATA[:4])]), ""
    yield "dims-0-times-2-62", model(initializers=[tensor(dims=(0, 1 << 62), raw=b"")]), ""
    yield "floats-unpacked", model(initializers=[tensor(raw=None, more=fixed32(4, 1.0) + fixed32(4, 2.0))]), "w"
    yield "type-4711-beside", model(initializers=[tensor(), tensor("x", kind=4711)]), "w"
    yield "strings-beside", model(initializers=[tensor(), tensor("x", kind=STRING, raw=None, more=chunk(6, "a") + chunk(6, "b"))]), "w"


def make(corpus):
    # onnx.proto does not say what a reader does with bits that its types do not have; onnx drops them.
    corpus.add("onnx/data-float16-beyond-16-bits.onnx", model(initializers=[tensor(kind=10, raw=None, more=packed(5, [1 << 20, 1]))]), "checkpoint", "either")
    corpus.add("onnx/data-bool-of-2.onnx", model(initializers=[tensor(kind=9, raw=None, more=packed(5, [2, 300]))]), "checkpoint", "either")
    # protobuf's own parsers end at a depth of 100; to pass over what is not needed is as good.
    corpus.add("onnx/subgraphs-20000.onnx", model(graph([tensor()]) + subgraphs(20_000)), "checkpoint", "either")
    nested_types = graph([tensor()], more=chunk(11, chunk(1, "x") + chunk(2, nested(4, 50_000))))
    corpus.add("onnx/types-nested-50000.onnx", model(nested_types), "checkpoint", "either")
    for name, data in broken():
        corpus.add(f"onnx/{name}.onnx", data, "checkpoint", "refused")
    corpus.place("onnx/data.bin", DATA)
    for name, entries in external_files():
        corpus.add(f"onnx/external-{name}.onnx", model(initializers=[external(entries)]), "checkpoint", "refused")
    for name, data, lists in sound():
        corpus.add(f"onnx/sound-{name}.onnx", data, "checkpoint", "listed", lists=lists)
