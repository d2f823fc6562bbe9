"""Small fixtures, damaged at random: flipped bits, bytes of another file, pieces removed, repeated and exchanged."""

# Fixtures of each kind; a damaged one is read or refused, except a .sedge file, whose checksums find every change.
SOURCES = {
    "checkpoint": ["safetensors/types.safetensors", "torch/checkpoint.pth", "torch/checkpoint_legacy.pth", "torch/views.pth", "torch/types_zip64.pth", "torch/arrays.pth",
                   "torch/arrays2.pkl", "torch/module.pth", "torch/types_deflated.pth", "torch/beside5.pth", "onnx/text.onnx", "onnx/text-fused.onnx", "onnx/image-noted.onnx",
                   "hdf5/attributes.h5", "hdf5/filters.h5", "hdf5/latest.h5", "hdf5/links.h5", "hdf5/version_2.h5", "hdf5/types.h5", "hdf5/lzf.h5", "hdf5/names.h5",
                   "hdf5/unwritten.h5"],
    "model": ["attacks/clip.sedge", "sedge/version2.sedge", "sedge/version1-zstd.sedge"],
    "golden": ["clip/mlp.golden.safetensors"],
    "picture": ["images/color8.png", "images/palette4-interlaced.png", "images/color16-interlaced.png", "images/jpeg-420.jpg", "images/jpeg-progressive.jpg",
                "images/jpeg-restarts.jpg", "images/jpeg-cmyk.jpg", "images/jpeg-orientation6.jpg", "images/tiff-lzw.tif", "images/tiff-deflate.tif", "images/tiff-jpeg.tif",
                "images/tiff-tiles.tif", "images/tiff-packbits.tif", "images/webp-lossy.webp", "images/webp-lossless.webp", "images/webp-alpha.webp", "images/bmp-palette.bmp",
                "images/bmp-bits.bmp"],
}
HEADS = 4096  # most faults are in the first bytes, where counts and offsets are


def flipped(data, other, random):
    out = bytearray(data)
    for _ in range(random.choice([1, 2, 8, 64])):
        place = random.randrange(min(len(out), random.choice([HEADS, len(out)])))
        out[place] ^= 1 << random.randrange(8)
    return bytes(out)


def extreme(data, other, random):
    """A number of 1 to 8 bytes becomes one at the end of its range."""
    size = random.choice([1, 2, 4, 8])
    place = random.randrange(max(1, min(len(data), HEADS) - size))
    value = random.choice([b"\0", b"\xff", b"\x7f", b"\x80"]) * size
    return data[:place] + value[:size] + data[place + size:]


def cut(data, other, random):
    return data[:random.randrange(len(data))]


def removed(data, other, random):
    place = random.randrange(len(data))
    return data[:place] + data[place + random.choice([1, 8, 64, 512]):]


def repeated(data, other, random):
    place, size = random.randrange(len(data)), random.choice([8, 64, 512])
    return data[:place] + data[place:place + size] * random.choice([2, 16, 64]) + data[place + size:]


def exchanged(data, other, random):
    a, b, size = random.randrange(len(data)), random.randrange(len(data)), random.choice([4, 16, 64])
    a, b = min(a, b), max(a, b)
    return data[:a] + data[b:b + size] + data[a + size:b] + data[a:a + size] + data[b + size:]


def spliced(data, other, random):
    """The beginning of one file and the end of another of its kind."""
    return data[:random.randrange(len(data))] + other[random.randrange(len(other)):]


def make(corpus):
    for kind, sources in SOURCES.items():
        for i, source in enumerate(sources):
            data, other = corpus.fixture(source), corpus.fixture(sources[i - 1])
            stem, ending = source.split("/")[-1].rsplit(".", 1)
            for change in [flipped, extreme, cut, removed, repeated, exchanged, spliced]:
                damaged = change(data, other, corpus.random)
                if damaged != data:
                    # A damaged part of a .sedge file is found when that part is used.
                    outcome = "payload" if kind == "model" else "either"
                    corpus.add(f"damage/{kind}-{stem.replace('.', '-')}-{change.__name__}.{ending}", damaged, kind if kind == "golden" else f"{kind}-brief", outcome)
