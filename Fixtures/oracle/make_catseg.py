"""Writes a CAT-Seg checkpoint in every format a user may hold, and what the model must compute from it.

    python make_catseg.py OUT_DIR [--config nano|base|large] [--formats pth,h5,...] [--golden] [--seed N] [--keys FILE.tsv]
    python make_catseg.py OUT_DIR --from model_base.pth --config base --golden
    python make_catseg.py OUT_DIR --from ../catseg_shapes/catseg_shapes.h5 --config shapes --golden

Needs torch and numpy; h5py, onnx + onnxscript and safetensors for their formats. Weights are random (scaled like trained
ones) unless --from names a checkpoint (.pth or .h5). Formats: those of make_checkpoint.py, by the same names, and

  pth-openai   the CLIP part alone as OpenAI has it: one in_proj_weight a block, no prefix, three numbers, part of it half
  onnx         window -> logits: image encoder, cost aggregation and decoder in one graph, for 5 classes
  onnx-dynamo  the same from the newer exporter          onnx-text  the text encoder alone

A golden file (safetensors) holds the inputs (uint8 image, tokens) and the taps of the forward pass: for 5 classes ("few")
in one look ("plain"), in windows ("slide"), with the pooling of training ("pooled") and, in one look again, at the image's
first 20 rows ("low"); for nano also for 12 classes ("many"), which is more than its class attention takes. Of a window, the
input, the classes kept and the logits. N classes means the first N rows of tokens.
"""
import argparse
import copy
import dataclasses
import os
import warnings

import torch

import catseg_torch
import make_checkpoint

warnings.filterwarnings("ignore")

WINDOW_TAPS = ("input", "kept", "logits", "windows_mean")


def configs():
    table = {"nano": catseg_torch.CATSEG_NANO, "base": catseg_torch.CATSEG_B, "large": catseg_torch.CATSEG_L}
    try:
        from train_catseg_shapes import CATSEG_SHAPES
        table["shapes"] = CATSEG_SHAPES
    except ImportError:
        pass
    return table


class WindowGraph(torch.nn.Module):
    """One window, normalized, to logits; submodules keep the checkpoint's names."""

    def __init__(self, model):
        super().__init__()
        self.sem_seg_head, self.upsample1, self.upsample2 = model.sem_seg_head, model.upsample1, model.upsample2
        self.whole = [model]                               # in a list, so that it is no submodule

    def forward(self, image, text_features):
        return self.whole[0].window(image, text_features)[0]


def openai_names(model):
    """CLIP's state dict as OpenAI's files have it: q, k, v in one matrix; half, but for embeddings and norms."""
    state, out = model.clip.state_dict(), {}
    for name, v in state.items():
        prefix, leaf = name.rpartition(".")[::2]
        if leaf == "q_proj_weight":
            leaf, v = "in_proj_weight", torch.cat([state[f"{prefix}.{x}_proj_weight"] for x in "qkv"])
        elif leaf in ("k_proj_weight", "v_proj_weight"):
            continue
        full = "ln_" in name or "embedding" in name or leaf == "logit_scale"
        out[f"{prefix}.{leaf}".lstrip(".")] = v.clone() if full else v.half()
    cfg = model.cfg
    numbers = {"input_resolution": cfg.pretrained_grid * cfg.patch, "context_length": cfg.context_length,
               "vocab_size": cfg.vocab_size}
    return out | {name: torch.tensor(n) for name, n in numbers.items()}


def write(model, fmt, path_of):
    cfg = model.cfg
    if fmt == "pth-openai":
        torch.save(openai_names(model), path_of("pth"))
    elif fmt in ("onnx", "onnx-dynamo"):
        image = torch.zeros(1, 3, cfg.resolution, cfg.resolution)
        text = torch.nn.functional.normalize(torch.randn(5, cfg.prompt_channels, cfg.embed_dim), dim=-1)
        torch.onnx.export(WindowGraph(model).eval(), (image, text), path_of("onnx"), dynamo=fmt == "onnx-dynamo",
                          input_names=["image", "text_features"], output_names=["logits"], opset_version=18)
    else:
        make_checkpoint.write(model, fmt, path_of)


def random_inputs(cfg, seed, classes, size=(83, 70)):
    """A smooth picture and a prompt for each class."""
    g = torch.Generator().manual_seed(seed)
    low = torch.rand(1, 3, 9, 12, generator=g)
    image = torch.nn.functional.interpolate(low, size=size, mode="bicubic", align_corners=False)[0]
    image = (image.clamp(0, 1) * 255).permute(1, 2, 0).to(torch.uint8).contiguous()
    tokens = torch.zeros(classes, cfg.prompt_channels, cfg.context_length, dtype=torch.long)
    for row in tokens.view(-1, cfg.context_length):
        n = int(torch.randint(2, 12, (1,), generator=g))
        row[0], row[n] = 49406, 49407
        row[1:n] = torch.randint(256, 49000, (n - 1,), generator=g)
    return image, tokens


def with_pooling(model, pooling):
    other = catseg_torch.CATSeg(dataclasses.replace(model.cfg, pooling=pooling)).eval()
    other.load_state_dict(model.state_dict())
    return other


def golden(model, image, tokens, few=5, many=12):
    """Inputs and taps of every run, by name, for one picture and its prompts."""
    runs = {"few.plain": (model, few, False), "few.slide": (model, few, True), "few.low": (model, few, False),
            "few.pooled": (with_pooling(model, 2), few, False)}
    if few < model.cfg.pad_len < many:                     # at the real sizes, "many" would be hundreds of classes
        runs |= {"many.plain": (model, many, False), "many.slide": (model, many, True)}
    tokens = tokens[:max(run[1] for run in runs.values())]
    text = model.text_features(tokens)
    out = {"image": image, "tokens": tokens.int(), "text_features": text}
    for tag, (net, classes, sliding) in runs.items():
        scores, taps = net(image[:20] if tag == "few.low" else image, text[:classes], sliding=sliding)
        if sliding:                                        # of a window, its ends: plain has what lies between
            taps = {k: v for k, v in taps.items() if not k.startswith("window") or k.split(".")[-1] in WINDOW_TAPS}
        out |= {f"{tag}.{k}": v for k, v in taps.items()}
        out[f"{tag}.scores"] = scores
        out[f"{tag}.labels"] = scores.argmax(0)
    out = {k: v if v.is_floating_point() or k == "image" else v.int() for k, v in out.items()}
    return {k: v.clone().contiguous() for k, v in out.items()}


def write_keys(model, path):
    with open(path, "w") as f:
        for k, v in model.state_dict().items():
            print(k, "x".join(map(str, v.shape)) or "scalar", sep="\t", file=f)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out")
    a.add_argument("--config", default="nano", choices=configs())
    a.add_argument("--formats", default="pth,h5,safetensors")
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--golden", action="store_true")
    a.add_argument("--keys", metavar="TSV")
    a.add_argument("--from", dest="source")
    args = a.parse_args()
    os.makedirs(args.out, exist_ok=True)
    model = catseg_torch.CATSeg(configs()[args.config]).eval()
    if args.source:
        make_checkpoint.load(model, args.source)
    else:
        catseg_torch.init_like_trained(model, args.seed)
    for fmt in filter(None, args.formats.split(",")):
        stem = os.path.join(args.out, f"catseg_{args.config}" + ("" if "-" not in fmt else "_" + fmt.split("-")[1]))
        write(copy.deepcopy(model), fmt, lambda ext: f"{stem}.{ext}")
        print("wrote", stem, fmt)
    if args.golden:
        from safetensors.torch import save_file
        recorded = golden(model, *random_inputs(model.cfg, args.seed + 1, classes=12))
        save_file(recorded, os.path.join(args.out, f"catseg_{args.config}.golden.safetensors"))
    if args.keys:
        write_keys(model, args.keys)


if __name__ == "__main__":
    main()
