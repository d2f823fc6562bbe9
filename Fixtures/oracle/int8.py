"""What plain 8-bit weights cost: rounds a checkpoint, runs it, and compares with the golden file of the exact one.

    python int8.py GOLDEN.safetensors CHECKPOINT.h5 --config base

Every tensor of two or more dimensions is rounded to the nearest of 255 levels, symmetric, one float32 scale a row (an
index of the first dimension); vectors stay exact. An expectation to hold other 8-bit codes against.
"""
import argparse

import torch
from safetensors import safe_open

import make_checkpoint
from sed_torch import SED


def rounded(weight):
    """Nearest multiple of (largest magnitude of the row) / 127."""
    rows = weight.flatten(1)
    scale = rows.abs().amax(1, keepdim=True) / 127
    return torch.where(scale > 0, (rows / scale).round() * scale, rows).view_as(weight)


@torch.no_grad()
def round_weights(model, prefix=""):
    """Rounds, in place, the tensors of two or more dimensions whose names begin with `prefix`."""
    for name, p in model.named_parameters():
        if p.ndim > 1 and name.startswith(prefix):
            p.copy_(rounded(p))
    return model


def compare(model, image, text, golden, tag, top_k):
    """One line of facts: labels that change, largest differences of scores and of logits, margin where labels change."""
    scores, taps = model(image, text, top_k)
    exact = golden.get_tensor(f"{tag}.scores")
    changed = scores.argmax(0) != exact.argmax(0)
    best = exact.topk(2, dim=0).values
    margin = (best[0] - best[1])[changed]
    logits = golden.get_tensor(f"{tag}.logits")
    moved = f"largest logit difference {(taps['logits'] - logits).abs().max():.4f}, " if logits.shape == taps["logits"].shape \
        else f"classes left {len(taps['logits'])} instead of {len(logits)}, "
    return (f"{changed.sum()} of {changed.numel()} labels change ({changed.float().mean():.3%}), largest score difference "
            f"{(scores - exact).abs().max():.5f}, mean {(scores - exact).abs().mean():.6f}, {moved}"
            f"largest exact margin of a changed label {margin.max() if len(margin) else 0:.5f}, "
            f"median margin of all pixels {(best[0] - best[1]).median():.5f}")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("golden")
    a.add_argument("checkpoint")
    a.add_argument("--config", default="base")
    args = a.parse_args()
    model = make_checkpoint.load(SED(make_checkpoint.configs()[args.config]), args.checkpoint)
    with safe_open(args.golden, "pt") as golden:
        image, text = golden.get_tensor("image"), golden.get_tensor("text_features")
        runs = [("full", None), ("top2", 2)]
        for tag, top_k in runs:
            print(f"exact weights, {tag}:", compare(model, image, text, golden, tag, top_k), flush=True)
        round_weights(model)
        for tag, top_k in runs:
            print(f"int8 image side, exact text features, {tag}:", compare(model, image, text, golden, tag, top_k), flush=True)
        mine = model.text_features(golden.get_tensor("tokens").long())
        cosine = (mine * text).sum(-1)
        print(f"int8 text features: smallest cosine with the exact {cosine.min():.6f}")
        for tag, top_k in runs:
            print(f"int8 everywhere, {tag}:", compare(model, image, mine, golden, tag, top_k), flush=True)


if __name__ == "__main__":
    main()
