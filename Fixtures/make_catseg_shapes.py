"""Remakes the golden file and the name lists of catseg_shapes/ from its checkpoint, and says how well the model does.

    python make_catseg_shapes.py [OUT_DIR] [--evaluate PICTURES]

Needs open_clip_torch for the tokens. The golden is a part of a drawn picture with 12 of the 54 names, in one look and in
windows; to bound its size it keeps some taps only. --evaluate prints the accuracy on drawn pictures that were not trained on.
"""
import argparse
import json
import os
import sys

import numpy as np
import open_clip
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "oracle"))
import make_catseg
import make_checkpoint
import shapes
from catseg_torch import CATSeg, TEMPLATE
from train_catseg_shapes import CATSEG_SHAPES, evaluate, tokens_of

PICTURE = 3                       # with unseen classes, as in shapes/
PART = (slice(40, 152), slice(60, 156))
CLASSES = 12
TAPS = {
    "few.plain": {"embedding", "cost_map", "logits", "labels"},
    "few.slide": {"labels"},
}


def golden_classes(label):
    """The names in a picture and the first others."""
    present = np.unique(label).tolist()
    return sorted(present + [c for c in range(len(shapes.CLASSES)) if c not in present][:CLASSES - len(present)])


def write_golden(model, tokens, path):
    image, label = (part[PART] for part in shapes.draw(PICTURE, unseen=True))
    classes = golden_classes(label)
    out = make_catseg.golden(model, torch.from_numpy(image.copy()), tokens[classes], few=len(classes))
    print("golden of", [shapes.CLASSES[c] for c in classes])
    kept = {f"{run}.{tap}" for run, taps in TAPS.items() for tap in taps} | {"image", "tokens", "text_features"}
    out = {k: v.to(torch.uint8) if k.endswith(".labels") else v for k, v in out.items() if k in kept}
    make_checkpoint.save_tensors(out, path)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out", nargs="?", default=os.path.join(HERE, "catseg_shapes"))
    a.add_argument("--evaluate", type=int, metavar="PICTURES")
    args = a.parse_args()
    torch.set_num_threads(1)
    model = make_checkpoint.load(CATSeg(CATSEG_SHAPES), os.path.join(HERE, "catseg_shapes", "catseg_shapes.h5"))
    tokens = tokens_of(shapes.CLASSES, open_clip.get_tokenizer("ViT-B-32"))
    write_golden(model, tokens, os.path.join(args.out, "catseg_shapes.golden.h5"))
    for name, rows in (("classes", shapes.CLASSES), ("templates", (TEMPLATE,)), ("unseen", shapes.UNSEEN)):
        with open(os.path.join(args.out, f"{name}.json"), "w") as f:
            f.write("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    for sliding in (False, True) if args.evaluate else ():
        print("windows" if sliding else "one look", "mIoU, of unseen and of seen names, pixel accuracy:",
              *(f"{v:.3f}" for v in evaluate(model, tokens, range(args.evaluate), sliding)), flush=True)


if __name__ == "__main__":
    main()
