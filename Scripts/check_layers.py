"""Are the errors of layers that `sedge verify` reports those that PyTorch computes, each layer alone?

    swift build -c release && python Scripts/check_layers.py [--sedge .build/release/sedge]

Converts the trained model of Fixtures/shapes without folding in int8 and int4, exports it, and verifies it on one picture. The oracle
runs with the source's weights; each linear layer, convolution and norm of image encoder and decoder is computed again on its input with
the exported weights. The text features of the picture's run are the oracle's. Prints the largest difference of a local error from
PyTorch's, relative to it or to the noise of float32 sums, whichever is larger. Ends with 1 where it is more than 1e-3 and
more than 4 times the noise of a layer. Needs torch, safetensors, h5py, numpy and Pillow.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FIXTURES = os.path.join(ROOT, "Fixtures")
sys.path[:0] = [FIXTURES, os.path.join(FIXTURES, "oracle")]
import predict
from sed_torch import SED
from train_shapes import SED_SHAPES

SHAPES = os.path.join(FIXTURES, "shapes")
PREFIX = "sem_seg_head.predictor."
# As many classes as verify measures layers with.
CLASSES = 16


def reported(sedge, folder, form, picture):
    """The layers of verify by name, and the stored weights."""
    model, weights, pictures = (os.path.join(folder, name) for name in ("m.sedge", "m.safetensors", "pictures"))
    os.makedirs(pictures, exist_ok=True)
    shutil.copy(picture, pictures)
    source = os.path.join(SHAPES, "sed_shapes.h5")
    subprocess.run([sedge, "convert", source, "-o", model, "--force", "--no-fold", "--quantize", form, "--text-heads", "4", "--resolution",
                    "256", "--templates", os.path.join(SHAPES, "templates.json")], check=True, capture_output=True)
    subprocess.run([sedge, "export", model, "-o", weights, "--force"], check=True, capture_output=True)
    done = subprocess.run([sedge, "verify", model, "--against", source, "--images", pictures, "--classes",
                           os.path.join(SHAPES, "classes.json"), "--json"], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    layers = json.loads(done.stdout)["reports"][0]["layers"]
    return {layer["name"]: layer for layer in layers}, load_file(weights)


def local_errors(weights, picture):
    """The relative RMS error of each module with the stored weights, on its input in the source."""
    source, tokens = predict.trained()
    stored = SED(SED_SHAPES)
    stored.load_state_dict(weights, strict=True)
    modules, sums = dict(stored.named_modules()), {}
    kinds = (torch.nn.Linear, torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.LayerNorm, torch.nn.GroupNorm)

    def watch(name):
        def hook(_, inputs, output):
            other = modules[name](*inputs)
            sums[name] = sums.get(name, np.zeros(2)) + [((other - output).double() ** 2).sum().item(), (output.double() ** 2).sum().item()]
        return hook

    for name, module in source.named_modules():
        if isinstance(module, kinds) and ".clip_model.transformer." not in name and not name.endswith("ln_final"):
            module.register_forward_hook(watch(name))
    text = source.text_features(tokens[:CLASSES])
    sums.clear()
    with torch.no_grad():
        source(torch.from_numpy(np.asarray(Image.open(picture).convert("RGB")).copy()), text)
    return {f"{name}.weight".removeprefix(PREFIX): (errors / squares) ** 0.5 for name, (errors, squares) in sums.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sedge", default=os.path.join(ROOT, ".build/release/sedge"))
    arguments = parser.parse_args()
    picture = os.path.join(FIXTURES, "pictures", "sky.png")
    is_bad = False
    for form in ("int8", "int4"):
        with tempfile.TemporaryDirectory() as folder:
            layers, weights = reported(os.path.realpath(arguments.sedge), folder, form, picture)
            expected = local_errors(weights, picture)
        missing = sorted(set(expected) - set(layers))
        worst, place, most = 0, "", 0
        for name, error in expected.items():
            if name in missing:
                continue
            layer = layers[name]
            difference = abs(layer["local"] - error)
            most = max(most, difference / layer["noise"])
            relative = difference / max(error, layer["noise"])
            if relative > worst:
                worst, place = relative, name
        print(f"{form}: {len(expected) - len(missing)} layers, largest difference of a local error {worst:.2e} of it ({place}), "
              f"{most:.2g} times the noise" + (f"; not reported: {', '.join(missing)}" if missing else ""))
        is_bad |= bool(missing) or (worst > 1e-3 and most > 4)
    sys.exit(1 if is_bad else 0)


if __name__ == "__main__":
    main()
