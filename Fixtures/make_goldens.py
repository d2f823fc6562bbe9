"""Writes the larger checkpoints and goldens that do not ship: for a thorough comparison with the oracle.

    python make_goldens.py OUT_DIR [--only NAME,...]

sed_nano (random), sed_shapes (trained; the drawn picture and the class names of shapes/, with every tap), and four random
configurations of small width with the full vocabulary. Each is NAME.h5 and NAME.golden.safetensors; the random
configurations also have the NAME.json that make_tiny.py explains. SED-B and SED-L are made by oracle/make_checkpoint.py.
"""
import argparse
import dataclasses
import os
import shutil

import torch

import make_tiny                 # also lets the modules of oracle/ be imported
from make_tiny import HERE, Variant
import make_checkpoint
from sed_torch import SED, SED_NANO, init_like_trained


def vary(**changes):
    return dataclasses.replace(SED_NANO, **changes)


MARGIN = 2e-5                    # no rejection is decided closer, as in make_tiny.py
VARIANTS = {
    "mlp": Variant(vary(depths=(2, 2, 3, 1), dims=(24, 40, 56, 72), head="mlp", embed_dim=48, text_width=48,
                        text_heads=3),
                   10, 7, synonyms=3, size=(97, 160), format="h5-nested"),
    "pooled": Variant(vary(pooling=2, kernel=7, heads=8, prompt_channels=6, hidden_dim=64, decoder_dims=(48, 32, 16)),
                      20, 11, size=(128, 128)),
    # A side of 5 cells: pooling drops the last row and column.
    "odd": Variant(vary(pooling=2, resolution=160, dims=(20, 28, 44, 52), decoder_dims=(16, 32, 16), heads=2),
                   34, 5, size=(301, 77), format="h5"),
    "many": Variant(vary(depths=(1, 2, 5, 2), text_layers=6, text_heads=8, prompt_channels=3, kernel=5,
                         guidance_proj_dims=(16, 8, 12)), 40, 40, size=(64, 210), top_ks=(None, 1, 2, 8)),
}


def write_random(folder, name):
    variant = VARIANTS[name]
    stem = os.path.join(folder, name)
    model, inputs = make_tiny.build(variant, words=(256, 49000))
    make_checkpoint.write(model, variant.format, lambda ext: f"{stem}.{ext}")
    out = make_checkpoint.write_golden(model, f"{stem}.golden.safetensors", *inputs, variant.top_ks)
    make_tiny.write_description(variant, f"{stem}.json")
    make_tiny.check_margin(name, out, variant.top_ks, MARGIN)


def write_nano(folder):
    model = init_like_trained(SED(SED_NANO).eval(), 0)
    make_checkpoint.write(model, "h5", lambda ext: os.path.join(folder, f"sed_nano.{ext}"))
    make_checkpoint.golden(model, os.path.join(folder, "sed_nano.golden.safetensors"), 1)
    print("sed_nano")


def write_shapes(folder):
    import predict
    import shapes
    model, tokens = predict.trained()
    image, _ = shapes.draw(predict.GOLDEN_PICTURE, unseen=True)
    out = make_checkpoint.write_golden(model, os.path.join(folder, "sed_shapes.golden.safetensors"),
                                       torch.from_numpy(image), tokens, (None, 1, 2, 8))
    shutil.copyfile(os.path.join(HERE, "shapes", "sed_shapes.h5"), os.path.join(folder, "sed_shapes.h5"))
    make_tiny.check_margin("sed_shapes", out, (None, 1, 2, 8), MARGIN)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out")
    a.add_argument("--only", help="some of sed_nano,sed_shapes," + ",".join(VARIANTS))
    args = a.parse_args()
    os.makedirs(args.out, exist_ok=True)
    for name in args.only.split(",") if args.only else ("sed_nano", "sed_shapes", *VARIANTS):
        if name == "sed_nano":
            write_nano(args.out)
        elif name == "sed_shapes":
            write_shapes(args.out)
        else:
            write_random(args.out, name)


if __name__ == "__main__":
    main()
