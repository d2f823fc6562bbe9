"""Writes catseg/: a small CAT-Seg with random weights, and what it must compute.

    python make_catseg_tiny.py [OUT_DIR]

catseg_nano.h5 is CATSEG_NANO of oracle/catseg_torch.py, which has the special cases of both released sizes at once, but for
its vocabulary of 300 tokens (298 starts a text and 299 ends it). Weights are rounded to three significant bits, which cost
few bytes. catseg_nano.golden.h5 has the runs of oracle/make_catseg.py for a small picture: few.plain every tap but decoder2,
of 2 classes, the others what differs there. `many` is 10 classes where class attention takes 8. No class that is left out is
closer than MARGIN to one that is not: float rounding cannot change which stay.
"""
import dataclasses
import os
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "oracle"))
import make_catseg
import make_checkpoint
from catseg_torch import CATSEG_NANO, CATSeg, init_like_trained

VOCABULARY = 300
FEW, MANY = 2, 10
SIZE = (41, 35)                   # height and width of the picture
SEED = 4
MARGIN = 1e-2
# The taps that a run keeps: of few.plain all but decoder2, of a window those after "window".
KEPT = {
    "few.slide": {"window.logits", "canvas", "scores", "labels"},
    "few.low": {"input", "logits", "scores", "labels"},
    "few.pooled": {"layer0", "logits", "labels"},
    "many.plain": {"cost_map", "kept", "layer0", "logits", "labels"},
    "many.slide": {"window.kept", "scores", "labels"},
}


def is_kept(name):
    run = ".".join(name.split(".")[:2])
    tap = name[len(run) + 1:]
    if run not in KEPT:
        return tap != "decoder2"
    return (f"window.{tap.split('.')[1]}" if tap.startswith("window") and "." in tap else tap) in KEPT[run]


def round_weights(model):
    """Three significant bits, and no difference smaller than 2^-9."""
    with torch.no_grad():
        for p in model.parameters():
            fraction, exponent = torch.frexp(p)
            exponent = exponent.clamp(min=-6)
            p.copy_(torch.ldexp((torch.ldexp(p, -exponent) * 8).round() / 8, exponent))


def margin(model, image, text):
    """How far, in any window, the least present class that goes on is from the most present that does not."""
    limit, smallest = model.cfg.pad_len, float("inf")
    for sliding in (False, True):
        for name, tap in model(image, text, sliding=sliding)[1].items():
            if name.endswith("cost_map"):
                ordered = tap.flatten(1).amax(1).sort(descending=True).values
                smallest = min(smallest, (ordered[limit - 1] - ordered[limit]).item())
    return smallest


def main():
    torch.set_num_threads(1)      # so that sums have one order, whatever the machine
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "catseg")
    os.makedirs(folder, exist_ok=True)
    stem = os.path.join(folder, "catseg_nano")
    model = init_like_trained(CATSeg(dataclasses.replace(CATSEG_NANO, vocab_size=VOCABULARY)).eval(), SEED)
    round_weights(model)
    make_checkpoint.write(model, "h5-small", lambda ext: f"{stem}.{ext}")
    image, tokens = make_checkpoint.random_inputs(model.cfg, SEED + 1, classes=MANY, size=SIZE, words=(1, VOCABULARY - 2))
    out = make_catseg.golden(model, image, tokens[:, :, 0], FEW, MANY)
    closest = margin(model, image, out["text_features"])
    print(f"closest class left out: {closest:.1e}")
    if closest < MARGIN:
        raise SystemExit("choose another seed")
    out = {k: v.to(torch.uint8) if k.endswith((".labels", ".kept")) else v for k, v in out.items() if is_kept(k)}
    make_checkpoint.save_tensors(out, f"{stem}.golden.h5")


if __name__ == "__main__":
    main()
