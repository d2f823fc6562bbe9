"""Writes a SED checkpoint in every format a user may hold, and what the model must compute from it.

    python make_checkpoint.py OUT_DIR [--config nano|base|large] [--formats pth,h5,...] [--golden] [--seed N]
    python make_checkpoint.py OUT_DIR --from ../shapes/sed_shapes.h5 --config shapes --golden

Needs torch and numpy; h5py, onnx + onnxscript and safetensors for their formats. Weights are random (scaled like
trained ones) unless --from names a checkpoint (.pth or .h5). Formats:

  pth          detectron2's training checkpoint: {"model": state dict, "iteration": n}, zip-based torch.save
  pth-bare     the state dict itself          pth-half     the same in float16
  pth-trainer  with optimizer and scheduler state beside "model" (what a trainer's output folder holds)
  h5           one data set a tensor, named by its dotted name
  h5-gzip      the same, the larger tensors chunked, gzip + shuffle
  h5-nested    groups for the dots, and compressed so too
  h5-small, h5-nested-small   the same two in the format of HDF5 1.10, whose index of chunks costs little
  h5-half      float16 data sets
  safetensors  the dotted names
  onnx         torch.onnx.export, TorchScript exporter: image encoder + decoder in one graph
  onnx-dynamo  the same from the newer exporter (external data beside the file)
  onnx-text    the text encoder alone, TorchScript exporter

A golden file (safetensors) holds the inputs (uint8 image, tokens) and every tap of the forward pass.
"""
import argparse
import copy
import os
import warnings

import numpy as np
import torch

import sed_torch

warnings.filterwarnings("ignore")


def configs():
    table = {"nano": sed_torch.SED_NANO, "base": sed_torch.SED_BASE, "large": sed_torch.SED_LARGE}
    try:
        from train_shapes import SED_SHAPES
        table["shapes"] = SED_SHAPES
    except ImportError:
        pass
    return table


class WholeGraph(torch.nn.Module):
    """Image encoder and decoder as one graph; submodules keep the checkpoint's names."""

    def __init__(self, model):
        super().__init__()
        self.sem_seg_head = model.sem_seg_head

    def forward(self, image, text_features):
        p = self.sem_seg_head.predictor
        return p.transformer(p.clip_model.visual(image), text_features)[0]


class TextGraph(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.clip_model = model.clip

    def forward(self, tokens):
        return self.clip_model.encode_text(tokens)


def write_h5(arrays, path, nested=False, packed=False, compact=False):
    """One data set an array, named by its name, or nested by the dots in it; `packed` compresses the larger ones."""
    import h5py
    least = 512 if compact else 2048                       # below, the index of chunks costs more
    with h5py.File(path, "w", libver=("v110", "v110") if compact else None) as f:
        for name, a in arrays.items():
            options = dict(compression="gzip", shuffle=True) if packed and a.size >= least else {}
            if compact and options:
                options |= dict(chunks=a.shape, compression_opts=9)
            f.create_dataset(name.replace(".", "/") if nested else name, data=a, **options)


def save_tensors(tensors, path):
    """Safetensors or, by the name of the file, HDF5."""
    if path.endswith(".h5"):
        write_h5({k: v.numpy() for k, v in tensors.items()}, path, packed=True, compact=True)
    else:
        from safetensors.torch import save_file
        save_file({k: v.contiguous() for k, v in tensors.items()}, path)


def write(model, fmt, path_of):
    state = {k: v.detach().contiguous() for k, v in model.state_dict().items()}
    cfg = model.cfg
    if fmt == "pth":
        torch.save({"model": state, "iteration": 79999}, path_of("pth"))
    elif fmt == "pth-bare":
        torch.save(state, path_of("pth"))
    elif fmt == "pth-half":
        torch.save({k: v.half() for k, v in state.items()}, path_of("pth"))
    elif fmt == "pth-trainer":
        opt = torch.optim.AdamW(model.decoder.parameters(), lr=2e-4, weight_decay=0)   # so that no weight moves
        for p in model.decoder.parameters():
            p.grad = torch.zeros_like(p)
        opt.step()
        torch.save({"model": state, "optimizer": opt.state_dict(), "scheduler": {"last_epoch": 79999, "_last_lr": [0.0]},
                    "iteration": 79999}, path_of("pth"))
    elif fmt.startswith("h5"):
        half = fmt == "h5-half"
        write_h5({k: v.numpy().astype(np.float16) if half else v.numpy() for k, v in state.items()}, path_of("h5"),
                 nested="nested" in fmt, packed=not half and fmt != "h5", compact="small" in fmt)
    elif fmt == "safetensors":
        from safetensors.torch import save_file
        save_file(state, path_of("safetensors"))
    elif fmt in ("onnx", "onnx-dynamo"):
        image = torch.zeros(1, 3, cfg.resolution, cfg.resolution)
        text = torch.nn.functional.normalize(torch.randn(7, cfg.prompt_channels, cfg.embed_dim), dim=-1)
        torch.onnx.export(WholeGraph(model).eval(), (image, text), path_of("onnx"), dynamo=fmt == "onnx-dynamo",
                          input_names=["image", "text_features"], output_names=["probabilities"], opset_version=18)
    elif fmt == "onnx-text":
        tokens = torch.zeros(3, cfg.context_length, dtype=torch.long)
        tokens[:, 0], tokens[:, 1] = cfg.vocab_size - 2, cfg.vocab_size - 1
        torch.onnx.export(TextGraph(model).eval(), (tokens,), path_of("onnx"), dynamo=False,
                          input_names=["tokens"], output_names=["embeddings"], opset_version=18)
    else:
        raise SystemExit(f"unknown format {fmt}")


def load(model, path):
    """Fills the model from a .pth (detectron2's form, or bare) or from an .h5 whose data sets have the dotted names."""
    if path.endswith(".h5"):
        import h5py
        with h5py.File(path, "r") as f:
            state = {k: torch.from_numpy(np.asarray(f[k])) for k in model.state_dict()}
    else:
        state = torch.load(path, weights_only=True, map_location="cpu")
        state = state.get("model", state)
    model.load_state_dict(state)
    return model.eval()


def random_inputs(cfg, seed, classes=7, synonyms=1, size=(150, 203), words=(256, 49000)):
    """A smooth random picture (H W 3, uint8) and random prompts (T x P x S x context_length) of ids in `words`."""
    g = torch.Generator().manual_seed(seed)
    low = torch.rand(1, 3, 9, 12, generator=g)
    image = torch.nn.functional.interpolate(low, size=size, mode="bicubic", align_corners=False)[0]
    image = (image.clamp(0, 1) * 255).permute(1, 2, 0).to(torch.uint8).contiguous()
    tokens = torch.zeros(classes, cfg.prompt_channels, synonyms, cfg.context_length, dtype=torch.long)
    for row in tokens.view(-1, cfg.context_length):
        n = int(torch.randint(2, 12, (1,), generator=g))
        row[0], row[n] = cfg.vocab_size - 2, cfg.vocab_size - 1
        row[1:n] = torch.randint(*words, (n - 1,), generator=g)
    return image, tokens


# What is computed before the first rejection: the same for every k, bit for bit.
BEFORE_REJECTION = {"input", "res2", "res3", "res4", "res5", "embedding", "cost_map", "cost_embedding", "aux0"}


def write_golden(model, path, image, tokens, top_ks=(None, 1, 2), omit=()):
    """Every tap for one picture and its prompts, without (`full`) and with early rejection (`top1`, ...).

    Taps named in `omit` are left out of the sets with early rejection. Returns all, left out or not. The file is
    safetensors or, by its name, HDF5."""
    text = model.text_features(tokens)
    out = {"image": image, "tokens": tokens.int(), "text_features": text}
    for top_k in top_ks:
        scores, taps = model(image, text, top_k)
        tag = "full" if top_k is None else f"top{top_k}"
        out |= {f"{tag}.{k}": v.contiguous() for k, v in taps.items()}
        out[f"{tag}.scores"] = scores
        out[f"{tag}.labels"] = scores.argmax(0).to(torch.uint8 if len(scores) <= 256 else torch.int32)
    left_out = {f"top{k}.{tap}" for k in top_ks for tap in omit}
    save_tensors({k: v.clone() for k, v in out.items() if k not in left_out}, path)
    return out


def golden(model, path, seed, **inputs):
    """The golden file of a random picture and random prompts; `inputs` as `random_inputs` takes them."""
    return write_golden(model, path, *random_inputs(model.cfg, seed, **inputs))


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out")
    a.add_argument("--config", default="nano")
    a.add_argument("--formats", default="pth,h5,safetensors")
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--golden", action="store_true")
    a.add_argument("--from", dest="source")
    args = a.parse_args()
    os.makedirs(args.out, exist_ok=True)
    model = sed_torch.SED(configs()[args.config]).eval()
    if args.source:
        load(model, args.source)
    else:
        sed_torch.init_like_trained(model, args.seed)
    for fmt in filter(None, args.formats.split(",")):
        stem = os.path.join(args.out, f"sed_{args.config}" + ("" if "-" not in fmt else "_" + fmt.split("-")[1]))
        write(copy.deepcopy(model), fmt, lambda ext: f"{stem}.{ext}")
        print("wrote", stem, fmt)
    if args.golden:
        golden(model, os.path.join(args.out, f"sed_{args.config}.golden.safetensors"), args.seed + 1)


if __name__ == "__main__":
    main()
