#!/usr/bin/env python3
"""Makes the pictures in this folder and, beside each, its pixels as Pillow reads them: NAME.rgb, 8 bits, row-major.

NAME.labels holds the samples of a picture of one channel as they are stored, 16 bits, little-endian.

Needs Pillow. The PNG files are put together here chunk by chunk, for Pillow writes only some of the colour types.
"""

import io
import random
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageOps

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 13, 11
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(row, depth):
    """The bytes of one row of samples."""
    bits = "".join(format(sample, f"0{depth}b") for pixel in row for sample in pixel)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def png(rows, depth, color_type, extra=b"", interlaced=False):
    height, width = len(rows), len(rows[0])
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    data = b""
    for x0, y0, dx, dy in passes:
        for row in rows[y0::dy]:
            if row[x0::dx]:
                data += b"\0" + packed(row[x0::dx], depth)
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")
    )


def samples(depth, color_type, seed, limit=None):
    numbers = random.Random(seed)
    top = (limit or 1 << depth) - 1
    channels = CHANNELS[color_type]
    return [[[numbers.randint(0, top) for _ in range(channels)] for _ in range(WIDTH)] for _ in range(HEIGHT)]


def save(name, data, pixels=None):
    (FOLDER / name).write_bytes(data)
    if pixels is None:
        with Image.open(io.BytesIO(data)) as image:
            pixels = ImageOps.exif_transpose(image).convert("RGB").tobytes()
    (FOLDER / name).with_suffix(".rgb").write_bytes(pixels)


def make_png():
    palette = bytes(random.Random(1).randrange(256) for _ in range(3 * 256))
    names = {0: "gray", 2: "color", 3: "palette", 4: "gray-alpha", 6: "color-alpha"}
    depths = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}
    for color_type, name in names.items():
        for depth in depths[color_type]:
            extra = chunk(b"PLTE", palette[: 3 << depth]) if color_type == 3 else b""
            rows = samples(depth, color_type, f"{name}{depth}")
            # Pillow clips gray of 16 bits at 255; the high byte is what it takes of colour.
            pixels = None
            if depth == 16 and color_type == 0:
                pixels = bytes(sample >> 8 for row in rows for pixel in row for sample in pixel * 3)
            for interlaced in (False, True):
                suffix = "-interlaced" if interlaced else ""
                save(f"{name}{depth}{suffix}.png", png(rows, depth, color_type, extra, interlaced), pixels)
            if CHANNELS[color_type] == 1:
                labels = [sample for row in rows for pixel in row for sample in pixel]
                (FOLDER / f"{name}{depth}.labels").write_bytes(struct.pack(f"<{len(labels)}H", *labels))
    plte = chunk(b"PLTE", palette[:12])
    save("palette8-short.png", png(samples(8, 3, 2, 6), 8, 3, plte))
    save("palette8-transparent.png", png(samples(8, 3, 3, 4), 8, 3, plte + chunk(b"tRNS", b"\0\x80")))
    save("gray8-transparent.png", png(samples(8, 0, 4, 4), 8, 0, chunk(b"tRNS", b"\0\2")))
    save("color8-transparent.png", png(samples(8, 2, 5, 2), 8, 2, chunk(b"tRNS", b"\0\1\0\0\0\1")))
    gamma = chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"bKGD", b"\0\1\0\2\0\3")
    save("color8-gamma.png", png(samples(8, 2, 6), 8, 2, gamma))


def scene():
    image = Image.new("RGB", (29, 19))
    for y in range(19):
        for x in range(29):
            image.putpixel((x, y), (9 * x % 256, 13 * y % 256, 255 if (x // 7 + y // 5) % 2 else 20))
    return image


def jpeg(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def make_jpeg():
    image = scene()
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        save(f"jpeg-{name}.jpg", jpeg(image, subsampling=subsampling))
    save("jpeg-progressive.jpg", jpeg(image, subsampling=2, progressive=True))
    save("jpeg-gray.jpg", jpeg(image.convert("L")))
    save("jpeg-cmyk.jpg", jpeg(image.convert("CMYK")))
    save("jpeg-rgb.jpg", jpeg(image, keep_rgb=True))
    save("jpeg-restarts.jpg", jpeg(image, restart_marker_blocks=1))
    plain = jpeg(image, subsampling=0)
    save("jpeg-extra-bytes.jpg", plain[:-2] + b"\0\0\0" + plain[-2:] + b"behind the end")
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x010F] = "a camera"
        exif[0x0112] = orientation
        data = exif.tobytes()
        save(f"jpeg-orientation{orientation}.jpg", jpeg(image, subsampling=0, exif=data))


make_png()
make_jpeg()
