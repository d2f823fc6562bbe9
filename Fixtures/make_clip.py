"""Writes clip/: tiny CLIPs built and computed by OpenCLIP's own classes, and Pillow's resampling of many sizes.

    python make_clip.py [OUT_DIR]

Needs open_clip_torch, timm and torchvision besides torch, numpy, pillow, safetensors and h5py.

  linear.safetensors   open_clip.CLIP: linear head, the text encoder at the top, float32
  mlp.safetensors      open_clip.CustomTextCLIP: MLP head, the text encoder under text., norm_eps 1e-5, float16
  NAME.golden.safetensors   inputs and taps, as oracle/README.md tells; the picture goes through OpenCLIP's preprocessing
  shapes.json          probabilities of shapes/classes.json for pictures/, by the CLIP in shapes/sed_shapes.h5 with
                       a logit scale of exp(2)
  resize.tsv           checksums of resized and cropped pictures: height, width, side, FNV-1a

The vocabulary of the tiny ones is 300 tokens; 298 starts a text and 299 ends it.
"""
import dataclasses
import json
import os
import sys

import h5py
import numpy as np
import open_clip
import torch
from open_clip.transform import image_transform
from PIL import Image
from safetensors.torch import save_file
from timm.models import register_model
from timm.models.convnext import _create_convnext

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "oracle"))
from make_checkpoint import random_inputs
from sed_torch import init_like_trained

VOCABULARY = 300
SHAPES_SCALE = 2.0
PREFIX = "sem_seg_head.predictor.clip_model."


@register_model
def sedge_fixture(pretrained=False, **kwargs):
    """A ConvNeXt of any size; `SIZE` says which."""
    return _create_convnext("sedge_fixture", **(SIZE | kwargs))


SIZE = {}


@dataclasses.dataclass(frozen=True)
class Variant:
    kind: type
    head: str
    seed: int
    prompts: int
    size: tuple                   # height and width of the picture
    depths: tuple = (1, 1, 2, 1)
    dims: tuple = (8, 8, 12, 12)
    embed_dim: int = 16
    resolution: int = 64
    text: dict = dataclasses.field(default_factory=lambda: {
        "context_length": 16, "vocab_size": VOCABULARY, "width": 12, "heads": 2, "layers": 1})
    norm_eps: float = 1e-6
    classes: int = 4
    scale: float = 2.5            # logarithm of the logit scale
    dtype: torch.dtype = torch.float32
    omitted: tuple = ()           # taps, for the size of the file

    # What random_inputs asks for.
    prompt_channels = property(lambda self: self.prompts)
    context_length = property(lambda self: self.text["context_length"])
    vocab_size = property(lambda self: self.text["vocab_size"])


VARIANTS = {
    "linear": Variant(open_clip.CLIP, "linear", 7, prompts=3, size=(41, 53), omitted=("input",)),
    "mlp": Variant(open_clip.CustomTextCLIP, "mlp", 8, prompts=2, size=(67, 45), depths=(1, 1, 1, 1),
                   dims=(4, 8, 8, 12), embed_dim=12, resolution=32,
                   text=dict(context_length=16, vocab_size=VOCABULARY, width=8, heads=2, layers=1), norm_eps=1e-5, classes=3, scale=3.25, dtype=torch.float16),
}


def build(variant, **more):
    SIZE.clear()
    SIZE.update(depths=variant.depths, dims=variant.dims, norm_eps=variant.norm_eps)
    return variant.kind(
        variant.embed_dim,
        dict(timm_model_name="sedge_fixture", timm_pool="", timm_proj=variant.head, image_size=variant.resolution),
        variant.text, **more).eval()


def random_model(variant):
    model = build(variant, nonscalar_logit_scale=variant.kind is open_clip.CustomTextCLIP)
    whole = torch.nn.Module()     # init_like_trained goes by names below SED's
    whole.clip_model = model
    init_like_trained(whole, variant.seed)
    with torch.no_grad():
        model.logit_scale.fill_(variant.scale)
        for p in model.parameters():
            p.copy_(p.to(variant.dtype))
    return model


def inner(visual):
    """The modules of an image encoder whose results are taps, by the taps' names."""
    if hasattr(visual, "trunk"):
        return {f"res{i + 2}": stage for i, stage in enumerate(visual.trunk.stages)}
    return {"tokens": visual.ln_pre} | {f"block{i}": b for i, b in enumerate(visual.transformer.resblocks)}


@torch.no_grad()
def classify(model, preprocess, image, text):
    """Every tap of a picture; `text` is T x D."""
    taps = {}
    hooks = [module.register_forward_hook(lambda _, __, out, name=name: taps.update({name: out}))
             for name, module in inner(model.visual).items()]
    taps["input"] = preprocess(image)[None]
    taps["embedding"] = model.encode_image(taps["input"])
    for hook in hooks:
        hook.remove()
    image_features = model.encode_image(taps["input"], normalize=True)
    taps["logits"] = (model.logit_scale.exp() * image_features @ text.T)[0]
    taps["scores"] = taps["logits"].softmax(-1)
    taps["labels"] = taps["scores"].argmax()[None].int()
    return taps


def write_tiny(folder, name, variant):
    model = random_model(variant)
    state = {k: v.to(variant.dtype).contiguous() for k, v in model.state_dict().items()}
    save_file(state, os.path.join(folder, f"{name}.safetensors"))
    image, tokens = random_inputs(variant, variant.seed + 1, classes=variant.classes, size=variant.size,
                                  words=(1, VOCABULARY - 2))
    # OpenCLIP's own averages over prompts; its tokenizer knows no vocabulary of 300, so that texts are tokens here.
    text = open_clip.build_zero_shot_classifier(
        model, torch.stack, range(variant.classes),
        [lambda c, p=p: tokens[c, p, 0] for p in range(variant.prompts)]).T
    taps = classify(model, image_transform(variant.resolution, is_train=False), Image.fromarray(image.numpy()), text)
    print(name, "probabilities", [round(p, 3) for p in taps["scores"].tolist()])
    golden = {"image": image, "tokens": tokens.int(), "text_features": text[:, None]}
    golden |= {f"full.{k}": v for k, v in taps.items() if k not in variant.omitted}
    save_golden(golden, os.path.join(folder, f"{name}.golden.safetensors"))


def save_golden(golden, path):
    save_file({k: v.clone().contiguous() for k, v in golden.items()}, path)


def write_shapes(folder):
    """The trained CLIP of shapes/ on the pictures of pictures/."""
    from train_shapes import SED_SHAPES as c, TEMPLATES
    model = build(Variant(open_clip.CLIP, c.head, 0, prompts=len(TEMPLATES), size=(0, 0), depths=c.depths, dims=c.dims,
                          embed_dim=c.embed_dim, resolution=c.resolution,
                          text=dict(context_length=c.context_length, vocab_size=c.vocab_size, width=c.text_width,
                                    heads=c.text_heads, layers=c.text_layers)))
    with h5py.File(os.path.join(HERE, "shapes", "sed_shapes.h5")) as f:
        model.load_state_dict({k: torch.from_numpy(np.asarray(f[PREFIX + k])) for k in model.state_dict()})
    with torch.no_grad():
        model.logit_scale.fill_(SHAPES_SCALE)  # its own leaves no doubt
    with open(os.path.join(HERE, "shapes", "classes.json")) as f:
        classes = json.load(f)
    text = open_clip.build_zero_shot_classifier(model, open_clip.SimpleTokenizer(), classes, TEMPLATES).T
    preprocess = image_transform(c.resolution, is_train=False)
    pictures = sorted(p for p in os.listdir(os.path.join(HERE, "pictures"))
                      if p.endswith(".png") and "labels" not in p)
    rows = []
    for picture in pictures:
        image = Image.open(os.path.join(HERE, "pictures", picture))
        scores = classify(model, preprocess, image, text)["scores"].tolist()
        rows.append(f"{json.dumps(picture)}: {json.dumps([round(s, 7) for s in scores])}")
        print(picture, sorted(zip(scores, classes), reverse=True)[:3])
    with open(os.path.join(folder, "shapes.json"), "w") as f:
        f.write("{\n" + ",\n".join(rows) + "\n}\n")


SIDES = (32, 64, 224, 256)
SIZES = ((1, 1), (1, 2), (2, 1), (1, 300), (300, 1), (2, 2), (3, 5), (31, 33), (32, 32), (33, 31), (32, 47), (47, 32),
         (63, 64), (64, 128), (128, 64), (64, 65), (65, 64), (97, 140), (2, 999), (999, 3), (13, 1000), (224, 225),
         (227, 224), (255, 256), (257, 256), (300, 451), (512, 384), (479, 640),
         (1021, 67), (2030, 203), (222, 74), (301, 150), (300, 150), (299, 150), (150, 301), (67, 1021), (31, 14))


def noise(height, width):
    """Height x width x 3 bytes without any pattern that a filter could miss."""
    i = np.arange(height * width * 3, dtype=np.uint64)
    return (i * np.uint64(2654435761) >> np.uint64(16)).astype(np.uint8).reshape(height, width, 3)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def write_resized(folder):
    with open(os.path.join(folder, "resize.tsv"), "w") as f:
        for height, width in SIZES:
            image = Image.fromarray(noise(height, width))
            for side in SIDES:
                resize, crop = image_transform(side, is_train=False).transforms[:2]
                pixels = np.asarray(crop(resize(image)))
                assert pixels.shape == (side, side, 3)
                f.write(f"{height}\t{width}\t{side}\t{fnv1a(pixels.tobytes()):016x}\n")


def main():
    torch.set_num_threads(1)      # so that sums have one order, whatever the machine
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "clip")
    os.makedirs(folder, exist_ok=True)
    for name, variant in VARIANTS.items():
        write_tiny(folder, name, variant)
    write_shapes(folder)
    write_resized(folder)


if __name__ == "__main__":
    main()
