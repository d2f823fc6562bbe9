"""PyTorch files: zip archives by PKWARE's APPNOTE, pickles by Python's pickletools, and files from before version 1.6."""
import functools
import struct
import zlib

STOP = b"."
DATA = struct.pack("<6f", *range(6))


# --- Pickles ---------------------------------------------------------------------------------------------------------

def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return b"X" + struct.pack("<I", len(value)) + value


def integer(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def named(path):
    module, name = path.rsplit(".", 1)
    return f"c{module}\n{name}\n".encode()


def tuple_of(*items):
    return b"(" + b"".join(items) + b"t"


def call(function, *arguments):
    return named(function) + tuple_of(*arguments) + b"R"


def dictionary(*pairs):
    return b"}(" + b"".join(key + value for key, value in pairs) + b"u"


def pickled(value, version=2):
    return (b"\x80" + bytes([version]) if version > 1 else b"") + value + STOP


def storage(key="0", count=6, kind="FloatStorage", device="cpu"):
    """The persistent reference that names a storage's record."""
    items = [text("storage"), named(f"torch.{kind}"), text(key), text(device), integer(count)]
    return tuple_of(*items) + b"Q"


def tensor(shape=(2, 3), strides=(3, 1), offset=0, place=None, **options):
    return call("torch._utils._rebuild_tensor_v2", place if place is not None else storage(**options), integer(offset),
                tuple_of(*map(integer, shape)), tuple_of(*map(integer, strides)), b"\x89", call("collections.OrderedDict"))


def state(**options):
    return dictionary((text("weight"), tensor(**options)))


# --- Zip archives ----------------------------------------------------------------------------------------------------

class Entry:
    """A file of an archive; every field of its two headers can be forged."""

    def __init__(self, name, data, method=0, flags=0, size=None, packed=None, crc=None, extra=b"", local_extra=b"", stored=None,
                 local_name=None, offset=None, local=None, padding=b"", descriptor=b"", attributes=0):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data if stored is None else stored
        if method == 8 and stored is None:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
            self.data = deflate.compress(data) + deflate.flush()
        self.method, self.flags, self.extra, self.local_extra, self.offset = method, flags, extra, local_extra, offset
        self.size = len(data) if size is None else size
        self.packed = len(self.data) if packed is None else packed
        self.crc = zlib.crc32(data) if crc is None else crc
        self.local_name = self.name if local_name is None else local_name
        self.local = local or {}
        self.padding, self.descriptor, self.attributes = padding, descriptor, attributes

    def fields(self, **forged):
        values = {"flags": self.flags, "method": self.method, "crc": self.crc, "packed": self.packed, "size": self.size, **forged}
        return struct.pack("<HHHHHIII", 20, values["flags"], values["method"], 0, 33, values["crc"], values["packed"] & 0xFFFFFFFF,
                           values["size"] & 0xFFFFFFFF)


def archive(entries, count=None, directory_size=None, directory_offset=None, comment=b"", comment_size=None, before=b"",
            zip64=None, disk=0):
    out, directory = bytearray(before), bytearray()
    for entry in entries:
        offset = len(out) if entry.offset is None else entry.offset
        extra = entry.local_extra + entry.padding
        out += b"PK\3\4" + entry.fields(**entry.local) + struct.pack("<HH", len(entry.local_name), len(extra))
        out += entry.local_name + extra + entry.data + entry.descriptor
        directory += b"PK\1\2\x14\0" + entry.fields() + struct.pack(
            "<HHHHHII", len(entry.name), len(entry.extra), 0, 0, 0, entry.attributes, offset & 0xFFFFFFFF)
        directory += entry.name + entry.extra
    place = len(out)
    out += directory
    if zip64 is not None:
        record = {"count": len(entries), "size": len(directory), "offset": place, "locator": len(out), "length": 44, **zip64}
        out += b"PK\6\6" + struct.pack("<QHHIIQQQQ", record["length"], 45, 45, 0, 0, record["count"], record["count"], record["size"],
                                       record["offset"])
        out += b"PK\6\7" + struct.pack("<IQI", 0, record["locator"], 1)
    count = len(entries) if count is None else count
    out += b"PK\5\6" + struct.pack(
        "<HHHHIIH", disk, disk, count & 0xFFFF, count & 0xFFFF, len(directory) if directory_size is None else directory_size,
        place if directory_offset is None else directory_offset, len(comment) if comment_size is None else comment_size)
    return bytes(out) + comment


def model(pickle, data=DATA, more=(), **options):
    """An archive as torch.save writes it, around any pickle."""
    return archive([Entry("m/data.pkl", pickle, **options), Entry("m/byteorder", b"little"), Entry("m/data/0", data),
                    Entry("m/version", b"3\n"), *more])


def legacy(pickle=None, keys=(b"0",), storages=None, system=None, magic=None, protocol=None):
    """A file from before version 1.6: five pickles, then the storages."""
    pickle = pickle if pickle is not None else pickled(state_of_legacy())
    magic = magic if magic is not None else pickled(integer(0x1950A86A20F9469CFC6C))
    protocol = protocol if protocol is not None else pickled(b"M\xe9\x03")
    system = system if system is not None else pickled(dictionary((text("little_endian"), b"\x88")))
    listed = keys if isinstance(keys, bytes) else pickled(b"](" + b"".join(text(key) for key in keys) + b"e")
    storages = storages if storages is not None else struct.pack("<q", 6) + DATA
    return magic + protocol + system + pickle + listed + storages


def state_of_legacy(count=6, **options):
    items = [text("storage"), named("torch.FloatStorage"), text("0"), text("cpu"), integer(count), b"N"]
    return dictionary((text("weight"), tensor(place=tuple_of(*items) + b"Q", **options)))


# --- Attacks ---------------------------------------------------------------------------------------------------------

def executions():
    """Pickles that call functions, each with nothing else in it: they are refused, the call is never made."""
    touch = text("touch /tmp/sedge-was-here")
    yield "os-system", call("os.system", touch)
    yield "posix-system", call("posix.system", touch)
    yield "nt-system", call("nt.system", touch)
    yield "subprocess-popen", call("subprocess.Popen", touch)
    yield "subprocess-check-output", call("subprocess.check_output", touch)
    yield "builtins-eval", call("builtins.eval", text("open('/tmp/sedge-was-here','w')"))
    yield "builtins-exec", call("builtins.exec", text("import os"))
    yield "python2-eval", call("__builtin__.eval", text("1"))
    yield "builtins-getattr", call("builtins.getattr", named("os.path"), text("os"))
    yield "builtins-import", call("builtins.__import__", text("os"))
    yield "builtins-open", call("builtins.open", text("/tmp/sedge-was-here"), text("w"))
    yield "runpy", call("runpy._run_code", text("1"))
    yield "pty-spawn", call("pty.spawn", text("/bin/sh"))
    yield "socket", call("socket.create_connection", tuple_of(text("127.0.0.1"), integer(80)))
    yield "urlopen", call("urllib.request.urlopen", text("http://127.0.0.1/"))
    yield "webbrowser", call("webbrowser.open", text("http://127.0.0.1/"))
    yield "pickle-loads", call("pickle.loads", text(b"."))
    yield "marshal-loads", call("marshal.loads", text(b"."))
    yield "torch-load", call("torch.load", text("/etc/passwd"))
    yield "torch-hub", call("torch.hub.load", text("x/y"), text("z"))
    yield "torch-jit", call("torch.jit.unsupported_tensor_ops.execWrapper", text("import os"), b"}", b"}")
    yield "torch-cpp-extension", call("torch.utils.cpp_extension.load_inline", text("x"))
    yield "torch-collect-env-run", call("torch.utils.collect_env.run", touch)
    yield "torch-distributed-rpc", call("torch.distributed.rpc.rpc_sync", touch)
    yield "torch-inductor", call("torch._inductor.codecache.compile_file", touch)
    yield "numpy-exec", call("numpy.testing._private.utils.runstring", text("import os"), b"}")
    yield "operator-attrgetter", call("operator.attrgetter", text("system"))
    yield "operator-methodcaller", call("operator.methodcaller", text("system"), touch)
    yield "functools-partial", call("functools.partial", named("os.system"), touch)
    yield "importlib", call("importlib.import_module", text("os"))
    yield "ctypes", call("ctypes.CDLL", text("libc.so.6"))
    yield "shutil-rmtree", call("shutil.rmtree", text("/tmp/sedge-was-here"))
    yield "asyncio-subprocess", call("asyncio.unix_events._UnixSubprocessTransport._start", touch)
    yield "bdb-run", call("bdb.Bdb.run", touch)
    yield "timeit", call("timeit.timeit", text("import os"))
    yield "dill", call("dill._dill._create_function", touch)
    yield "cloudpickle", call("cloudpickle.cloudpickle._make_function", touch)
    yield "joblib", call("joblib.load", text("/etc/passwd"))
    yield "codeop", call("types.CodeType", *map(integer, range(14)))
    yield "inst", b"(" + touch + b"ios\nsystem\n"
    yield "obj", b"(" + named("os.system") + touch + b"o"
    yield "newobj", named("os.system") + tuple_of(touch) + b"\x81"
    yield "newobj-ex", named("os.system") + tuple_of(touch) + b"}\x92"
    yield "stack-global", b"\x8c\x02os\x8c\x06system\x93" + tuple_of(touch) + b"R"
    yield "stack-global-dotted", b"\x8c\x05torch\x8c\x09os.system\x93" + tuple_of(touch) + b"R"
    yield "build-setstate", named("collections.OrderedDict") + b")R" + dictionary((text("__setstate__"), named("os.system"))) + b"b"
    yield "call-thrown-away", call("os.system", touch) + b"0}"
    yield "call-in-key", b"}" + call("os.system", touch) + b"Ns"
    yield "global-with-escapes", call("os\x1b[2J.sys\u202etem", touch)
    yield "global-of-1-MB", call("m" * 1_000_000 + ".f", touch)
    yield "extension-1", b"\x82\1)R"
    yield "extension-4", b"\x84\xff\xff\xff\x7f)R"
    yield "extension-4-negative", b"\x84\xff\xff\xff\xff)R"


def broken_pickles():
    """Pickles that no pickle reader can finish, or only at a price: name, bytes."""
    yield "empty", b""
    yield "only-stop", pickled(b"")
    yield "no-stop", b"\x80\2}"
    yield "unknown-opcode", pickled(b"\xff")
    yield "protocol-255", b"\x80\xff}."
    yield "protocol-cut", b"\x80"
    yield "stack-underflow-reduce", pickled(b"R")
    yield "stack-underflow-build", pickled(b"}b")
    yield "stack-underflow-append", pickled(b"a")
    yield "stack-underflow-tuple3", pickled(b"N\x87")
    yield "stack-underflow-setitem", pickled(b"}Ns")
    yield "mark-missing-tuple", pickled(b"Nt")
    yield "mark-missing-setitems", pickled(b"}NNu")
    yield "mark-missing-pop", pickled(b"1")
    yield "mark-missing-frozenset", pickled(b"\x91")
    yield "setitems-odd", pickled(b"}(Nu")
    yield "marks-1000000", pickled(b"(" * 1_000_000)
    yield "none-1000000", pickled(b"N" * 1_000_000)
    yield "nested-lists-1000000", pickled(b"]" * 1_000_000 + b"a" * 999_999)
    yield "nested-tuples-1000000", pickled(b")" + b"\x85" * 1_000_000)
    yield "nested-dicts-300000", pickled(b"}" + b"N}" * 300_000 + b"s" * 300_000)
    yield "nested-reduce-100000", pickled(b"ca\nb\n" * 100_000 + b")R" * 100_000)
    yield "duplicates-doubling", pickled(b"]" + b"2\x86" * 64)
    yield "duplicates-doubling-1000", pickled(b"]" + b"2\x86" * 1000)
    yield "billion-laughs-memo", pickled(b"]q\0" + b"".join(b"](" + b"h" + bytes([i]) + (b"h" + bytes([i])) * 9 + b"eq" + bytes([i + 1])
                                                              for i in range(30)))
    yield "memo-missing", pickled(b"h\7")
    yield "memo-missing-long", pickled(b"j\xff\xff\xff\xff")
    yield "memo-index-text-huge", pickled(b"}p99999999999999999999\n")
    yield "memo-index-negative", pickled(b"}p-1\n")
    yield "memo-of-nothing", pickled(b"q\0")
    yield "list-in-itself", pickled(b"]q\0h\0a")
    yield "dict-in-itself", pickled(b"}q\0Nh\0s")
    yield "tuple-of-list-in-itself", pickled(b"]q\0h\0\x85a")
    yield "text-length-2-32-less-1", pickled(b"X\xff\xff\xff\xffabc")
    yield "text8-length-2-63", pickled(b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc", 4)
    yield "text8-length-2-64-less-1", pickled(b"\x8d" + b"\xff" * 8 + b"abc", 4)
    yield "bytes8-length-2-63", pickled(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc", 4)
    yield "bytearray8-length-2-62", pickled(b"\x96\xff\xff\xff\xff\xff\xff\xff\x3fabc", 5)
    yield "string-length-negative", pickled(b"T\xff\xff\xff\xff")
    yield "bytes-length-beyond", pickled(b"B\xff\xff\xff\x7f")
    yield "long4-length-2-31-less-1", pickled(b"\x8b\xff\xff\xff\x7f")
    yield "long4-length-negative", pickled(b"\x8b\xff\xff\xff\xff")
    yield "long4-of-1-MB", pickled(b"\x8b" + struct.pack("<I", 1_000_000) + b"\x7f" * 1_000_000)
    yield "long-text-of-1-MB", pickled(b"L" + b"9" * 1_000_000 + b"L\n")
    yield "integer-text-not-a-number", pickled(b"Iabc\n")
    yield "integer-text-endless", pickled(b"I" + b"1" * 1_000_000)
    yield "float-text-nan-payload", pickled(b"Fnan(0x1)\n")
    yield "float-text-of-1-MB", pickled(b"F" + b"1" * 1_000_000 + b"\n")
    yield "string-unquoted", pickled(b"Sabc\n")
    yield "string-half-quoted", pickled(b"S'abc\n")
    yield "unicode-lone-surrogate", pickled(b"V\\ud800\n")
    yield "text-not-utf8", pickled(b"X\2\0\0\0\xff\xfe")
    yield "frame-length-2-64-less-1", pickled(b"\x95" + b"\xff" * 8 + b"}", 4)
    yield "frame-length-short", pickled(b"\x95" + struct.pack("<Q", 1) + b"}" * 50, 4)
    yield "persistent-id-text", pickled(b"P/etc/passwd\n")
    yield "persistent-id-of-list", pickled(b"]Q")
    yield "global-cut", b"\x80\2cos"
    yield "global-empty", pickled(b"c\n\n)R")
    yield "next-buffer", pickled(b"\x97", 5)
    yield "readonly-buffer", pickled(b"N\x98", 5)
    yield "list-as-key", pickled(b"}]Ns")
    yield "dict-not-a-dict", pickled(b"NNNs")
    yield "append-to-none", pickled(b"NNa")
    yield "additems-to-list", pickled(b"](N\x90")


def broken_tensors():
    """State dicts whose only tensor cannot be: name, pickle, bytes of storage 0."""
    top = (1 << 63) - 1
    for name, options in [
        ("shape-negative", {"shape": (-2, 3)}), ("shape-2-63", {"shape": (top, 3)}), ("shape-product-wraps", {"shape": (1 << 32, 1 << 32)}),
        ("shape-2-64", {"shape": (1 << 64, 1)}), ("shape-2-40", {"shape": (1 << 20, 1 << 20)}),
        ("shape-2-40-stride-0", {"shape": (1 << 20, 1 << 20), "strides": (0, 0)}),
        ("shape-10000-dimensions", {"shape": (1,) * 10_000, "strides": (1,) * 10_000}),
        ("strides-negative", {"strides": (-3, -1)}), ("strides-2-63", {"strides": (top, top)}), ("strides-2-62", {"strides": (1 << 62, 1)}),
        ("strides-one-less", {"strides": (1,)}), ("strides-one-more", {"strides": (3, 1, 1)}), ("strides-beyond", {"strides": (4, 1)}),
        ("strides-wrap-to-0", {"strides": (1 << 63, 1 << 63)}),
        ("offset-negative", {"offset": -1}), ("offset-2-63", {"offset": top}), ("offset-beyond", {"offset": 1}), ("offset-2-64", {"offset": 1 << 64}),
        ("offset-just-outside", {"offset": 6, "shape": (1, 1)}),
        ("storage-count-more", {"count": 7, "shape": (7,), "strides": (1,)}), ("storage-count-2-62", {"count": 1 << 62}),
        ("storage-count-negative", {"count": -6}), ("storage-count-2-63", {"count": 1 << 63}), ("storage-missing", {"key": "1"}),
        ("storage-traversal", {"key": "../data.pkl"}), ("storage-absolute", {"key": "/etc/passwd"}), ("storage-empty-key", {"key": ""}),
        ("storage-key-of-1-MB", {"key": "9" * 1_000_000}), ("storage-key-escapes", {"key": "\x1b[2J\u202e"}),
        ("storage-unknown-type", {"kind": "EvilStorage"}),
    ]:
        yield name, pickled(state(**options))
    for name, value in [
        ("shape-of-texts", call("torch._utils._rebuild_tensor_v2", storage(), integer(0), tuple_of(text("2")), tuple_of(integer(1)), b"\x89", b"}")),
        ("shape-of-floats", call("torch._utils._rebuild_tensor_v2", storage(), integer(0), tuple_of(b"G\x7f\xf0" + bytes(6)), tuple_of(integer(1)),
                                 b"\x89", b"}")),
        ("shape-is-itself", call("torch._utils._rebuild_tensor_v2", storage(), integer(0), b"]q\5h\5a", b"h\5", b"\x89", b"}")),
        ("no-arguments", call("torch._utils._rebuild_tensor_v2")),
        ("one-argument", call("torch._utils._rebuild_tensor_v2", storage())),
        ("storage-is-text", call("torch._utils._rebuild_tensor_v2", text("0"), integer(0), tuple_of(integer(2)), tuple_of(integer(1)), b"\x89", b"}")),
        ("storage-is-tensor", tensor(place=tensor())),
        ("storage-reference-short", tensor(place=tuple_of(text("storage")) + b"Q")),
        ("storage-type-is-function", tensor(place=tuple_of(text("storage"), named("os.system"), text("0"), text("cpu"), integer(6)) + b"Q")),
        ("parameter-of-nothing", call("torch._utils._rebuild_parameter")),
    ]:
        yield name, pickled(dictionary((text("weight"), value)))


def archives():
    """Zip archives that cannot be read, or not without harm: name, bytes."""
    good = pickled(state())
    entries = lambda **forged: [Entry("m/data.pkl", good, **forged), Entry("m/data/0", DATA)]
    yield "end-missing", archive(entries())[:-22]
    yield "end-cut", archive(entries())[:-1]
    yield "end-only", archive([])
    yield "count-more", archive(entries(), count=3)
    yield "count-65535", archive(entries(), count=65535)
    yield "count-less", archive(entries(), count=1)
    yield "directory-offset-beyond", archive(entries(), directory_offset=1 << 30)
    yield "directory-offset-ffffffff", archive(entries(), directory_offset=0xFFFFFFFF)
    yield "directory-offset-in-entries", archive(entries(), directory_offset=4)
    yield "directory-size-ffffffff", archive(entries(), directory_size=0xFFFFFFFF)
    yield "directory-size-0", archive(entries(), directory_size=0)
    yield "disk-1", archive(entries(), disk=1)
    yield "zip64-count-2-63", archive(entries(), count=65535, zip64={"count": (1 << 63)})
    yield "zip64-count-2-32", archive(entries(), count=65535, zip64={"count": (1 << 32)})
    yield "zip64-offset-2-63", archive(entries(), directory_offset=0xFFFFFFFF, zip64={"offset": (1 << 63)})
    yield "zip64-size-2-64-less-1", archive(entries(), directory_size=0xFFFFFFFF, zip64={"size": (1 << 64) - 1})
    yield "zip64-locator-beyond", archive(entries(), count=65535, zip64={"locator": 1 << 40})
    yield "zip64-locator-itself", archive(entries(), count=65535, zip64={"locator": 0})
    yield "zip64-extra-cut", archive(entries(size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=b"\1\0\x10\0\1\2"))
    yield "zip64-extra-2-63", archive(entries(size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=b"\1\0\x10\0" + struct.pack("<QQ", 1 << 63, 1 << 63)))
    yield "zip64-extra-missing", archive(entries(size=0xFFFFFFFF, packed=0xFFFFFFFF))
    yield "local-offset-beyond", archive(entries(offset=1 << 30))
    yield "local-offset-ffffffff", archive(entries(offset=0xFFFFFFFF))
    yield "local-offset-in-data", archive([Entry("m/data.pkl", good, offset=7), Entry("m/data/0", DATA)])
    yield "local-name-other", archive(entries(local_name=b"m/data.pk1"))
    yield "local-size-other", archive(entries(local={"size": 1, "packed": 1}))
    yield "local-method-other", archive(entries(local={"method": 8}))
    yield "size-more-than-stored", archive(entries(size=1 << 30))
    yield "size-less-than-stored", archive(entries(size=10))
    yield "packed-beyond-file", archive([Entry("m/data/0", DATA), Entry("m/data.pkl", good, packed=1 << 30, size=1 << 30)])
    yield "packed-into-directory", archive([Entry("m/data/0", DATA), Entry("m/data.pkl", good, packed=len(good) + 20, size=len(good) + 20)])
    yield "method-bzip2", archive(entries(method=12))
    yield "method-lzma", archive(entries(method=14))
    yield "method-zstd", archive(entries(method=93))
    yield "method-99-aes", archive(entries(method=99))
    yield "flag-encrypted", archive(entries(flags=1))
    yield "flag-strong-encryption", archive(entries(flags=0x41))
    yield "crc-wrong-deflated", archive(entries(method=8, crc=1))
    yield "deflate-garbage", archive([Entry("m/data.pkl", good, method=8, stored=b"\xff" * 50), Entry("m/data/0", DATA)])
    yield "deflate-cut", archive([Entry("m/data.pkl", good, method=8, stored=Entry("", good, method=8).data[:-4]), Entry("m/data/0", DATA)])
    yield "deflate-longer-than-said", archive([Entry("m/data.pkl", good + bytes(1000), method=8, size=len(good)), Entry("m/data/0", DATA)])
    yield "deflate-shorter-than-said", archive(entries(method=8, size=len(good) + 1000))
    yield "deflate-empty-blocks", archive([Entry("m/data.pkl", good, method=8, stored=b"\0\0\0\xff\xff" * 100_000), Entry("m/data/0", DATA)])
    yield "bomb-pickle-400-MB", archive([Entry("m/data.pkl", b"", method=8, size=400_000_000, stored=deflated_run(400_000_000)), Entry("m/data/0", DATA)])
    yield "bomb-pickle-said-small", archive([Entry("m/data.pkl", b"", method=8, size=1000, stored=deflated_run(100_000_000)), Entry("m/data/0", DATA)])
    yield "bomb-of-nones-200-MB", archive([Entry("m/data.pkl", b"", method=8, size=200_000_000, stored=deflated_run(200_000_000, b"N")), Entry("m/data/0", DATA)])
    yield "overlap-same-data-100", archive([Entry("m/data.pkl", good)] + [Entry(f"m/data/{i}", DATA, offset=0) for i in range(100)])
    yield "overlap-nested-quine", archive([Entry("m/data.pkl", good, offset=0, packed=60, size=60), Entry("m/data/0", DATA, offset=20)])
    yield "name-traversal", archive([Entry("../../m/data.pkl", b"", size=0), Entry("../data/0", DATA)])
    yield "name-absolute", archive([Entry("/etc/data.pk1", good)])
    yield "name-nul", archive([Entry("m/data.pkl\0.txt", good), Entry("m/data/0", DATA)])
    yield "name-of-65535", archive([Entry("n" * 65535, good)])
    yield "name-not-utf8", archive([Entry(b"m/\xff\xfe", good, flags=0x800)])
    yield "name-escapes", archive([Entry("\x1b[2J\u202e/x", good)])
    yield "names-two-pickles", archive([Entry("a/data.pkl", pickled(b"}")), Entry("b/data.pkl", pickled(call("os.system", text("x"))))])
    yield "names-empty-65000", archive([Entry("", b"") for _ in range(65_000)])
    yield "entries-65000", archive([Entry(f"m/data/{i}", b"") for i in range(65_000)])
    yield "comment-beyond-file", archive(entries(), comment_size=1000)
    yield "comment-has-an-end", archive(entries(), comment=b"PK\5\6" + bytes(18))
    yield "ends-5000", archive([]) * 5000
    yield "zip-in-pickle", model(archive(entries()))
    yield "zip-in-zip", archive([Entry("m.pth", archive(entries()))])
    yield "script-code", model(good, more=[Entry("m/code/__torch__.py", b"import os"), Entry("m/constants.pkl", pickled(b")"))])
    yield "byteorder-unknown", archive([Entry("m/data.pkl", good), Entry("m/byteorder", b"middle"), Entry("m/data/0", DATA)])
    yield "byteorder-of-1-MB", archive([Entry("m/data.pkl", good), Entry("m/byteorder", b"l" * 1_000_000), Entry("m/data/0", DATA)])


@functools.cache
def deflated_run(count, byte=b"\0"):
    """A deflate stream of one byte, over and over, made in pieces."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    block, out = byte * (1 << 20), b""
    for _ in range(count >> 20):
        out += deflate.compress(block)
    return out + deflate.compress(byte * (count & (1 << 20) - 1)) + deflate.flush()


def legacy_files():
    """Files in the format of before version 1.6 that cannot be read: name, bytes."""
    yield "magic-only", pickled(integer(0x1950A86A20F9469CFC6C))
    yield "magic-twice", pickled(integer(0x1950A86A20F9469CFC6C)) * 2
    yield "protocol-1002", legacy(protocol=pickled(b"M\xea\x03"))
    yield "protocol-is-text", legacy(protocol=pickled(text("1001")))
    yield "system-is-call", legacy(pickle=pickled(b"}"), system=pickled(call("os.system", text("x"))))
    yield "keys-is-call", legacy(keys=pickled(call("os.system", text("x"))))
    yield "keys-is-number", legacy(keys=pickled(integer(1)))
    yield "keys-missing", legacy(keys=(), storages=b"")
    yield "keys-unknown", legacy(keys=(b"1",))
    yield "keys-twice", legacy(keys=(b"0", b"0"))
    yield "keys-100000", legacy(keys=[str(i).encode() for i in range(100_000)])
    yield "keys-of-numbers", legacy(keys=pickled(b"](" + integer(0) + b"e"))
    for name, count in [("negative", -1), ("2-62", 1 << 62), ("2-63-less-1", (1 << 63) - 1), ("more", 7), ("less", 5), ("zero", 0)]:
        yield f"storage-count-{name}", legacy(storages=struct.pack("<q", count) + DATA)
    yield "storage-cut", legacy(storages=struct.pack("<q", 6) + DATA[:-1])
    yield "storage-missing", legacy(storages=b"")
    yield "storage-count-cut", legacy(storages=b"\6\0\0")
    yield "view-of-other-count", legacy(pickle=pickled(state_of_legacy(count=5)))
    yield "tensor-beyond-storage", legacy(pickle=pickled(state_of_legacy(shape=(3, 3))))
    yield "tar-of-version-0-1", b"sys_info\0" + bytes(91) + b"0000644\0" + bytes(300)


def make(corpus):
    for name, value in executions():
        # Where a dictionary is among what is left over, it is a state dict without tensors.
        outcome = "listed" if b"}" in value or "setstate" in name else "refused"
        corpus.add(f"torch/call-{name}.pth", model(pickled(value, 4)), "checkpoint", outcome)
    for name in ["os-system", "builtins-eval", "inst", "stack-global", "global-with-escapes"]:
        value = dict(executions())[name]
        corpus.add(f"torch/legacy-call-{name}.pth", legacy(pickle=pickled(value, 4), keys=(), storages=b""), "checkpoint", "refused")
        corpus.add(f"torch/bare-call-{name}.pkl", pickled(value, 4), "checkpoint", "refused")
        beside = pickled(dictionary((text("model"), state()), (text("optimizer"), value)), 4)
        corpus.add(f"torch/beside-call-{name}.pth", model(beside), "checkpoint", "listed", lists="weight")
    for name, pickle in broken_pickles():
        corpus.add(f"torch/pickle-{name}.pth", model(pickle), "checkpoint", "refused")
    for name, pickle in broken_tensors():
        corpus.add(f"torch/tensor-{name}.pth", model(pickle), "checkpoint", "refused")
    for name, data in archives():
        # PyTorch itself does not compare checksums of records.
        corpus.add(f"torch/zip-{name}.pth", data, "checkpoint", "listed" if name.startswith("crc") else "refused")
    for name, data in legacy_files():
        corpus.add(f"torch/legacy-{name}.pth", data, "checkpoint", "refused")
    good = pickled(state())
    parameters = named("torch._utils._rebuild_parameter") * 1000 + tensor() + b"\x89}\x87R" * 1000
    sound = [
        ("memo-index-2-32-less-1", model(pickled(b"}r\xff\xff\xff\xff")), ""),
        ("memo-1000000", model(pickled(b"}" + b"".join(b"r" + struct.pack("<I", i) for i in range(1_000_000)))), ""),
        ("frames-100000", model(pickled((b"\x95" + struct.pack("<Q", 0)) * 100_000 + b"}", 4)), ""),
        ("parameter-of-parameter-1000", model(pickled(dictionary((text("weight"), parameters)))), "weight"),
        ("stride-0", model(pickled(state(shape=(5, 3), strides=(0, 1)))), "weight"),
        ("empty-with-huge-stride", model(pickled(state(shape=(0, 3), strides=(1 << 62, 1)))), "weight"),
        ("data-descriptor", archive([Entry("m/data.pkl", good, flags=8, local={"crc": 0, "size": 0, "packed": 0},
                                           descriptor=b"PK\7\x08" + struct.pack("<III", zlib.crc32(good), len(good), len(good))),
                                     Entry("m/data/0", DATA)]), "weight"),
        ("names-of-escapes", model(pickled(dictionary((text("\x1b[2J\u202e\n"), tensor())))), ""),
        ("names-20000", model(pickled(dictionary(*((text(f"w{i}"), tensor(shape=(0,), strides=(1,))) for i in range(20_000))))), "w19999"),
        ("comment-of-65535", archive([Entry("m/data.pkl", good), Entry("m/data/0", DATA)], comment=b"c" * 65535), "weight"),
    ]
    for name, data, lists in sound:
        corpus.add(f"torch/sound-{name}.pth", data, "checkpoint", "listed", lists=lists)
