"""Writes the tiny checkpoints of tiny/, what each must compute, and what its tensors alone do not tell.

    python make_tiny.py [OUT_DIR]

Every variant is NAME.h5 (weights), NAME.golden.h5, of linear NAME.golden.safetensors (inputs and the taps of the oracle),
and NAME.json (the configuration). `full.*` holds every tap; `topK.*`, with early rejection, those behind it: what comes before equals
`full.*` bit for bit, and decoder3 is left to its logits. The vocabulary is 300 tokens; 298 starts a text and 299 ends
it. Seeds are chosen so that early rejection drops some classes and no decision is closer than MARGIN: float rounding
cannot change which classes stay.
"""
import dataclasses
import json
import os
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "oracle"))
import make_checkpoint
from sed_torch import SED, SEDConfig, init_like_trained

VOCABULARY = 300
MARGIN = 4e-4
TINY = SEDConfig(depths=(1, 1, 2, 1), dims=(8, 12, 16, 24), embed_dim=24, text_width=16, text_heads=2, text_layers=2,
                 vocab_size=VOCABULARY, prompt_channels=3, hidden_dim=24, decoder_dims=(16, 16, 16),
                 guidance_proj_dims=(8, 4, 4), heads=4, kernel=9, pooling=1, resolution=64)


@dataclasses.dataclass(frozen=True)
class Variant:
    config: SEDConfig
    seed: int                     # of the weights; the inputs take the next number
    classes: int
    synonyms: int = 1
    size: tuple = (40, 53)        # height and width of the picture
    format: str = "h5-small"
    golden: str = "h5"
    top_ks: tuple = (None, 1, 2)  # the first is no rejection


def vary(**changes):
    return dataclasses.replace(TINY, **changes)


VARIANTS = {
    "linear": Variant(TINY, 119, 4, format="h5-gzip", golden="safetensors", top_ks=(None, 1, 2, 8)),
    "mlp": Variant(vary(depths=(2, 1, 3, 1), dims=(8, 12, 20, 24), head="mlp", embed_dim=20, text_width=12,
                        text_heads=3, prompt_channels=2, hidden_dim=20, guidance_proj_dims=(4, 8, 4)),
                   58, 3, synonyms=2, size=(90, 61), format="h5-nested-small"),
    "pooled": Variant(vary(pooling=2, kernel=7, heads=8, prompt_channels=5), 165, 5),
    "wide": Variant(vary(text_layers=4, text_heads=4, prompt_channels=2, decoder_dims=(32, 16, 16),
                         guidance_proj_dims=(16, 12, 8)),
                    51, 5, size=(33, 64)),
}


def margin(out, top_ks):
    """The smallest difference between the last class kept and the first class dropped, over pixels and stages."""
    smallest = float("inf")
    for top_k in top_ks[1:]:
        for stage in range(3):
            score = out[f"top{top_k}.aux{stage}"]
            if top_k < len(score):
                ordered = score.sort(dim=0, descending=True).values
                smallest = min(smallest, (ordered[top_k - 1] - ordered[top_k]).min().item())
    return smallest


def check_margin(name, out, top_ks, least):
    """Tells what rejection leaves; stops where its closest decision is too close."""
    alive = {k: [len(out[f"top{k}.alive{i}"]) for i in range(3)] for k in top_ks[1:]}
    closest = margin(out, top_ks)
    print(f"{name}: classes left {alive}, closest decision {closest:.1e}")
    if closest < least:
        raise SystemExit(f"{name}: a rejection is decided by less than {least}; choose another seed")


def build(variant, words=(1, VOCABULARY - 2)):
    """The model and its golden inputs: a picture, and prompts of ids in `words`."""
    model = init_like_trained(SED(variant.config).eval(), variant.seed)
    inputs = make_checkpoint.random_inputs(variant.config, variant.seed + 1, classes=variant.classes,
                                           synonyms=variant.synonyms, size=variant.size, words=words)
    return model, inputs


def describe(variant):
    c = variant.config
    return {"depths": c.depths, "dims": c.dims, "visual_head": c.head, "embed_dim": c.embed_dim,
            "text_width": c.text_width, "text_heads": c.text_heads, "text_layers": c.text_layers,
            "context_length": c.context_length, "vocab": c.vocab_size, "start_token": c.vocab_size - 2,
            "end_token": c.vocab_size - 1, "prompts": c.prompt_channels, "hidden_dim": c.hidden_dim,
            "decoder_dims": c.decoder_dims, "guidance_dims": c.guidance_proj_dims, "heads": c.heads, "kernel": c.kernel,
            "pooling": c.pooling, "resolution": c.resolution, "classes": variant.classes, "synonyms": variant.synonyms,
            "seed": variant.seed}


def write_description(variant, path):
    rows = (f"\n  {json.dumps(k)}: {json.dumps(v)}" for k, v in describe(variant).items())
    with open(path, "w") as f:
        f.write("{" + ",".join(rows) + "\n}\n")


def main():
    torch.set_num_threads(1)      # so that sums have one order, whatever the machine
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "tiny")
    os.makedirs(folder, exist_ok=True)
    for name, variant in VARIANTS.items():
        stem = os.path.join(folder, name)
        model, inputs = build(variant)
        make_checkpoint.write(model, variant.format, lambda ext: f"{stem}.{ext}")
        out = make_checkpoint.write_golden(model, f"{stem}.golden.{variant.golden}", *inputs, variant.top_ks,
                                           make_checkpoint.BEFORE_REJECTION | {"decoder3"})
        check_margin(name, out, variant.top_ks, MARGIN)
        write_description(variant, f"{stem}.json")


if __name__ == "__main__":
    main()
