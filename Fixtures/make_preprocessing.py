"""Writes preprocessing/: what SED's published preprocessing makes of pictures, by Pillow and PyTorch.

    python make_preprocessing.py [OUT_DIR]

sed.tsv     many sizes; pictures are noise by a formula. A line has, tab-separated: height, width; height and width after the
            first step (the shorter side to 640, the longer to at most 2560); FNV-1a of the bytes that Pillow's BILINEAR makes of
            them; then, of the encoder's input (normalized, bilinear to 768 x 768): the mean over all values, and five values, whose
            places follow from the line's number
NAME.png    the labels of ../pictures/NAME.png by the trained model of shapes/ with this preprocessing, classes.json
sed_shapes.golden.safetensors
            a golden of the same model on a part of a picture, with fewer classes

Needs torch, numpy, h5py, safetensors and Pillow 13.
"""
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

import predict                   # also lets the modules of oracle/ be imported
import shapes
from sed_torch import SED_BASE, normalize, published_size

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES = ("bricks", "sand", "sky")
GOLDEN_CLASSES = ("sky", "grass", "orange ring")
GOLDEN_PART = (slice(96, 120), slice(64, 96))

SIZES = (
    # As data sets have them.
    (375, 500), (500, 375), (333, 500), (500, 334), (281, 500), (500, 281), (256, 256), (512, 683), (683, 512), (427, 640),
    (640, 427), (480, 640), (640, 480), (600, 800), (768, 1024), (1024, 768), (1080, 1920), (1920, 1080), (720, 1280),
    (1200, 1600), (1536, 2048), (3000, 2000),
    # No first step, or hardly any.
    (640, 640), (640, 2560), (2560, 640), (640, 999), (999, 640), (639, 640), (640, 641), (641, 640), (641, 1000), (1000, 641),
    (768, 768), (767, 769), (1280, 1280), (1279, 1281),
    # The limit of the longer side.
    (160, 640), (160, 641), (641, 160), (300, 3000), (3000, 300), (100, 2000), (2000, 100), (800, 3200), (3201, 800),
    (1300, 5200), (5201, 1300), (13, 1000), (1000, 13), (90, 7), (7, 90),
    # Few pixels.
    (1, 1), (1, 2), (2, 1), (2, 2), (3, 5), (5, 3), (4, 5), (1, 300), (300, 1), (1, 5000), (5000, 1), (2, 999), (999, 3),
    (17, 19), (31, 33), (64, 48), (97, 140))
SIDE = SED_BASE.resolution
SAMPLES = 5


def noise(height, width):
    """Height x width x 3 bytes without any pattern that a filter could miss."""
    i = np.arange(height * width * 3, dtype=np.uint64)
    return (i * np.uint64(2654435761) >> np.uint64(16)).astype(np.uint8).reshape(height, width, 3)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def places(line):
    """The indices of a line's values, height x width x channel."""
    return [(line * SAMPLES + k) * 2654435761 % (SIDE * SIDE * 3) for k in range(SAMPLES)]


def write_sizes(path):
    with open(path, "w") as f:
        for line, (height, width) in enumerate(SIZES):
            new_height, new_width = published_size(height, width)
            resized = np.asarray(Image.fromarray(noise(height, width)).resize((new_width, new_height), Image.BILINEAR))
            x = F.interpolate(normalize(torch.from_numpy(resized.copy()))[None], size=(SIDE, SIDE), mode="bilinear",
                              align_corners=False)[0].permute(1, 2, 0).reshape(-1)
            values = [x.double().mean().item()] + [x[i].item() for i in places(line)]
            f.write("\t".join([*map(str, (height, width, new_height, new_width)), f"{fnv1a(resized.tobytes()):016x}",
                               *(f"{v:.8g}" for v in values)]) + "\n")


def picture(name):
    return torch.from_numpy(np.array(Image.open(os.path.join(HERE, "pictures", f"{name}.png")).convert("RGB")))


def write_labels(folder, model, tokens):
    text = model.text_features(tokens)
    for name in PICTURES:
        labels, direct = (model(picture(name), text, published=published)[0].argmax(0) for published in (True, False))
        print(name, f"{(labels != direct).float().mean():.4%} of the labels differ from those of direct resizing")
        Image.fromarray(labels.numpy().astype(np.uint8)).save(os.path.join(folder, f"{name}.png"), optimize=True)


def write_golden(path, model, tokens):
    tokens = tokens[[shapes.CLASSES.index(name) for name in GOLDEN_CLASSES]]
    tokens = tokens[..., :int((tokens != 0).sum(-1).max())]
    image = picture("sky")[GOLDEN_PART].contiguous()
    padded = F.pad(tokens, (0, model.cfg.context_length - tokens.shape[-1]))
    text = model.text_features(padded)
    out = {"image": image, "tokens": tokens.int(), "text_features": text}
    for tag, top_k in (("full", None), ("top1", 1)):
        scores, taps = model(image, text, top_k, published=True)
        out |= {f"{tag}.{name}": value for name, value in taps.items() if name.startswith("alive")}
        out[f"{tag}.labels"] = scores.argmax(0).to(torch.uint8)
    out["full.scores"] = model(image, text, published=True)[0]
    print("golden", {GOLDEN_CLASSES[i]: int(n) for i, n in enumerate(out["full.labels"].flatten().bincount())})
    save_file({name: value.contiguous() for name, value in out.items()}, path)


def main():
    torch.set_num_threads(1)
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "preprocessing")
    os.makedirs(folder, exist_ok=True)
    write_sizes(os.path.join(folder, "sed.tsv"))
    model, tokens = predict.trained()
    write_labels(folder, model, tokens)
    write_golden(os.path.join(folder, "sed_shapes.golden.safetensors"), model, tokens)


if __name__ == "__main__":
    main()
