"""Remakes the golden file and the name lists of shapes/ from its checkpoint.

    python make_shapes.py [OUT_DIR]

The tokens are the one input that is not computed here: they are OpenCLIP's for classes.json and templates.json
(train_shapes.tokens_of), and are taken from the golden file that is already there. To bound its size the golden file keeps
some taps only, without rejection and with k = 2; make_goldens.py writes all.
"""
import json
import os
import sys

import torch

import predict                   # also lets the modules of oracle/ be imported
import shapes
from make_checkpoint import save_tensors
from train_shapes import TEMPLATES

TAPS = ("res5", "embedding", "cost_map", "aux0", "aux1", "aux2", "alive0", "alive1", "alive2", "logits")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else predict.SHAPES
    os.makedirs(folder, exist_ok=True)
    model, tokens = predict.trained()
    image = torch.from_numpy(shapes.draw(predict.GOLDEN_PICTURE, unseen=True)[0])
    text = model.text_features(tokens)
    out = {"image": image, "tokens": tokens.int(), "text_features": text}
    for tag, top_k in (("full", None), ("top2", 2)):
        scores, taps = model(image, text, top_k)
        # What comes before the first rejection is the same in both.
        kept = TAPS if top_k is None else [k for k in TAPS if k not in ("res5", "embedding", "cost_map", "aux0")]
        out |= {f"{tag}.{k}": taps[k].contiguous() for k in kept if k in taps}
        out[f"{tag}.labels"] = scores.argmax(0).to(torch.uint8)
    save_tensors(out, os.path.join(folder, "sed_shapes.golden.h5"))
    for name, rows in (("classes", shapes.CLASSES), ("templates", TEMPLATES), ("unseen", shapes.UNSEEN)):
        with open(os.path.join(folder, f"{name}.json"), "w") as f:
            f.write("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")


if __name__ == "__main__":
    main()
