"""Does PyTorch compute with an exported checkpoint what Sedge does with the model it was exported from?

    swift build -c release && python Scripts/check_export.py [--sedge .build/release/sedge]

Converts the trained model of Fixtures/shapes in float32 and int8, folded and not, exports each, loads the export into the
oracle with load_state_dict(strict=True), and compares its labels of the pictures of Fixtures/pictures with those of
`sedge segment --labels`. A pixel may differ only where the oracle scores both labels alike within 1e-5. The text
features come from the oracle's text encoder, so that is checked too. Needs torch, safetensors, h5py, numpy and Pillow.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FIXTURES = os.path.join(ROOT, "Fixtures")
sys.path.insert(0, os.path.join(FIXTURES, "oracle"))
from sed_torch import SED
from train_shapes import SED_SHAPES

MARGIN = 1e-5                    # what verify allows a score of a float32 model (score-max)
SHAPES = os.path.join(FIXTURES, "shapes")
CLASSES = os.path.join(SHAPES, "classes.json")


def check(sedge, folder, options):
    """Converts, exports, runs both; the number of pixels whose labels differ by more than rounding explains."""
    model, weights = os.path.join(folder, "m.sedge"), os.path.join(folder, "m.safetensors")
    subprocess.run([sedge, "convert", os.path.join(SHAPES, "sed_shapes.h5"), "-o", model, "--text-heads", "4",
                    "--resolution", "256", "--top-k", "2", "--templates", os.path.join(SHAPES, "templates.json")]
                   + options, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sedge, "export", model, "-o", weights], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    oracle = SED(SED_SHAPES).eval()
    oracle.load_state_dict(load_file(weights), strict=True)
    # The tokens of the 54 class names, as the golden has them.
    with h5py.File(os.path.join(SHAPES, "sed_shapes.golden.h5")) as golden:
        tokens = torch.from_numpy(golden["tokens"][()]).long()
    text = oracle.text_features(tokens)
    wrong = 0
    for path in sorted(glob.glob(os.path.join(FIXTURES, "pictures", "*.png"))):
        if path.endswith(".labels.png"):
            continue
        labels = os.path.join(folder, "labels.png")
        subprocess.run([sedge, "segment", model, path, "--classes", CLASSES, "--labels", labels], check=True,
                       stdout=subprocess.DEVNULL)
        found = torch.from_numpy(np.array(Image.open(labels)).astype(np.int64))
        scores, _ = oracle(torch.from_numpy(np.array(Image.open(path).convert("RGB"))), text, 2)
        best, expected = scores.max(0)
        beyond = best - scores.gather(0, found[None])[0] > MARGIN
        print(f"  {os.path.basename(path):12} labels equal {(found == expected).double().mean():8.4%}, "
              f"beyond rounding {int(beyond.sum())} pixels")
        wrong += int(beyond.sum())
    return wrong


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--sedge", default=os.path.join(ROOT, ".build", "release", "sedge"))
    args = a.parse_args()
    wrong = 0
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        for codec in ("f32", "int8"):
            for folding in ([], ["--no-fold"]):
                print(f"{codec}, {'not folded' if folding else 'folded'}")
                wrong += check(args.sedge, folder, ["--quantize", codec] + folding)
    if wrong:
        raise SystemExit(f"{wrong} pixels differ")


if __name__ == "__main__":
    main()
