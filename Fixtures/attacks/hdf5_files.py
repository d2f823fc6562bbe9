"""HDF5 files, byte by byte by the HDF5 File Format Specification 3.0, and fixtures patched at named structures."""
import functools
import re
import struct
import zlib

from lookup3 import lookup3

UNDEFINED = (1 << 64) - 1
TOP = (1 << 63) - 1
DATA = struct.pack("<2f", 1, 2)
FLOAT = bytes([0x11, 0x20, 31, 0]) + struct.pack("<IHHBBBBI", 4, 0, 32, 23, 8, 0, 23, 127)
INTEGER = bytes([0x10, 8, 0, 0]) + struct.pack("<IHH", 4, 0, 32)
FILL = bytes([2, 2, 2, 0])


def padded(data):
    return data + bytes(-len(data) % 8)


def u64(*values):
    return struct.pack(f"<{len(values)}Q", *(value & UNDEFINED for value in values))


def message(kind, data, flags=0, size=None):
    data = padded(data)
    return struct.pack("<HHBBH", kind, len(data) if size is None else size, flags, 0, 0) + data


def header(messages, count=None, size=None, version=1, references=1):
    body = b"".join(messages)
    return struct.pack("<BBHII", version, 0, len(messages) if count is None else count, references,
                       len(body) if size is None else size) + bytes(4) + body


def space(dims=(2,), rank=None, most=None, version=1, flags=None):
    out = bytes([version, len(dims) if rank is None else rank, (most is not None) if flags is None else flags]) + bytes(5)
    return out + u64(*dims) + (u64(*most) if most is not None else b"")


def float_type(size=4, precision=32, exponent=(23, 8), mantissa=(0, 23), sign=31, offset=0, bias=127, order=0):
    return bytes([0x11, 0x20 | order, sign, 0]) + struct.pack(
        "<IHHBBBBI", size, offset, precision, *exponent, *mantissa, bias)


def contiguous(address, size=8):
    return bytes([3, 1]) + u64(address, size)


def compact(data, size=None):
    return bytes([3, 0]) + struct.pack("<H", len(data) if size is None else size) + data


def chunked(address, dims=(2, 4), rank=None):
    return bytes([3, 2, len(dims) if rank is None else rank]) + u64(address) + struct.pack(f"<{len(dims)}I", *dims)


def filters(*entries, count=None, version=1):
    """Filters as (number, values, count of values or None, name)."""
    out = bytes([version, len(entries) if count is None else count]) + bytes(6)
    for number, values, value_count, name in entries:
        name = padded(name + b"\0") if name else b""
        out += struct.pack("<HHHH", number, len(name), 0, len(values) if value_count is None else value_count) + name
        out += struct.pack(f"<{len(values)}I", *values) + bytes(4 * (len(values) % 2))
    return out


def attribute(name, kind, dims, data, sizes=None):
    shape = space(dims)
    name = name + b"\0"
    sizes = sizes or (len(name), len(kind), len(shape))
    return bytes([1, 0]) + struct.pack("<HHH", *sizes) + padded(name) + padded(kind) + padded(shape) + data


def tree(kind, level, entries, last, left=UNDEFINED, right=UNDEFINED, count=None, size=544):
    """A node of a version 1 B-tree: entries are (key, child)."""
    out = b"TREE" + bytes([kind, level]) + struct.pack("<H", len(entries) if count is None else count) + u64(left, right)
    out += b"".join(key + u64(child) for key, child in entries) + last
    return out + bytes(max(0, size - len(out)))


def chunk_key(size=8, mask=0, offsets=(0, 0)):
    return struct.pack("<II", size, mask) + u64(*offsets)


class File:
    """A file with a root group and one data set `w`; each structure has a fixed place and can be replaced.

    The superblock is at 0, the root's header at 96, its B-tree at 136, its heap at 680 with the names at 712, its symbol node at
    800, the data set's header at 1200, and 4096 begins what the header refers to.
    """
    TREE, HEAP, NAMES, NODE, OBJECT, MORE = 136, 680, 712, 800, 1200, 4096

    def __init__(self, messages=None, layout=None, kind=FLOAT, dims=(2,), more=DATA, extra=(), **replaced):
        layout = contiguous(self.MORE) if layout is None else layout
        if messages is None:
            messages = [message(1, space(dims)), message(3, kind), message(5, FILL), message(8, layout), *extra]
        self.parts = {
            "root": (96, header([message(17, u64(self.TREE, self.HEAP))])),
            "tree": (self.TREE, tree(0, 0, [(u64(0), self.NODE)], u64(8))),
            "heap": (self.HEAP, b"HEAP" + bytes(4) + u64(88, 1, self.NAMES)),
            "names": (self.NAMES, bytes(8) + b"w\0" + bytes(78)),
            "node": (self.NODE, self.node([(8, self.OBJECT)])),
            "object": (self.OBJECT, header(messages)),
            "more": (self.MORE, more),
        }
        for name, data in replaced.items():
            self.parts[name] = (self.parts[name][0], data)

    @staticmethod
    def node(entries, count=None):
        out = b"SNOD\1\0" + struct.pack("<H", len(entries) if count is None else count)
        for entry in entries:
            name, place, *cache = entry
            kind, scratch = cache if cache else (0, bytes(16))
            out += u64(name, place) + struct.pack("<II", kind, 0) + scratch
        return out

    def superblock(self, end, root=96, base=0, version=0, sizes=(8, 8), ranks=(4, 16), cache=1, scratch=None, flags=0, driver=UNDEFINED):
        out = b"\x89HDF\r\n\x1a\n" + bytes([version, 0, 0, 0, 0, *sizes, 0]) + struct.pack("<HHI", *ranks, flags)
        out += u64(base, UNDEFINED, end, driver) + u64(0, root) + struct.pack("<II", cache, 0)
        return out + (u64(self.TREE, self.HEAP) if scratch is None else scratch)

    def bytes(self, end=None, **changes):
        size = max(place + len(data) for place, data in self.parts.values())
        out = bytearray(size)
        for place, data in self.parts.values():
            out[place:place + len(data)] = data
        out[:96] = self.superblock(size if end is None else end, **changes)
        return bytes(out)


def newest(version, flags, *places):
    """A superblock of version 2 or 3 with its checksum."""
    start = b"\x89HDF\r\n\x1a\n" + bytes([version, 8, 8, flags]) + u64(*places)
    return start + struct.pack("<I", lookup3(start)) + bytes(4056)


def structures():
    """Superblocks, groups and headers that cannot be: name, bytes."""
    plain = File()
    good = plain.bytes()
    yield "superblock-only-mark", good[:8]
    yield "superblock-cut", good[:50]
    yield "superblock-version-255", plain.bytes(version=255)
    yield "superblock-version-4", good[:8] + b"\4" + good[9:]
    yield "superblock-size-of-offsets-0", plain.bytes(sizes=(0, 8))
    yield "superblock-size-of-offsets-255", plain.bytes(sizes=(255, 8))
    yield "superblock-size-of-lengths-3", plain.bytes(sizes=(8, 3))
    yield "superblock-ranks-0", plain.bytes(ranks=(0, 0))
    yield "superblock-ranks-65535", plain.bytes(ranks=(65535, 65535))
    yield "superblock-base-beyond", plain.bytes(base=1 << 40)
    yield "superblock-end-beyond", plain.bytes(end=1 << 40)
    yield "superblock-end-2-63", plain.bytes(end=1 << 63)
    yield "superblock-end-before", plain.bytes(end=100)
    yield "superblock-root-0", plain.bytes(root=0, cache=0)
    yield "superblock-root-beyond", plain.bytes(root=1 << 40, cache=0)
    yield "superblock-root-undefined", plain.bytes(root=UNDEFINED, cache=0)
    yield "superblock-driver-itself", plain.bytes(driver=0)
    for name, places in [("root-beyond", (0, UNDEFINED, 4104, 1 << 40)), ("root-is-itself", (0, UNDEFINED, 4104, 0)), ("base-2-63", (1 << 63, UNDEFINED, 4104, 96)),
                         ("end-2-63", (0, UNDEFINED, 1 << 63, 96)), ("extension-itself", (0, 0, 4104, 96))]:
        yield f"superblock-2-{name}", newest(2, 0, *places)
    yield "superblock-2-checksum", b"\x89HDF\r\n\x1a\n\2\x08\x08\0" + u64(0, UNDEFINED, 4104, 96) + bytes(4) + bytes(4056)
    yield "superblock-3-open-for-writing", b"\x89HDF\r\n\x1a\n\3\x08\x08\5" + u64(0, UNDEFINED, 4104, 96) + bytes(4) + bytes(4056)
    yield "tree-child-is-itself", File(tree=tree(0, 1, [(u64(0), File.TREE)], u64(8))).bytes()
    yield "tree-level-255", File(tree=tree(0, 255, [(u64(0), File.TREE)], u64(8))).bytes()
    yield "tree-siblings-in-a-circle", File(tree=tree(0, 0, [(u64(0), File.NODE)], u64(8), File.TREE, File.TREE, 0)).bytes()
    yield "tree-entries-65535", File(tree=tree(0, 0, [(u64(0), File.NODE)], u64(8), count=65535)).bytes()
    yield "tree-child-beyond", File(tree=tree(0, 0, [(u64(0), 1 << 40)], u64(8))).bytes()
    yield "tree-child-is-heap", File(tree=tree(0, 0, [(u64(0), File.HEAP)], u64(8))).bytes()
    yield "tree-of-chunks", File(tree=tree(1, 0, [(u64(0), File.NODE)], u64(8))).bytes()
    yield "tree-mark", File(tree=b"TRIE" + bytes(540)).bytes()
    yield "heap-mark", File(heap=b"HEEP" + bytes(4) + u64(88, 1, File.NAMES)).bytes()
    yield "heap-size-2-63", File(heap=b"HEAP" + bytes(4) + u64(1 << 63, 1, File.NAMES)).bytes()
    yield "heap-size-2-40", File(heap=b"HEAP" + bytes(4) + u64(1 << 40, 1, File.NAMES)).bytes()
    yield "heap-data-beyond", File(heap=b"HEAP" + bytes(4) + u64(88, 1, 1 << 40)).bytes()
    yield "heap-free-beyond", File(heap=b"HEAP" + bytes(4) + u64(88, 80, File.NAMES), names=bytes(8) + b"w\0" + bytes(70) + u64(1 << 40)).bytes()
    yield "heap-free-in-a-circle", File(heap=b"HEAP" + bytes(4) + u64(88, 16, File.NAMES), names=bytes(8) + b"w\0" + bytes(6) + u64(16, 16)).bytes()
    yield "heap-free-size-2-63", File(heap=b"HEAP" + bytes(4) + u64(88, 16, File.NAMES), names=bytes(8) + b"w\0" + bytes(6) + u64(1, TOP)).bytes()
    yield "node-mark", File(node=b"SNAD\1\0\1\0" + bytes(40)).bytes()
    yield "node-symbols-65535", File(node=File.node([(8, File.OBJECT)], 65535)).bytes()
    yield "node-name-beyond", File(node=File.node([(1 << 40, File.OBJECT)])).bytes()
    yield "node-name-undefined", File(node=File.node([(UNDEFINED, File.OBJECT)])).bytes()
    yield "node-object-beyond", File(node=File.node([(8, 1 << 40)])).bytes()
    yield "node-object-is-superblock", File(node=File.node([(8, 0)])).bytes()
    yield "name-without-end", File(names=bytes(8) + b"w" * 80).bytes()
    root = lambda *messages: File(root=header(list(messages))).bytes()
    yield "root-without-messages", root()
    yield "root-tree-beyond", File(root=header([message(17, u64(1 << 40, File.HEAP))])).bytes(cache=0, scratch=bytes(16))
    yield "root-heap-undefined", File(root=header([message(17, u64(File.TREE, UNDEFINED))])).bytes(cache=0, scratch=bytes(16))
    yield "header-messages-65535", File(root=header([message(17, u64(File.TREE, File.HEAP))], count=65535)).bytes()
    yield "header-size-2-32-less-1", File(root=header([message(17, u64(File.TREE, File.HEAP))], size=0xFFFFFFFF)).bytes()
    yield "header-version-255", File(object=header([message(1, space())], version=255)).bytes()
    yield "header-continued-in-itself", File(root=header([message(17, u64(File.TREE, File.HEAP)), message(16, u64(112, 24))], count=1000)).bytes()


def datasets():
    """Data sets that cannot be read, in sound groups: name, bytes."""
    w = lambda **options: File(**options).bytes()
    for name, dims in [("2-63", (1 << 63,)), ("2-64-less-1", (UNDEFINED,)), ("product-wraps", (1 << 32, 1 << 32)),
                       ("product-2-64", (1 << 21, 1 << 21, 1 << 22)), ("2-40", (1 << 40,)), ("one-more", (3,))]:
        yield f"shape-{name}", w(dims=dims)
    yield "shape-rank-255", w(messages=[message(1, space(rank=255)), message(3, FLOAT), message(5, FILL), message(8, contiguous(4096))])
    yield "shape-version-255", w(messages=[message(1, space(version=255)), message(3, FLOAT), message(5, FILL), message(8, contiguous(4096))])
    yield "shape-message-cut", w(messages=[message(1, space()[:8]), message(3, FLOAT), message(5, FILL), message(8, contiguous(4096))])
    yield "shape-most-less", w(messages=[message(1, space(most=(1,))), message(3, FLOAT), message(5, FILL), message(8, contiguous(4096))])
    yield "shape-twice", w(messages=[message(1, space()), message(1, space((1 << 40,))), message(3, FLOAT), message(5, FILL), message(8, contiguous(4096))])
    yield "type-float-of-524200-bits", w(kind=float_type(65525, 65535, (65, 255), (0, 255)))
    yield "type-float-of-524200-bits-shared-file", w(kind=float_type(65525, 65535, (65, 255), (0, 255)), dims=(1,), layout=contiguous(4096, 65525),
                                                     more=bytes(65525))
    yield "type-float-exponent-outside", w(kind=float_type(exponent=(250, 8)))
    yield "type-float-exponent-0-bits", w(kind=float_type(exponent=(23, 0)))
    yield "type-float-exponent-255-bits", w(kind=float_type(exponent=(0, 255)))
    yield "type-float-mantissa-outside", w(kind=float_type(mantissa=(200, 200)))
    yield "type-float-mantissa-overlaps", w(kind=float_type(mantissa=(20, 12)))
    yield "type-float-sign-outside", w(kind=float_type(sign=255))
    yield "type-float-precision-0", w(kind=float_type(precision=0))
    yield "type-float-precision-65535", w(kind=float_type(precision=65535))
    yield "type-float-offset-65535", w(kind=float_type(offset=65535))
    yield "type-float-bias-2-32-less-1", w(kind=float_type(bias=0xFFFFFFFF))
    yield "type-float-vax", w(kind=float_type(order=0x41))
    yield "type-size-0", w(kind=float_type(size=0))
    yield "type-size-2-32-less-1", w(kind=float_type(size=0xFFFFFFFF))
    yield "type-integer-of-2-31-bytes", w(kind=bytes([0x10, 8, 0, 0]) + struct.pack("<IHH", 1 << 31, 0, 32))
    yield "type-integer-precision-65535", w(kind=bytes([0x10, 8, 0, 0]) + struct.pack("<IHH", 4, 0, 65535))
    yield "type-class-15", w(kind=bytes([0x1F, 0, 0, 0]) + struct.pack("<I", 4) + bytes(12))
    yield "type-version-15", w(kind=bytes([0xF1]) + FLOAT[1:])
    yield "type-compound-65535-members", w(kind=bytes([0x16, 255, 255, 0]) + struct.pack("<I", 4) + b"a\0" + bytes(200))
    yield "type-compound-in-itself", w(kind=bytes([0x36, 1, 0, 0]) + struct.pack("<I", 4) + (b"a\0\0" + bytes([0x36, 1, 0, 0]) + struct.pack("<I", 4)) * 400)
    yield "type-array-nested-1000", w(kind=(bytes([0x3A, 0, 0, 0]) + struct.pack("<IBI", 4, 1, 1)) * 1000 + FLOAT)
    yield "type-array-of-2-32", w(kind=bytes([0x3A, 0, 0, 0]) + struct.pack("<IB", 4, 2) + struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + FLOAT)
    yield "type-vlen-nested-1000", w(kind=(bytes([0x19, 0, 0, 0]) + struct.pack("<I", 16)) * 1000 + FLOAT)
    yield "type-enumeration-65535-members", w(kind=bytes([0x18, 255, 255, 0]) + struct.pack("<I", 4) + INTEGER + b"a\0" + bytes(100))
    yield "type-reference", w(kind=bytes([0x17, 0, 0, 0]) + struct.pack("<I", 8))
    yield "type-opaque-tag-255", w(kind=bytes([0x15, 255, 0, 0]) + struct.pack("<I", 4) + b"t" * 100)
    yield "type-message-cut", w(messages=[message(1, space()), message(3, FLOAT[:8]), message(5, FILL), message(8, contiguous(4096))])
    yield "type-shared-with-itself", w(messages=[message(1, space()), message(3, bytes([2, 2]) + u64(File.OBJECT), 2), message(5, FILL), message(8, contiguous(4096))])
    yield "type-shared-beyond", w(messages=[message(1, space()), message(3, bytes([2, 2]) + u64(1 << 40), 2), message(5, FILL), message(8, contiguous(4096))])
    yield "layout-missing", w(messages=[message(1, space()), message(3, FLOAT), message(5, FILL)])
    yield "layout-version-255", w(layout=bytes([255, 1]) + u64(4096, 8))
    yield "layout-class-255", w(layout=bytes([3, 255]) + u64(4096, 8))
    yield "layout-contiguous-beyond", w(layout=contiguous(1 << 40))
    yield "layout-contiguous-2-63", w(layout=contiguous((1 << 63) - 4))
    yield "layout-contiguous-wraps", w(layout=contiguous(UNDEFINED - 3))
    yield "layout-contiguous-size-2-63", w(layout=contiguous(4096, 1 << 63))
    yield "layout-contiguous-size-less", w(layout=contiguous(4096, 4))
    yield "layout-compact-less", w(layout=compact(DATA[:4]))
    yield "layout-compact-size-65535", w(layout=compact(DATA, 65535))
    yield "layout-message-size-65528", w(messages=[message(1, space()), message(3, FLOAT), message(5, FILL), message(8, contiguous(4096), size=65528)])
    chunks = lambda more, dims=(2, 4), extra=(), shape=(2,): w(layout=chunked(4096, dims), more=more, extra=extra, dims=shape)
    last = chunk_key(0, 0, (2, 0))
    body = bytes(1000)
    yield "chunks-tree-child-is-itself", chunks(tree(1, 1, [(chunk_key(), 4096)], last, size=2096))
    yield "chunks-tree-level-255", chunks(tree(1, 255, [(chunk_key(), 4096)], last, size=2096))
    yield "chunks-tree-siblings-in-a-circle", chunks(tree(1, 0, [(chunk_key(offsets=(2, 0)), 4096)], last, 4096, 4096, size=2096))
    yield "chunks-tree-entries-65535", chunks(tree(1, 0, [(chunk_key(), 6192)], last, count=65535, size=2096) + body)
    yield "chunks-tree-of-groups", chunks(tree(0, 0, [(chunk_key(), 6192)], last, size=2096) + body)
    yield "chunks-tree-beyond", w(layout=chunked(1 << 40))
    yield "chunks-address-beyond", chunks(tree(1, 0, [(chunk_key(), 1 << 40)], last, size=2096))
    yield "chunks-address-wraps", chunks(tree(1, 0, [(chunk_key(), UNDEFINED - 4)], last, size=2096))
    yield "chunks-size-2-32-less-1", chunks(tree(1, 0, [(chunk_key(0xFFFFFFFF), 6192)], last, size=2096) + body)
    yield "chunks-size-0", chunks(tree(1, 0, [(chunk_key(0), 6192)], last, size=2096) + body)
    yield "chunks-size-less", chunks(tree(1, 0, [(chunk_key(4), 6192)], last, size=2096) + body)
    yield "chunks-extent-0", chunks(tree(1, 0, [(chunk_key(), 6192)], last, size=2096) + body, dims=(0, 4))
    yield "chunks-extent-2-32-less-1", chunks(tree(1, 0, [(chunk_key(), 6192)], last, size=2096) + body, dims=(0xFFFFFFFF, 4))
    yield "chunks-element-size-other", chunks(tree(1, 0, [(chunk_key(), 6192)], last, size=2096) + body, dims=(2, 8))
    yield "chunks-rank-other", w(layout=chunked(4096, (2, 2, 4)), more=tree(1, 0, [(chunk_key(), 6192)], last, size=2096) + body)
    yield "chunks-rank-255", w(layout=chunked(4096, (2, 4), rank=255), more=tree(1, 0, [(chunk_key(), 6192)], last, size=2096) + body)
    pipeline = lambda entries, stored, mask=0, count=None: chunks(
        tree(1, 0, [(chunk_key(len(stored), mask), 6192)], last, size=2096) + stored, extra=[message(11, filters(*entries, count=count))])
    yield "filter-deflate-garbage", pipeline([(1, [6], None, b"")], b"\xff" * 20)
    yield "filter-deflate-bomb", pipeline([(1, [6], None, b"")], zlib_run(100_000_000))
    yield "filter-deflate-twice-bomb", pipeline([(1, [6], None, b""), (1, [6], None, b"")], zlib_of(zlib_run(100_000_000)))
    yield "filter-deflate-32-times", pipeline([(1, [6], None, b"")] * 32, zlib_run(1000))
    yield "filter-deflate-level-2-32", pipeline([(1, [0xFFFFFFFF], None, b"")], b"\xff" * 20)
    yield "filter-shuffle-size-0", pipeline([(2, [0], None, b"")], bytes(7))
    yield "filter-shuffle-size-2-32-less-1", pipeline([(2, [0xFFFFFFFF], None, b"")], bytes(7))
    yield "filter-fletcher32-wrong", pipeline([(3, [], None, b"")], DATA + b"\1\2\3\4")
    yield "filter-fletcher32-short", pipeline([(3, [], None, b"")], b"\1")
    yield "filter-szip-values", pipeline([(4, [0xFFFFFFFF] * 4, None, b"")], bytes(20))
    yield "filter-szip-pixels-0", pipeline([(4, [141, 0, 0, 0], None, b"")], bytes(20))
    yield "filter-nbit-values-none", pipeline([(5, [], None, b"")], bytes(8))
    yield "filter-nbit-values-bad", pipeline([(5, [8, 0, 0xFFFFFFFF, 1, 0xFFFFFFFF, 1, 0xFFFFFFFF, 0xFFFFFFFF], None, b"")], bytes(8))
    yield "filter-nbit-compound-deep", pipeline([(5, [200, 0, 2] + [3, 4, 1] * 60, None, b"")], bytes(8))
    yield "filter-scaleoffset-values-bad", pipeline([(6, [0xFFFFFFFF] * 20, None, b"")], bytes(8))
    yield "filter-scaleoffset-bits-255", pipeline([(6, [2, 0, 2, 1, 4, 0, 0, 0] + [0] * 12, None, b"")], b"\xff\0\0\0\x08" + bytes(30))
    yield "filter-lzf-garbage", pipeline([(32000, [4, 261, 8], None, b"lzf")], b"\xff" * 20)
    yield "filter-lzf-reference-before-start", pipeline([(32000, [4, 261, 8], None, b"lzf")], b"\0a\xff\xff\xff")
    yield "filter-lzf-size-2-32-less-1", pipeline([(32000, [4, 261, 0xFFFFFFFF], None, b"lzf")], b"\xff" * 20)
    yield "filter-unknown-65535", pipeline([(65535, [], None, b"\x1b[2J")], DATA)
    yield "filter-name-traversal", pipeline([(4711, [], None, b"../../lib/evil")], DATA)
    yield "filter-count-255", pipeline([(1, [6], None, b"")], DATA, count=255)
    yield "filter-values-65535", pipeline([(1, [6], 65535, b"")], DATA)
    yield "external-file", w(messages=[message(1, space()), message(3, FLOAT), message(5, FILL), message(7, bytes([1, 0, 0, 0]) + struct.pack(
        "<HH", 1, 1) + u64(File.HEAP, 8, 0, 8)), message(8, contiguous(UNDEFINED, 8))])
    yield "virtual-of-itself", w(layout=bytes([4, 3]) + u64(4096) + struct.pack("<I", 1), more=virtual_heap(b".", b"/w"))
    yield "virtual-of-passwd", w(layout=bytes([4, 3]) + u64(4096) + struct.pack("<I", 1), more=virtual_heap(b"/etc/passwd", b"/w"))
    yield "virtual-heap-beyond", w(layout=bytes([4, 3]) + u64(1 << 40) + struct.pack("<I", 1))
    yield "virtual-heap-index-2-32", w(layout=bytes([4, 3]) + u64(4096) + struct.pack("<I", 0xFFFFFFFF), more=virtual_heap(b".", b"/w"))
    yield "fill-size-2-32-less-1", w(messages=[message(1, space()), message(3, FLOAT), message(5, bytes([2, 2, 2, 1]) + struct.pack("<I", 0xFFFFFFFF)),
                                               message(8, contiguous(4096))])
    yield "fill-size-negative-old", w(messages=[message(1, space()), message(3, FLOAT), message(4, struct.pack("<i", -1)), message(8, contiguous(4096))])
    yield "message-unknown-must-know", w(extra=[message(0x7777, bytes(8), 8)])
    yield "modified-cut", w(messages=[message(1, space()), message(3, FLOAT), message(5, FILL), message(8, contiguous(4096)), message(18, b"\1", size=65528)])


def virtual_heap(file, name):
    """A global heap with the mapping of a virtual data set: one block, all of a source."""
    every = struct.pack("<IIII", 3, 1, 0, 0)
    mapping = bytes([0]) + u64(1) + file + b"\0" + name + b"\0" + every + every
    mapping += struct.pack("<I", lookup3(mapping))
    item = struct.pack("<HHI", 1, 1, 0) + u64(len(mapping)) + padded(mapping)
    out = b"GCOL\1\0\0\0" + u64(4096) + item
    return out + struct.pack("<HHI", 0, 0, 0) + u64(4096 - len(out)) + bytes(4096 - len(out) - 16)


@functools.cache
def zlib_run(count):
    deflate = zlib.compressobj(9)
    return b"".join(deflate.compress(bytes(1_000_000)) for _ in range(count // 1_000_000)) + deflate.compress(bytes(count % 1_000_000)) + deflate.flush()


def zlib_of(data):
    return zlib.compress(data, 9)


def attributes():
    """Attributes that cannot be, of a sound data set; to pass over them is as good as to refuse the file."""
    w = lambda *messages: File(extra=list(messages)).bytes()
    string = bytes([0x13, 0, 0, 0])
    vlen = bytes([0x19, 1, 0, 0]) + struct.pack("<I", 16) + string + struct.pack("<I", 1)
    yield "vlen-dtype", w(message(12, attribute(b"dtype", vlen, (), struct.pack("<I", 1 << 30) + u64(4096) + struct.pack("<I", 1))))
    yield "vlen-dtype-of-sequences", w(message(12, attribute(b"dtype", bytes([0x19, 0, 0, 0]) + struct.pack("<I", 16) + FLOAT, (), struct.pack(
        "<I", 0xFFFFFFFF) + u64(96) + struct.pack("<I", 1))))
    yield "text-of-4-GB", w(message(12, attribute(b"dtype", string + struct.pack("<I", 0xFFFFFFFF), (), b"bfloat16")))
    yield "text-without-end", w(message(12, attribute(b"dtype", string + struct.pack("<I", 8), (), b"bfloat16")))
    yield "shape-2-63", w(message(12, attribute(b"heads", INTEGER, (1 << 63,), bytes(8))))
    yield "shape-product-wraps", w(message(12, attribute(b"heads", INTEGER, (1 << 31, 1 << 31), bytes(8))))
    yield "name-size-65535", w(message(12, attribute(b"heads", INTEGER, (), bytes(8), (65535, len(INTEGER), 8))))
    yield "name-size-0", w(message(12, attribute(b"heads", INTEGER, (), bytes(8), (0, len(INTEGER), 8))))
    yield "type-size-65535", w(message(12, attribute(b"heads", INTEGER, (), bytes(8), (6, 65535, 8))))
    yield "type-size-0", w(message(12, attribute(b"heads", INTEGER, (), bytes(8), (6, 0, 8))))
    yield "space-size-0", w(message(12, attribute(b"heads", INTEGER, (), bytes(8), (6, len(INTEGER), 0))))
    yield "float-of-524200-bits", w(message(12, attribute(b"heads", float_type(65525, 65535, (65, 255), (0, 255)), (), bytes(100))))
    yield "data-missing", w(message(12, attribute(b"heads", INTEGER, (1000,), b"")))
    yield "reference", w(message(12, attribute(b"heads", bytes([0x17, 0, 0, 0]) + struct.pack("<I", 8), (), u64(1 << 40))))
    yield "dense-beyond", w(message(21, bytes([0, 0]) + u64(1 << 40, 1 << 40)))
    yield "dense-undefined", w(message(21, bytes([0, 3]) + bytes(2) + u64(UNDEFINED, UNDEFINED, UNDEFINED)))
    yield "of-100-escapes", w(*(message(12, attribute(b"\x1b[2J%d" % i, string + struct.pack("<I", 8), (), b"\x1b]0;x\x07\0\0")) for i in range(40)))
    yield "version-255", w(message(12, bytes([255]) + attribute(b"heads", INTEGER, (), bytes(8))[1:]))


def patched(corpus):
    """Fixtures with one named structure overwritten: name, bytes."""
    for fixture, marks in [("links", ["FRHP", "BTHD", "BTLF", "FHDB", "SNOD", "HEAP", "TREE"]), ("latest", ["FAHD", "FADB", "FRHP", "BTHD", "BTLF", "FHDB", "OHDR"]),
                           ("version_2", ["FAHD", "FADB", "OHDR"]), ("attributes", ["GCOL", "HEAP", "SNOD", "TREE"]), ("filters", ["OCHK", "OHDR"])]:
        data = corpus.fixture(f"hdf5/{fixture}.h5")
        for mark in marks:
            places = [found.start() for found in re.finditer(mark.encode(), data)]
            place = places[-1]
            for name, start, new in [("mark", 0, b"XXXX"), ("version", 4, b"\xff"), ("ones", 6, b"\xff" * 16), ("zeros", 6, bytes(16)),
                                     ("addresses", 12, b"\xf0\xff\xff\xff\xff\xff\xff\x7f" * 3)]:
                yield f"{fixture}-{mark.lower()}-{name}", data[:place + start] + new + data[place + start + len(new):]


def checked(corpus):
    """Fixtures with a field of a newer structure overwritten and its checksum right again: name, bytes."""
    for fixture, mark, size, fields in [
        ("latest", "FAHD", 28, {"client": (5, 1), "entry-size": (6, 1), "page-bits": (7, 1), "elements": (8, 8), "block": (16, 8)}),
        ("version_2", "FAHD", 28, {"client": (5, 1), "entry-size": (6, 1), "page-bits": (7, 1), "elements": (8, 8), "block": (16, 8)}),
        ("links", "BTHD", 38, {"type": (5, 1), "node-size": (6, 4), "record-size": (10, 2), "depth": (12, 2), "split": (14, 2), "root": (16, 8),
                               "root-records": (24, 2), "records": (26, 8)}),
        ("links", "FRHP", 146, {"id-size": (5, 2), "filter-size": (7, 2), "flags": (9, 1), "largest-object": (10, 4), "next-huge": (14, 8), "huge-tree": (22, 8),
                                "free": (30, 8), "managed": (46, 8), "objects": (70, 8), "width": (110, 2), "start": (112, 8), "largest": (120, 8),
                                "bits": (128, 2), "rows": (130, 2), "root": (132, 8), "current-rows": (140, 2)}),
    ]:
        data = corpus.fixture(f"hdf5/{fixture}.h5")
        place = data.index(mark.encode())
        assert struct.pack("<I", lookup3(data[place:place + size - 4])) == data[place + size - 4:place + size]
        for name, (start, count) in fields.items():
            for value, filling in [("0", b"\0"), ("most", b"\xff"), ("127", b"\x7f")]:
                part = bytearray(data[place:place + size - 4])
                part[start:start + count] = filling * count
                whole = data[:place] + bytes(part) + struct.pack("<I", lookup3(part)) + data[place + size:]
                yield f"{fixture}-{mark.lower()}-{name}-{value}", whole


def make(corpus):
    # A structure that nothing needs may be passed over, so that a file is refused or lists what is sound.
    for name, data in structures():
        # libhdf5 ends names with their heap, and passes over objects that it cannot open: nothing is left of these files.
        is_empty = name in ("name-without-end", "header-messages-65535", "header-version-255")
        corpus.add(f"hdf5/{name}.h5", data, "checkpoint", "listed" if is_empty else "refused")
    for name, data in datasets():
        corpus.add(f"hdf5/{name}.h5", data, "checkpoint", "payload")
    for name, data in attributes():
        corpus.add(f"hdf5/attribute-{name}.h5", data, "checkpoint", "either")
    for name, data in patched(corpus):
        corpus.add(f"hdf5/patched-{name}.h5", data, "checkpoint-brief", "either")
    for name, data in checked(corpus):
        corpus.add(f"hdf5/checked-{name}.h5", data, "checkpoint-brief", "either")
    names = lambda text: bytes(8) + text + bytes(80 - len(text))
    w = lambda **options: File(**options).bytes()
    corpus.add("hdf5/sound-plain.h5", w(), "checkpoint", "listed", lists="w")
    corpus.add("hdf5/sound-group-in-itself.h5", w(node=File.node([(16, 96), (8, File.OBJECT)]), names=names(b"w\0" + bytes(6) + b"a\0")), "checkpoint", "listed",
               lists="w")
    corpus.add("hdf5/sound-name-escapes.h5", w(names=names(b"\x1b[2J\xe2\x80\xae\x07\0")), "checkpoint", "listed")
    corpus.add("hdf5/sound-name-not-utf8.h5", w(names=names(b"\xff\xfe\x9b\0")), "checkpoint", "either")
    corpus.add("hdf5/sound-name-empty.h5", w(names=names(b"\0")), "checkpoint", "either")
    corpus.add("hdf5/sound-name-slash.h5", w(names=names(b"../../w\0")), "checkpoint", "either")
    soft = lambda target: w(node=File.node([(16, UNDEFINED, 2, struct.pack("<I", 32) + bytes(12)), (8, File.OBJECT)]),
                            names=names(b"w\0" + bytes(6) + b"a\0" + bytes(14) + target + b"\0"))
    for name, target in [("itself", b"/a"), ("nothing", b"/b"), ("through-itself", b"/a/a/a"), ("of-w", b"/w"), ("root", b"/"), ("escapes", b"/\x1b[2J")]:
        corpus.add(f"hdf5/sound-soft-link-to-{name}.h5", soft(target), "checkpoint", "listed", lists="w")
    corpus.add("hdf5/sound-group-of-circle-names.h5", w(node=File.node([(16, 96, 1, u64(File.TREE, File.HEAP)), (8, File.OBJECT)]),
                                                        names=names(b"w\0" + bytes(6) + b"a\0")), "checkpoint", "listed", lists="w")
