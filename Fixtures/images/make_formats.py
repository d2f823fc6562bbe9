#!/usr/bin/env python3
"""Makes the WebP, TIFF and BMP pictures of this folder, and orientations.json.

Beside each picture lie its pixels as Pillow shows them: NAME.rgb, 8 bits, row-major; NAME.labels holds the samples of a
picture of one channel as Pillow reads them, 16 bits, little-endian. orientations.json holds small files with all kinds of
metadata, in base64, and what Pillow's exif_transpose makes of each: width, height and pixels.

Needs Pillow. What Pillow does not write is put together here.
"""

import base64
import io
import json
import struct
import warnings
import zlib
from pathlib import Path

from PIL import Image, ImageOps, PngImagePlugin

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 16, 12


def scene(width=WIDTH, height=HEIGHT, alpha=False):
    """A picture of which no two corners are alike."""
    image = Image.new("RGBA" if alpha else "RGB", (width, height))
    for y in range(height):
        for x in range(width):
            pixel = (15 * x % 256, 20 * y % 256, 255 if (x // 3 + y // 4) % 2 else 20)
            image.putpixel((x, y), pixel + ((37 * x + 11 * y) % 256,) if alpha else pixel)
    return image


def shown(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as image:
            return ImageOps.exif_transpose(image).convert("RGB")


def save(name, data, pixels=None, labels=False):
    (FOLDER / name).write_bytes(data)
    (FOLDER / name).with_suffix(".rgb").write_bytes(pixels or shown(data).tobytes())
    if labels:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            values = list(image.get_flattened_data())
        (FOLDER / name).with_suffix(".labels").write_bytes(struct.pack(f"<{len(values)}H", *values))


def encoded(image, form, **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def make_webp():
    save("webp-lossy.webp", encoded(scene(), "WEBP", quality=80))
    save("webp-lossless.webp", encoded(scene(), "WEBP", lossless=True))
    save("webp-alpha.webp", encoded(scene(alpha=True), "WEBP", quality=80))
    save("webp-lossless-alpha.webp", encoded(scene(alpha=True), "WEBP", lossless=True, exact=True))


def tiff(width, height, bits, photometric, blocks, order="<", compression=1, tile=None, rows=None, extra=()):
    """A TIFF file of one directory, `bits` of each sample, and blocks that are strips or tiles."""
    tags = {
        256: (3, [width]), 257: (3, [height]), 258: (3, bits), 259: (3, [compression]), 262: (3, [photometric]),
        277: (3, [len(bits)]), **dict(extra),
    }
    place, offsets = 8, []
    for block in blocks:
        offsets.append(place)
        place += len(block) + len(block) % 2
    lengths = [len(block) for block in blocks]
    if tile:
        tags |= {322: (3, [tile[0]]), 323: (3, [tile[1]]), 324: (4, offsets), 325: (4, lengths)}
    else:
        tags |= {273: (4, offsets), 278: (3, [rows or height]), 279: (4, lengths)}
    data = b"".join(block + b"\0" * (len(block) % 2) for block in blocks)
    directory = struct.pack(order + "H", len(tags))
    values = b""
    for tag, (kind, numbers) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(numbers)}{'HI'[kind == 4]}", *numbers)
        if len(packed) > 4:
            values_at = place + 2 + 12 * len(tags) + 4 + len(values)
            values += packed + b"\0" * (len(packed) % 2)
            packed = struct.pack(order + "I", values_at)
        directory += struct.pack(order + "HHI", tag, kind, len(numbers)) + packed.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", place)
    return head + data + directory + b"\0\0\0\0" + values


def make_tiff():
    image, alpha = scene(), scene(alpha=True)
    raw = image.tobytes()
    palette = image.quantize(16)
    for name, compression in (("raw", None), ("lzw", "tiff_lzw"), ("deflate", "tiff_adobe_deflate"), ("packbits", "packbits")):
        save(f"tiff-{name}.tif", encoded(image, "TIFF", compression=compression))
    save("tiff-predictor.tif", encoded(image, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}))
    save("tiff-jpeg.tif", encoded(image, "TIFF", compression="jpeg", quality=90))
    save("tiff-jpeg-gray.tif", encoded(image.convert("L"), "TIFF", compression="jpeg", quality=90))
    save("tiff-gray.tif", encoded(image.convert("L"), "TIFF"), labels=True)
    save("tiff-bits.tif", encoded(image.convert("1"), "TIFF"))
    save("tiff-palette.tif", encoded(palette, "TIFF", compression="tiff_lzw"), labels=True)
    save("tiff-alpha.tif", encoded(alpha, "TIFF", compression="tiff_lzw"))
    save("tiff-gray-alpha.tif", encoded(alpha.convert("LA"), "TIFF"))
    save("tiff-cmyk.tif", encoded(image.convert("CMYK"), "TIFF"))
    for orientation in (3, 6):
        save(f"tiff-orientation{orientation}.tif", encoded(image, "TIFF", tiffinfo={274: orientation}))
    levels = [(257 * x * y + 3 * x) % 65536 for y in range(HEIGHT) for x in range(WIDTH)]
    high = bytes(level >> 8 for level in levels for _ in range(3))  # Pillow clips at 255
    for name, order in (("", "<"), ("-big", ">")):
        data = struct.pack(f"{order}{len(levels)}H", *levels)
        save(f"tiff-gray16{name}.tif", tiff(WIDTH, HEIGHT, [16], 1, [data], order), high, labels=True)
        wide = struct.pack(f"{order}{len(raw)}H", *(256 * v + 77 for v in raw))
        save(f"tiff-rgb16{name}.tif", tiff(WIDTH, HEIGHT, [16] * 3, 2, [wide], order))
    planes = [raw[i::3] for i in range(3)]
    half = WIDTH * HEIGHT // 2
    strips = [plane[i * half : (i + 1) * half] for plane in planes for i in range(2)]
    save("tiff-planes.tif", tiff(WIDTH, HEIGHT, [8] * 3, 2, strips, rows=6, extra={284: (3, [2])}.items()))
    tiles = []
    for y0 in (0, 16):
        for x0 in (0, 16):
            rows = []
            for y in range(y0, y0 + 16):
                for x in range(x0, x0 + 16):
                    rows.append(bytes(scene(20, 18).getpixel((x, y)) if x < 20 and y < 18 else (9, 9, 9)))
            tiles.append(zlib.compress(b"".join(rows), 9))
    save("tiff-tiles.tif", tiff(20, 18, [8] * 3, 2, tiles, ">", compression=8, tile=(16, 16)))
    premultiplied = bytes(alpha.convert("RGBa").tobytes())
    save("tiff-premultiplied.tif", tiff(WIDTH, HEIGHT, [8] * 4, 2, [premultiplied], extra={338: (3, [1])}.items()))
    white = bytes(255 - v for v in image.convert("L").tobytes())
    save("tiff-white.tif", tiff(WIDTH, HEIGHT, [8], 0, [white]))
    nibbles = bytes((x + y) % 16 << 4 | (3 * x + y) % 16 for y in range(HEIGHT) for x in range(WIDTH // 2))
    save("tiff-gray4.tif", tiff(WIDTH, HEIGHT, [4], 1, [nibbles]))


def bmp(width, height, bits, rows, header=40, compression=0, colors=b"", masks=b""):
    """A BMP file of rows that are padded already, in the order in which they are stored."""
    data = b"".join(rows)
    offset = 14 + header + len(masks) + len(colors)
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        count = len(colors) // 4
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 0, 0, count, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + masks + colors + data


def make_bmp():
    image = scene(15, 7)
    rows = [[image.getpixel((x, y)) for x in range(15)] for y in range(7)]
    save("bmp-rgb.bmp", encoded(image, "BMP"))
    save("bmp-palette.bmp", encoded(image.quantize(16), "BMP"))
    save("bmp-gray.bmp", encoded(image.convert("L"), "BMP"))
    save("bmp-bits.bmp", encoded(image.convert("1"), "BMP"))
    save("bmp-alpha.bmp", encoded(scene(15, 7, alpha=True), "BMP"))
    lines = [b"".join(struct.pack("BBB", b, g, r) for r, g, b in row).ljust(48, b"\0") for row in rows]
    save("bmp-top-down.bmp", bmp(15, -7, 24, lines))
    save("bmp-old.bmp", bmp(15, 7, 24, lines[::-1], header=12))
    save("bmp-32.bmp", bmp(15, 7, 32, [b"".join(struct.pack("BBBB", b, g, r, 9) for r, g, b in row) for row in rows]))
    five = [b"".join(struct.pack("<H", r >> 3 << 10 | g >> 3 << 5 | b >> 3) for r, g, b in row).ljust(32, b"\0") for row in rows]
    save("bmp-16.bmp", bmp(15, 7, 16, five))
    six = [b"".join(struct.pack("<H", r >> 3 << 11 | g >> 2 << 5 | b >> 3) for r, g, b in row).ljust(32, b"\0") for row in rows]
    save("bmp-565.bmp", bmp(15, 7, 16, six, compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
    colors = bytes((40 * i + 20 * k) % 256 if k < 3 else 0 for i in range(10) for k in range(4))
    nibbles = [bytes(((x + y) % 12) << 4 | (2 * x + y) % 12 for x in range(8)) for y in range(7)]
    save("bmp-4.bmp", bmp(15, 7, 4, nibbles, colors=colors))


def exif(value, order="<", kind=3, count=1, before=b"", prefix=b"Exif\0\0", padding=b"\0\0", tags=None):
    packed = struct.pack(order + {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}[kind], value)
    entry = struct.pack(order + "HHI", 0x0112, kind, count) + (packed + padding * 2)[:4]
    entries = before + entry
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return prefix + head + struct.pack(order + "H", len(entries) // 12) + entries + b"\0\0\0\0"


def app1(data):
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def xmp(orientation, form='tiff:Orientation="{}"'):
    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    )
    field = form.format(orientation)
    text += f"{field}/>" if "=" in form else f">{field}</rdf:Description>"
    return (text + "</rdf:RDF></x:xmpmeta>").encode()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def orientation_files():
    """Files by name."""
    image = scene(5, 3)
    jpeg = encoded(image, "JPEG", quality=95, subsampling=0)
    png = encoded(image, "PNG")
    xap = b"http://ns.adobe.com/xap/1.0/\0"
    element = "<tiff:Orientation>{}</tiff:Orientation>"

    def in_jpeg(*segments):
        return jpeg[:2] + b"".join(app1(segment) for segment in segments) + jpeg[2:]

    def in_png(*chunks, behind=False):
        at = len(png) - 12 if behind else 33
        return png[:at] + b"".join(chunk(*one) for one in chunks) + png[at:]

    files = {}
    for value in range(1, 9):
        files[f"jpeg, exif {value}"] = in_jpeg(exif(value))
        files[f"png, exif {value}"] = in_png((b"eXIf", exif(value, ">", prefix=b"")))
    for value in (0, 9, 65535):
        files[f"jpeg, exif {value}"] = in_jpeg(exif(value))
        files[f"png, exif {value}"] = in_png((b"eXIf", exif(value, prefix=b"")))
    for kind in (1, 2, 4, 6, 8, 9):
        for order in "<>":
            files[f"jpeg, exif of type {kind} {order}"] = in_jpeg(exif(6, order, kind))
    files["jpeg, exif of two values"] = in_jpeg(exif(6, count=2))
    files["jpeg, exif of no value"] = in_jpeg(exif(6, count=0))
    files["jpeg, exif cut"] = in_jpeg(exif(6)[:-8])
    files["jpeg, exif cut before"] = in_jpeg(exif(6)[:-12])
    files["jpeg, exif twice in the directory"] = in_jpeg(exif(6, before=struct.pack("<HHIHH", 0x0112, 3, 1, 3, 0)))
    outside = struct.pack("<HHII", 0x010F, 2, 20, 5000)
    huge = struct.pack("<HHII", 0x010F, 2, 5000, 8)
    unknown = struct.pack("<HHII", 0x010F, 77, 5000, 8)
    files["jpeg, exif behind a value that lies outside"] = in_jpeg(exif(6, before=outside))
    files["jpeg, exif behind a value that is too long"] = in_jpeg(exif(6, before=huge))
    files["jpeg, exif behind a value of an unknown type"] = in_jpeg(exif(6, before=unknown))
    files["jpeg, exif with a thumbnail"] = in_jpeg(exif(6) + jpeg)
    files["jpeg, exif that begins twice"] = in_jpeg(exif(6, prefix=b"Exif\0\0Exif\0\0"))
    files["jpeg, exif in two segments"] = in_jpeg(exif(6)[:20], b"Exif\0\0" + exif(6)[20:])
    files["jpeg, two exif"] = in_jpeg(exif(6), exif(3))
    files["jpeg, exif with an odd header"] = in_jpeg(b"Exif\0\0II\0*" + exif(6, prefix=b"")[4:])
    files["jpeg, xmp before exif"] = in_jpeg(xap + xmp(1), exif(6))
    files["jpeg, exif before xmp"] = in_jpeg(exif(8), xap + xmp(3))
    files["jpeg, exif 0 and xmp"] = in_jpeg(exif(0), xap + xmp(3))
    files["jpeg, exif without and xmp"] = in_jpeg(exif(6).replace(b"\x12\x01", b"\x13\x01"), xap + xmp(3))
    for value in (0, 1, 3, 6, 8, 9):
        files[f"jpeg, xmp {value}"] = in_jpeg(xap + xmp(value))
        files[f"jpeg, xmp element {value}"] = in_jpeg(xap + xmp(value, element))
        files[f"png, xmp {value}"] = in_png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(value)))
    files["jpeg, two xmp"] = in_jpeg(xap + xmp(6), xap + xmp(3))
    files["jpeg, xmp in other quotes"] = in_jpeg(xap + xmp(6, "tiff:Orientation='{}'"))
    files["jpeg, xmp of another name"] = in_jpeg(xap + xmp(6, 'exif:Orientation="{}"'))
    files["png, xmp element"] = in_png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6, element)))
    files["png, xmp compressed"] = in_png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(6))))
    files["png, xmp in zTXt"] = in_png((b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(xmp(6))))
    files["png, xmp in tEXt"] = in_png((b"tEXt", b"XML:com.adobe.xmp\0" + xmp(6)))
    files["png, exif behind the pixels"] = in_png((b"eXIf", exif(6, prefix=b"")), behind=True)
    files["png, exif with its name"] = in_png((b"eXIf", exif(6)))
    profile = f"\nexif\n{len(exif(6)):8}\n".encode() + b"\n".join(
        exif(6).hex().encode()[i : i + 72] for i in range(0, 2 * len(exif(6)), 72)
    )
    files["png, raw profile"] = in_png((b"tEXt", b"Raw profile type exif\0" + profile))
    files["png, raw profile compressed"] = in_png((b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile)))
    files["png, raw profile and exif"] = in_png(
        (b"tEXt", b"Raw profile type exif\0" + profile), (b"eXIf", exif(3, prefix=b""))
    )
    files["png, raw profile and xmp"] = in_png(
        (b"tEXt", b"Raw profile type exif\0" + profile), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(3))
    )
    for name, prefix in (("", b""), (" with its name", b"Exif\0\0")):
        files[f"webp, exif{name}"] = encoded(image, "WEBP", lossless=True, exif=exif(6, prefix=prefix))
    files["webp, xmp"] = encoded(image, "WEBP", lossless=True, xmp=xmp(8))
    files["webp, exif 0 and xmp"] = encoded(image, "WEBP", lossless=True, exif=exif(0, prefix=b""), xmp=xmp(8))
    data = image.tobytes()
    for value in range(0, 10):
        files[f"tiff, {value}"] = tiff(5, 3, [8] * 3, 2, [data], extra={274: (3, [value])}.items())
    return files


def make_orientations():
    cases = []
    for name, data in orientation_files().items():
        image = shown(data)
        cases.append({
            "name": name, "file": base64.b64encode(data).decode(), "width": image.width, "height": image.height,
            "pixels": base64.b64encode(image.tobytes()).decode(),
        })
    text = ",\n".join(json.dumps(case) for case in cases)
    (FOLDER / "orientations.json").write_text(f"[\n{text}\n]\n")


make_webp()
make_tiff()
make_bmp()
make_orientations()
