"""PNG, JPEG, TIFF, WebP and BMP files, by their specifications: bad structures, impossible sizes, and bombs."""
import functools
import re
import struct
import zlib

# --- PNG (ISO/IEC 15948) ---------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n"


def piece(kind, data=b"", crc=None, size=None):
    return struct.pack(">I", len(data) if size is None else size) + kind + data + struct.pack(
        ">I", zlib.crc32(kind + data) if crc is None else crc)


def ihdr(width=4, height=4, depth=8, color=2, method=0, filtering=0, interlace=0):
    return piece(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, method, filtering, interlace))


def pixels(width=4, height=4, channels=3):
    return zlib.compress(b"".join(b"\0" + bytes(width * channels) for _ in range(height)), 9)


IDAT, IEND = piece(b"IDAT", pixels()), piece(b"IEND")


@functools.cache
def run(count):
    """A zlib stream of zeros."""
    deflate = zlib.compressobj(9)
    return b"".join(deflate.compress(bytes(1 << 20)) for _ in range(count >> 20)) + deflate.compress(bytes(count & (1 << 20) - 1)) + deflate.flush()


def pngs():
    """PNGs that cannot be pictures: name, bytes."""
    yield "mark-only", PNG
    yield "ihdr-missing", PNG + IDAT + IEND
    yield "ihdr-short", PNG + piece(b"IHDR", bytes(5)) + IDAT + IEND
    yield "ihdr-length-2-32-less-1", PNG + piece(b"IHDR", bytes(13), size=0xFFFFFFFF) + IDAT + IEND
    yield "ihdr-checksum", PNG + piece(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0), crc=0) + IDAT + IEND
    for name, width, height in [("0-wide", 0, 4), ("0-high", 4, 0), ("2-31-wide", 1 << 31, 4), ("2-31-less-1-square", (1 << 31) - 1, (1 << 31) - 1),
                                ("2-32-less-1-square", 0xFFFFFFFF, 0xFFFFFFFF), ("2-31-less-1-high", 1, (1 << 31) - 1), ("2-31-less-1-wide", (1 << 31) - 1, 1),
                                ("65535-square", 65535, 65535), ("2-16-by-2-16", 65536, 65536)]:
        yield f"size-{name}", PNG + ihdr(width, height) + IDAT + IEND
        yield f"size-{name}-interlaced", PNG + ihdr(width, height, interlace=1) + IDAT + IEND
    for name, options in [("depth-3", {"depth": 3}), ("depth-0", {"depth": 0}), ("depth-255", {"depth": 255}), ("depth-16-of-palette", {"depth": 16, "color": 3}),
                          ("color-1", {"color": 1}), ("color-255", {"color": 255}), ("method-1", {"method": 1}), ("filtering-64", {"filtering": 64}),
                          ("interlace-2", {"interlace": 2})]:
        yield f"ihdr-{name}", PNG + ihdr(**options) + IDAT + IEND
    yield "palette-missing", PNG + ihdr(color=3) + piece(b"IDAT", pixels(channels=1)) + IEND
    yield "palette-not-of-3", PNG + ihdr(color=3) + piece(b"PLTE", bytes(4)) + piece(b"IDAT", pixels(channels=1)) + IEND
    yield "idat-missing", PNG + ihdr() + IEND
    yield "idat-garbage", PNG + ihdr() + piece(b"IDAT", b"\xff" * 100) + IEND
    yield "idat-checksum", PNG + ihdr() + piece(b"IDAT", pixels(), crc=1) + IEND
    yield "idat-cut", PNG + ihdr() + IDAT[:-20]
    yield "idat-too-few-rows", PNG + ihdr(4, 400) + IDAT + IEND
    yield "idat-length-2-31", PNG + ihdr() + piece(b"IDAT", pixels(), size=1 << 31)
    yield "idat-empty-100000", PNG + ihdr() + piece(b"IDAT") * 100_000 + IEND
    yield "idat-filter-5", PNG + ihdr() + piece(b"IDAT", zlib.compress((b"\5" + bytes(12)) * 4)) + IEND
    yield "bomb-30000-square-of-black", PNG + ihdr(30_000, 30_000) + piece(b"IDAT", run(100_000_000)) + IEND
    yield "bomb-1-wide-100000000-high", PNG + ihdr(1, 100_000_000, 1, 0) + piece(b"IDAT", run(20_000_000)) + IEND
    yield "bomb-65000-square-of-bits", PNG + ihdr(65_000, 65_000, 1, 0) + piece(b"IDAT", run(100_000_000)) + IEND
    yield "chunk-unknown-critical", PNG + ihdr() + piece(b"EVIL", bytes(10)) + IDAT + IEND
    yield "chunk-name-of-control", PNG + ihdr() + piece(b"\x1b[2J", bytes(10)) + IDAT + IEND
    yield "ios-cgbi", PNG + piece(b"CgBI", bytes(4)) + ihdr() + IDAT + IEND
    yield "behind-another-ihdr", PNG + ihdr() + ihdr(1000, 1000) + IDAT[:20]


def sound_pngs():
    """PNGs whose pixels are sound: name, bytes."""
    good = lambda *between: PNG + ihdr() + b"".join(between) + IDAT + IEND
    yield "iccp-bomb", good(piece(b"iCCP", b"x\0\0" + run(200_000_000)))
    yield "ztxt-bomb", good(piece(b"zTXt", b"x\0\0" + run(200_000_000)))
    yield "ztxt-bomb-of-exif", good(piece(b"zTXt", b"Raw profile type exif\0\0" + run(200_000_000)))
    yield "itxt-bomb-of-xmp", good(piece(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + run(200_000_000)))
    yield "ztxt-100000", good(piece(b"zTXt", b"x\0\0" + zlib.compress(b"y")) * 30_000)
    yield "text-of-escapes", good(piece(b"tEXt", b"Comment\0\x1b[2J\x1b]0;owned\x07"))
    yield "text-exif-length-2-63", good(piece(b"tEXt", b"Raw profile type exif\0\nexif\n9223372036854775807\n4578"))
    yield "text-exif-length-negative", good(piece(b"tEXt", b"Raw profile type exif\0\nexif\n-8\n4578"))
    yield "text-exif-of-1-MB", good(piece(b"tEXt", b"Raw profile type exif\0\nexif\n    8\n" + b"4" * 1_000_000))
    yield "exif-empty", good(piece(b"eXIf"))
    for name, exif in exifs():
        yield f"exif-{name}", good(piece(b"eXIf", exif))
    yield "apng-2-31-frames", good(piece(b"acTL", struct.pack(">II", (1 << 31) - 1, 0)), piece(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1 << 30, 1 << 30, 0, 0, 0, 0, 0, 0)))
    yield "apng-fdat-bomb", good(piece(b"acTL", struct.pack(">II", 2, 0))) [:-12] + piece(b"fdAT", struct.pack(">I", 1) + run(200_000_000)) + IEND
    yield "xmp-entities", good(piece(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp_bomb()))
    yield "xmp-depth", good(piece(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a>" * 300_000))
    yield "xmp-orientation-of-1-MB", good(piece(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="' + b"6" * 1_000_000 + b'"/>'))
    yield "xmp-orientation-million-times", good(piece(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"tiff:Orientation=" * 200_000))
    yield "chunks-unknown-100000", good(piece(b"evIl") * 100_000)
    yield "behind-end", good() + b"PK\3\4" + bytes(1000)
    yield "gamma-0", good(piece(b"gAMA", bytes(4)))
    yield "background-of-other-size", good(piece(b"bKGD", bytes(100)))
    yield "transparency-of-300", PNG + ihdr(color=3) + piece(b"PLTE", bytes(3)) + piece(b"tRNS", bytes(300)) + piece(b"IDAT", pixels(channels=1)) + IEND
    yield "palette-index-beyond", PNG + ihdr(color=3) + piece(b"PLTE", bytes(3)) + piece(b"IDAT", zlib.compress((b"\0\xff\xff\xff\xff") * 4)) + IEND
    yield "idat-more-rows", PNG + ihdr() + piece(b"IDAT", pixels(4, 4000)) + IEND
    yield "size-1-by-20000", PNG + ihdr(1, 20_000) + piece(b"IDAT", pixels(1, 20_000)) + IEND
    yield "size-20000-by-1", PNG + ihdr(20_000, 1) + piece(b"IDAT", pixels(20_000, 1)) + IEND


def xmp_bomb():
    entities = b"".join(b'<!ENTITY e%d "%s">' % (i + 1, b"&e%d;" % i * 10) for i in range(20))
    return b'<!DOCTYPE x [<!ENTITY e0 "lol">' + entities + b']><x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="&e20;"/></x:xmpmeta>'


def exifs():
    """EXIF blocks that lead astray: name, bytes; none of them has an orientation that counts."""
    def ifd(*entries, next=0, order="<", count=None):
        out = struct.pack(order + "H", len(entries) if count is None else count)
        return out + b"".join(struct.pack(order + "HHII", *entry) for entry in entries) + struct.pack(order + "I", next)
    start = b"II*\0\x08\0\0\0"
    yield "mark-only", b"II*\0"
    yield "other-mark", b"XX*\0\x08\0\0\0"
    yield "offset-2-32-less-1", b"II*\0\xff\xff\xff\xff"
    yield "offset-itself", b"II*\0\0\0\0\0" + ifd((0x112, 3, 1, 6))
    yield "entries-65535", start + ifd((0x10F, 3, 1, 6), count=65535)
    yield "count-2-32-less-1", start + ifd((0x112, 3, 0xFFFFFFFF, 6))
    yield "count-0", start + ifd((0x112, 3, 0, 6))
    yield "value-offset-beyond", start + ifd((0x112, 3, 4, 0xFFFFFFF0))
    yield "value-of-type-255", start + ifd((0x112, 255, 1, 6))
    yield "directory-of-itself", start + ifd((0x8769, 4, 1, 8), next=8)
    yield "orientation-4000000000", start + ifd((0x112, 4, 1, 4_000_000_000))
    yield "of-64-kB-of-entries", start + ifd(*[(0x10F, 3, 1, 0)] * 5000)


# --- JPEG (ITU-T T.81) -----------------------------------------------------------------------------------------------

def segment(mark, data=b"", size=None):
    return b"\xff" + bytes([mark]) + struct.pack(">H", (len(data) + 2 if size is None else size) & 0xFFFF) + data


def jpegs(corpus):
    """JPEGs that cannot be pictures: name, bytes."""
    source = corpus.fixture("images/jpeg-420.jpg")
    frame = source.index(b"\xff\xc0")
    scan = source.index(b"\xff\xda")
    length = struct.unpack(">H", source[frame + 2:frame + 4])[0]
    def framed(**fields):
        """The frame's header changed: precision, height, width, number of components, their bytes, or the marker."""
        part = bytearray(source[frame:frame + 2 + length])
        for name, value in fields.items():
            place, form = {"mark": (1, "B"), "size": (2, "H"), "precision": (4, "B"), "height": (5, "H"), "width": (7, "H"), "count": (9, "B"),
                           "sampling": (11, "B"), "table": (12, "B"), "second": (13, "B")}[name]
            struct.pack_into(">" + form, part, place, value)
        return source[:frame] + bytes(part) + source[frame + 2 + length:]
    yield "mark-only", b"\xff\xd8"
    yield "mark-and-end", b"\xff\xd8\xff\xd9"
    yield "frame-missing", source[:frame] + source[frame + 2 + length:]
    yield "scan-missing", source[:scan] + b"\xff\xd9"
    yield "end-in-header", source[:frame + 6]
    yield "segment-size-0", b"\xff\xd8" + segment(0xE0, size=0) + source[2:]
    yield "segment-size-beyond", b"\xff\xd8" + segment(0xE1, b"Exif\0\0", 65535)
    yield "size-0-wide", framed(width=0)
    yield "size-65535-square", framed(width=65535, height=65535)
    yield "size-65535-square-progressive", framed(width=65535, height=65535, mark=0xC2)
    yield "precision-0", framed(precision=0)
    yield "precision-16", framed(precision=16)
    yield "components-0", framed(count=0)
    yield "components-255", framed(count=255)
    yield "components-4-of-3", framed(count=4)
    yield "sampling-0", framed(sampling=0)
    yield "sampling-255", framed(sampling=255)
    yield "arithmetic-garbage", framed(mark=0xC9)
    yield "lossless", framed(mark=0xC3)
    yield "hierarchical", framed(mark=0xC5)
    yield "frame-size-8", framed(size=8)
    yield "frame-twice", source[:frame] + source[frame:frame + 2 + length] * 2 + source[frame + 2 + length:]
    tables = [found.start() for found in re.finditer(b"\xff\xc4", source[:scan])]
    last = tables[-1]
    yield "huffman-missing", source[:tables[0]] + source[scan:]
    yield "huffman-counts-255", source[:last + 5] + b"\xff" * 16 + source[last + 21:]
    yield "huffman-table-9", source[:last + 4] + b"\x99" + source[last + 5:]
    quantization = source.index(b"\xff\xdb")
    yield "quantization-missing", re.sub(b"\xff\xdb\x00\x43.{65}", b"", source, flags=re.S)
    yield "quantization-table-9", source[:quantization + 4] + b"\x09" + source[quantization + 5:]
    yield "scan-components-0", source[:scan] + segment(0xDA, b"\0\0\x3f\0") + source[scan + 14:]
    yield "scan-components-4-same", source[:scan] + segment(0xDA, b"\4\1\0\1\0\1\0\1\0\0\x3f\0") + source[scan + 14:]
    yield "not-a-jpeg-behind-mark", b"\xff\xd8\xff" + b"\0" * 1000


def damaged_jpegs(corpus):
    """JPEGs that a decoder may show in part, as libjpeg does: name, bytes."""
    source = corpus.fixture("images/jpeg-420.jpg")
    progressive = corpus.fixture("images/jpeg-progressive.jpg")
    scan = source.index(b"\xff\xda")
    begin = scan + 2 + struct.unpack(">H", source[scan + 2:scan + 4])[0]
    yield "scan-cut", source[:begin + 20]
    yield "scan-of-ones", source[:begin] + b"\xff\0" * 5000 + b"\xff\xd9"
    yield "scan-of-restarts", source[:begin] + b"\xff\xd0\xff\xd1\xff\xd7" * 20_000 + b"\xff\xd9"
    yield "restart-interval-1", source[:scan] + segment(0xDD, b"\0\1") + source[scan:]
    yield "restart-interval-65535", source[:scan] + segment(0xDD, b"\xff\xff") + source[scan:]
    yield "height-0-by-dnl", source[:scan] + source[scan:-2] + segment(0xDC, b"\xff\xff") + b"\xff\xd9"
    end = progressive.rindex(b"\xff\xda")
    last = progressive[end:-2]
    yield "progressive-scans-5000", progressive[:-2] + last * 5000 + b"\xff\xd9"
    yield "comments-50000", b"\xff\xd8" + segment(0xFE, b"\x1b[2J") * 50_000 + source[2:]
    yield "fill-bytes-1000000", b"\xff\xd8" + b"\xff" * 1_000_000 + source[3:]
    yield "thumbnails-of-thumbnails", b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + source[:3000]) * 200 + source[2:]
    yield "icc-parts-255-of-255", b"\xff\xd8" + segment(0xE2, b"ICC_PROFILE\0\xff\xff" + bytes(65000)) * 100 + source[2:]
    yield "adobe-transform-255", b"\xff\xd8" + segment(0xEE, b"Adobe\0\x64" + b"\0" * 4 + b"\xff") + source[2:]
    for name, exif in exifs():
        yield f"exif-{name}", b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + exif[:65000]) + source[2:]
    big = bytearray(progressive)
    frame = progressive.index(b"\xff\xc2")
    struct.pack_into(">HH", big, frame + 5, 8000, 8000)
    yield "progressive-8000-square-without-data", bytes(big)


# --- TIFF (Revision 6.0), BMP, WebP ----------------------------------------------------------------------------------

def tiff(entries=None, order="<", start=8, next=0, pixels=bytes(48), count=None, **changed):
    """A TIFF of 4 x 4 RGB pixels; `changed` replaces values by tag's name, None removes."""
    tags = {"width": (256, 4, 4), "height": (257, 4, 4), "bits": (258, 3, 8), "compression": (259, 3, 1), "photometric": (262, 3, 2), "offsets": (273, 4, 200),
            "samples": (277, 3, 3), "rows": (278, 4, 4), "counts": (279, 4, 48)}
    out = []
    for name, (tag, kind, value) in tags.items():
        value = changed.pop(name, value)
        if value is not None:
            out.append((tag, kind, 1, value) if isinstance(value, int) else value)
    out += list(changed.pop("more", ()))
    assert not changed, changed
    body = struct.pack(order + "H", len(out) if count is None else count)
    for tag, kind, number, value in out:
        body += struct.pack(order + "HHI", tag, kind, number) + (struct.pack(order + "HH", value, 0) if kind == 3 and number == 1 else struct.pack(order + "I", value))
    body += struct.pack(order + "I", next)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    return (head + body).ljust(200, b"\0") + pixels


def tiffs():
    """TIFFs that cannot be pictures: name, bytes."""
    top = 0xFFFFFFFF
    yield "mark-only", b"II*\0"
    yield "directory-beyond", tiff(start=1 << 30)
    yield "directory-in-mark", tiff(start=0)
    yield "directory-at-end", tiff(start=248)
    yield "directory-without-entries", b"II*\0\x08\0\0\0\0\0" + bytes(100)
    yield "directory-entries-65535", tiff(count=65535)
    for name, width, height in [("0-wide", 0, 4), ("0-high", 4, 0), ("2-32-less-1-square", top, top), ("2-31-wide", 1 << 31, 1), ("65535-square", 65535, 65535),
                                ("2-32-less-1-high", 1, top), ("2-32-less-1-wide", top, 1)]:
        yield f"size-{name}", tiff(width=width, height=height)
    yield "bits-0", tiff(bits=0)
    yield "bits-65535", tiff(bits=65535)
    yield "bits-33", tiff(bits=33)
    yield "samples-0", tiff(samples=0)
    yield "samples-65535", tiff(samples=65535)
    yield "photometric-65535", tiff(photometric=65535)
    yield "compression-65535", tiff(compression=65535)
    for number, name in [(2, "ccitt"), (3, "fax3"), (4, "fax4"), (5, "lzw"), (6, "old-jpeg"), (7, "jpeg"), (8, "deflate"), (32773, "packbits"), (32809, "thunderscan"),
                         (32946, "old-deflate"), (34661, "jbig"), (34676, "sgi-log"), (34677, "sgi-log24"), (34925, "lzma"), (50000, "zstd"), (50001, "webp"),
                         (32908, "pixarfilm"), (32909, "pixarlog"), (34887, "lerc")]:
        yield f"compression-{name}-garbage", tiff(compression=number, pixels=b"\xff" * 48)
    yield "offsets-missing", tiff(offsets=None)
    yield "offsets-beyond", tiff(offsets=1 << 30)
    yield "offsets-2-32-less-1", tiff(offsets=top)
    yield "offsets-count-2-32-less-1", tiff(offsets=(273, 4, top, 200))
    yield "offsets-array-beyond", tiff(offsets=(273, 4, 4, 1 << 30))
    yield "counts-0", tiff(counts=0)
    yield "counts-2-32-less-1", tiff(counts=top)
    yield "counts-less", tiff(counts=10)
    yield "counts-array-2-30", tiff(counts=(279, 4, 1 << 30, 8))
    yield "rows-0", tiff(rows=0)
    yield "tiles-2-31", tiff(offsets=None, counts=None, more=[(322, 4, 1, 1 << 31), (323, 4, 1, 1 << 31), (324, 4, 1, 200), (325, 4, 1, 48)])
    yield "tiles-0", tiff(offsets=None, counts=None, more=[(322, 4, 1, 0), (323, 4, 1, 0), (324, 4, 1, 200), (325, 4, 1, 48)])
    yield "tiles-of-1-for-65535-square", tiff(width=65535, height=65535, offsets=None, counts=None,
                                              more=[(322, 4, 1, 16), (323, 4, 1, 16), (324, 4, 1 << 24, 200), (325, 4, 1 << 24, 200)])
    yield "strips-16777216", tiff(height=1 << 24, rows=1, offsets=(273, 4, 1 << 24, 200), counts=(279, 4, 1 << 24, 200))
    yield "deflate-bomb", tiff(width=20_000, height=20_000, rows=20_000, compression=8, counts=len(run(200_000_000)), pixels=run(200_000_000))
    yield "float-samples", tiff(bits=32, more=[(339, 3, 1, 3)])
    yield "planar-9", tiff(more=[(284, 3, 1, 9)])
    yield "big-mark-only", b"II+\0\x08\0\0\0"
    yield "big-offset-2-63", b"II+\0\x08\0\0\0" + struct.pack("<Q", 1 << 63)
    yield "big-entries-2-64-less-1", b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, (1 << 64) - 1) + bytes(1000)
    yield "big-size-of-offsets-16", b"II+\0\x10\0\0\0" + struct.pack("<Q", 16) + bytes(100)


def odd_tiffs():
    """TIFFs whose first picture is sound and whose rest is not: name, bytes; a reader of the first may take it."""
    yield "directories-in-a-circle", tiff(next=8)
    yield "directories-next-beyond", tiff(next=1 << 30)
    yield "sub-directories-in-a-circle", tiff(more=[(330, 4, 1, 8)])
    yield "exif-directory-itself", tiff(more=[(34665, 4, 1, 8)])
    yield "orientation-65535", tiff(more=[(274, 3, 1, 65535)])
    yield "icc-2-32-less-1", tiff(more=[(34675, 7, 0xFFFFFFFF, 8)])
    yield "text-without-end", tiff(more=[(270, 2, 0x7FFFFFFF, 8)])
    yield "text-of-escapes", tiff(more=[(270, 2, 4, 0x4A325B1B)])
    yield "tag-unknown-2-32-less-1", tiff(more=[(65000, 12, 0xFFFFFFFF, 8)])
    yield "tags-out-of-order", tiff(more=[(256, 4, 1, 4)])
    yield "tag-type-255", tiff(more=[(65000, 255, 1, 8)])


def bmp(width=4, height=4, bits=24, compression=0, offset=54, header=40, pixels=bytes(48), colors=0, size=None, planes=1, more=b""):
    body = struct.pack("<IiiHHIIiiII", header, width, height, planes, bits, compression, len(pixels), 0, 0, colors, 0) + more
    return b"BM" + struct.pack("<IHHI", 14 + len(body) + len(pixels) if size is None else size, 0, 0, offset) + body + pixels


def bmps():
    """BMPs that cannot be pictures: name, bytes."""
    low = -(1 << 31)
    yield "mark-only", b"BM"
    yield "header-cut", bmp()[:30]
    for size in [0, 1, 39, 0xFFFFFFFF]:
        yield f"header-size-{size}", bmp(header=size)
    for name, width, height in [("0-wide", 0, 4), ("0-high", 4, 0), ("negative-wide", -4, 4), ("2-31-high", 4, low), ("2-31-less-1-square", (1 << 31) - 1, (1 << 31) - 1),
                                ("2-31-square", low, low), ("2-30-by-4", 1 << 30, 4), ("65535-square", 65535, 65535)]:
        yield f"size-{name}", bmp(width, height)
    for bits in [0, 2, 3, 64, 65535]:
        yield f"bits-{bits}", bmp(bits=bits)
    yield "compression-rle8-garbage", bmp(bits=8, compression=1, pixels=b"\0\2\xff\xff" * 50)
    yield "compression-rle4-garbage", bmp(bits=4, compression=2, pixels=b"\0\2\xff\xff" * 50)
    yield "compression-jpeg", bmp(bits=0, compression=4)
    yield "compression-png", bmp(bits=0, compression=5)
    yield "compression-99", bmp(compression=99)
    yield "offset-beyond", bmp(offset=1 << 30)
    yield "offset-2-32-less-1", bmp(offset=0xFFFFFFFF)
    yield "offset-in-header", bmp(offset=4)
    yield "palette-2-32-less-1", bmp(bits=8, colors=0xFFFFFFFF)
    yield "palette-missing", bmp(bits=8, colors=256, pixels=bytes(16))
    yield "planes-0", bmp(planes=0)
    yield "masks-overlap", bmp(bits=32, compression=3, pixels=bytes(64), more=struct.pack("<III", 0xFF, 0xFF, 0xFF), offset=66)
    yield "masks-with-gaps", bmp(bits=32, compression=3, pixels=bytes(64), more=struct.pack("<III", 0xF0F, 0xA0000, 0x5), offset=66)
    yield "masks-0", bmp(bits=32, compression=3, pixels=bytes(64), more=struct.pack("<III", 0, 0, 0), offset=66)
    yield "pixels-cut", bmp(pixels=bytes(47))


def riff(*chunks, size=None, kind=b"WEBP"):
    body = kind + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def part(kind, data, size=None):
    return kind + struct.pack("<I", len(data) if size is None else size) + data + bytes(len(data) % 2)


def webps(corpus):
    """WebPs that cannot be pictures: name, bytes."""
    lossy, lossless = corpus.fixture("images/webp-lossy.webp"), corpus.fixture("images/webp-lossless.webp")
    extended = lambda flags, width, height: part(b"VP8X", struct.pack("<I", flags) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3])
    vp8 = lossy[lossy.index(b"VP8 "):]
    vp8l = lossless[lossless.index(b"VP8L"):]
    yield "mark-only", b"RIFF\4\0\0\0WEBP"
    yield "size-0", riff(vp8, size=0)
    yield "size-2-32-less-1", riff(vp8[:30], size=0xFFFFFFFF)
    yield "chunk-size-2-32-less-1", riff(b"VP8 \xff\xff\xff\xff" + vp8[8:40])
    yield "chunk-size-0", riff(b"VP8 \0\0\0\0")
    yield "lossy-cut", riff(vp8[:40])
    yield "lossy-key-frame-missing", riff(vp8[:8] + bytes([vp8[8] | 1]) + vp8[9:])
    yield "lossy-start-code", riff(vp8[:11] + b"\0\0\0" + vp8[14:])
    yield "lossy-16383-square-without-data", riff(vp8[:14] + b"\xff\x3f\xff\x3f" + vp8[18:60])
    yield "lossy-partition-2-19", riff(vp8[:8] + bytes([vp8[8] & 0x1F | 0xE0]) + b"\xff\xff" + vp8[11:])
    yield "lossless-signature", riff(vp8l[:8] + b"\0" + vp8l[9:])
    yield "lossless-16384-square-without-data", riff(part(b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(20)))
    yield "lossless-version-7", riff(vp8l[:12] + bytes([vp8l[12] | 0xE0]) + vp8l[13:])
    yield "lossless-ones", riff(part(b"VP8L", vp8l[8:13] + b"\xff" * 500))
    yield "lossless-cut", riff(vp8l[:20])
    yield "extended-without-picture", riff(extended(0, 100, 100))
    yield "extended-2-24-square", riff(extended(0, 1 << 24, 1 << 24), vp8)
    yield "animation-of-2-24-square", riff(extended(2, 1 << 24, 1 << 24), part(b"ANIM", bytes(6)), part(b"ANMF", bytes(16) + vp8))
    yield "animation-bomb-10000-frames", riff(extended(2, 16384, 16384), part(b"ANIM", bytes(6)), part(b"ANMF", bytes(16) + vp8[:60]) * 10_000)
    yield "alpha-garbage", riff(extended(16, 100, 100), part(b"ALPH", b"\xff" * 100), vp8[:100])
    yield "other-kind", riff(vp8, kind=b"WAVE")


def label_maps(corpus):
    """Label maps that are none, for a picture of 256 x 256: name, bytes."""
    gray = lambda width=256, height=256, depth=8, value=b"\0": PNG + ihdr(width, height, depth, 0) + piece(
        b"IDAT", zlib.compress((b"\0" + value * (width * depth // 8)) * height, 9)) + IEND
    yield "all-beyond", gray(value=b"\x63")
    yield "all-no-class", gray(value=b"\xff")
    yield "sixteen-bits-beyond", gray(depth=16, value=b"\x7f")
    yield "other-size", gray(64, 64)
    yield "size-2-31", PNG + ihdr(1 << 30, 1 << 30, 8, 0) + IDAT + IEND
    yield "color", PNG + ihdr(256, 256) + piece(b"IDAT", pixels(256, 256)) + IEND
    yield "alpha", PNG + ihdr(256, 256, 8, 4) + piece(b"IDAT", pixels(256, 256, 2)) + IEND
    yield "cut", gray()[:60]
    yield "bomb", PNG + ihdr(30_000, 30_000, 8, 0) + piece(b"IDAT", run(100_000_000)) + IEND
    yield "jpeg", corpus.fixture("images/jpeg-gray.jpg")
    yield "garbage", b"\xff" * 1000
    yield "empty", b""


# Faults that decoders mend: libjpeg has default tables, libtiff computes sizes of strips, and pixels of BMP follow from the rest.
MENDED = {"jpg-huffman-missing", "tif-compression-packbits-garbage", "tif-offsets-count-2-32-less-1", "tif-counts-0", "tif-counts-2-32-less-1", "tif-counts-less",
          "tif-counts-array-2-30", "bmp-offset-in-header", "bmp-planes-0", "bmp-masks-overlap", "bmp-masks-0"}


def make(corpus):
    for maker, kind in [(lambda: pngs(), "png"), (lambda: jpegs(corpus), "jpg"), (lambda: tiffs(), "tif"), (lambda: bmps(), "bmp"), (lambda: webps(corpus), "webp")]:
        for name, data in maker():
            corpus.add(f"pictures/{kind}-{name}.{kind}", data, "picture", "either" if f"{kind}-{name}" in MENDED else "refused")
    for name, data in sound_pngs():
        corpus.add(f"pictures/png-sound-{name}.png", data, "picture", "either" if "orientation" in name else "read")
    for name, data in damaged_jpegs(corpus):
        corpus.add(f"pictures/jpg-odd-{name}.jpg", data, "picture", "read" if name.startswith("exif") else "either")
    for name, data in odd_tiffs():
        corpus.add(f"pictures/tif-odd-{name}.tif", data, "picture", "either")
    for name, data in [("empty", b""), ("zeros", bytes(1000)), ("text", b"a picture\n"), ("gif", b"GIF89a\xff\xff\xff\xff" + bytes(20)), ("gif-bomb", b"GIF89a" + b"\xff" * 10),
                       ("svg", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'), ("pdf", b"%PDF-1.7\n" + bytes(100)),
                       ("heic", b"\0\0\0\x18ftypheic" + bytes(100)), ("psd", b"8BPS\0\1" + bytes(100)), ("eps", b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run\n"),
                       ("mvg", b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/x'\n")]:
        corpus.add(f"pictures/other-{name}.png", data, "picture", "refused")
    picture = corpus.fixture("pictures/sky.png")
    for name, data in label_maps(corpus):
        corpus.place(f"labels/{name}/images/sky.png", picture)
        # What no label map has is told of all of them.
        corpus.add(f"labels/{name}/truth/sky.png", data, "labels", "refused", words="no pixel" if name == "all-no-class" else "")
