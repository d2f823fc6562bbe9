"""Label pictures by the oracle, with the trained model of shapes/: what any other implementation should predict.

    python predict.py PICTURES_DIR OUT_DIR [--top-k K] [--int8] [--preprocess sed]

Reads img_*.png and writes img_*.labels.png: 8-bit gray, each pixel the index of its class in shapes/classes.json.
--int8 first rounds every weight matrix and kernel to 8 bits, one scale a row (int8.py). --preprocess sed begins with the
published evaluation's resizing by Pillow (sed_torch.published_resize).
"""
import argparse
import glob
import os
import sys

import h5py
import numpy as np
import torch
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN_PICTURE = 3               # the drawn picture of shapes/sed_shapes.golden.h5, with unseen classes
SHAPES = os.path.join(HERE, "shapes")
sys.path.insert(0, os.path.join(HERE, "oracle"))
import int8
import make_checkpoint
from sed_torch import SED
from train_shapes import SED_SHAPES


def trained():
    """The trained model and the tokens of its 54 class names."""
    model = make_checkpoint.load(SED(SED_SHAPES), os.path.join(SHAPES, "sed_shapes.h5"))
    with h5py.File(os.path.join(SHAPES, "sed_shapes.golden.h5")) as golden:
        tokens = torch.from_numpy(golden["tokens"][()]).long()
    return model, tokens


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("pictures")
    a.add_argument("out")
    a.add_argument("--top-k", type=int)
    a.add_argument("--int8", action="store_true")
    a.add_argument("--preprocess", choices=("square", "sed"), default="square")
    args = a.parse_args()
    paths = sorted(p for p in glob.glob(os.path.join(args.pictures, "img_*.png")) if not p.endswith(".labels.png"))
    if not paths:
        raise SystemExit(f"no img_*.png in {args.pictures}")
    os.makedirs(args.out, exist_ok=True)
    model, tokens = trained()
    if args.int8:
        int8.round_weights(model)
    text = model.text_features(tokens)
    for path in paths:
        image = np.array(Image.open(path).convert("RGB"))
        scores, _ = model(torch.from_numpy(image), text, args.top_k, published=args.preprocess == "sed")
        name = os.path.basename(path).replace(".png", ".labels.png")
        Image.fromarray(scores.argmax(0).numpy().astype(np.uint8)).save(os.path.join(args.out, name), optimize=True)


if __name__ == "__main__":
    main()
