"""Writes vit/: tiny CLIPs with a ViT, built and computed by OpenCLIP's own classes, in the files that users hold.

    python make_clip_vit.py [OUT_DIR]
    python make_clip_vit.py OUT_DIR --vit ViT-B-16-quickgelu [--resolution N]

Needs open_clip_torch, torchvision, transformers and onnx besides torch, numpy, pillow and safetensors. Without --vit:

  quick.pth               QuickGELU, by the names of OpenAI's files: three numbers, matrices and convolutions in half
  quick.golden.safetensors      at 40 x 40 pixels; positions are stored for 28 x 28 and resized by OpenCLIP
  quick_small.golden.safetensors      at 20 x 20, where that resizing averages
  quick_transformers/     the same weights as transformers saves a CLIPModel in float16
  quick.onnx              the same, exported at 40 x 40; TorchScript exporter
  quick_script.pt         a TorchScript archive with OpenAI's names, as OpenAI's own downloads are
  gelu.safetensors        GELU, OpenCLIP's names, float16; gelu.golden.safetensors, at its own 24 x 24

With --vit, a model of OpenCLIP by its name with random weights, VIT.safetensors, and its golden: for measurements at full
size. --resolution runs it at another than its own.

The vocabulary of the tiny ones is 300 tokens; 298 starts a text and 299 ends it. Heads are 8 wide.
"""
import argparse
import copy
import dataclasses
import os
import sys
import warnings

import open_clip
import torch
from open_clip.model import resize_pos_embed
from open_clip.transform import image_transform
from PIL import Image
from safetensors.torch import save_file

import make_clip                  # also lets the modules of oracle/ be imported
from catseg_torch import init_like_trained
from make_checkpoint import random_inputs

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = 8


@dataclasses.dataclass(frozen=True)
class Variant:
    quick: bool
    seed: int
    resolution: int               # that the positions are stored for
    patch: int
    width: int
    layers: int
    embed_dim: int
    text: dict
    prompts: int = 2
    classes: int = 3
    size: tuple = (53, 41)        # height and width of the picture
    scale: float = 2.0            # logarithm of the logit scale

    # What random_inputs asks for.
    prompt_channels = property(lambda self: self.prompts)
    context_length = property(lambda self: self.text["context_length"])
    vocab_size = property(lambda self: self.text["vocab_size"])


VARIANTS = {
    "quick": Variant(True, 21, 28, 4, width=16, layers=2, embed_dim=12,
                     text=dict(context_length=16, vocab_size=make_clip.VOCABULARY, width=8, heads=2, layers=1)),
    "gelu": Variant(False, 22, 24, 6, width=24, layers=3, embed_dim=16, prompts=1, classes=4, scale=2.5,
                    text=dict(context_length=16, vocab_size=make_clip.VOCABULARY, width=12, heads=3, layers=2)),
}


def build(variant, resolution):
    vision = dict(image_size=resolution, patch_size=variant.patch, width=variant.width, layers=variant.layers,
                  head_width=HEAD)
    return open_clip.CLIP(variant.embed_dim, vision, variant.text, quick_gelu=variant.quick).eval()


def randomize(model, seed, scale):
    init_like_trained(model, seed)
    with torch.no_grad():
        model.logit_scale.fill_(scale)
        for p in model.parameters():
            p.copy_(p.half())
    return model


def at_resolution(variant, model, resolution):
    """The model with its positions resized as OpenCLIP does when it loads a checkpoint."""
    state, other = dict(model.state_dict()), build(variant, resolution)
    resize_pos_embed(state, other)
    other.load_state_dict(state)
    return other


def golden(model, resolution, image, tokens):
    classes, prompts = tokens.shape[:2]
    text = open_clip.build_zero_shot_classifier(
        model, torch.stack, range(classes), [lambda c, p=p: tokens[c, p, 0] for p in range(prompts)]).T
    taps = make_clip.classify(model, image_transform(resolution, is_train=False), Image.fromarray(image.numpy()), text)
    print("probabilities", [round(p, 3) for p in taps["scores"].tolist()])
    return {"image": image, "tokens": tokens.int(), "text_features": text[:, None]} \
        | {f"full.{k}": v for k, v in taps.items()}


def openai_names(model, variant):
    """The state dict of OpenAI's files: OpenCLIP took their names, and has no numbers."""
    numbers = {"input_resolution": variant.resolution, "context_length": variant.context_length,
               "vocab_size": variant.vocab_size}
    def is_full(name):
        return "ln_" in name or "embedding" in name or name == "logit_scale"
    state = {k: v if is_full(k) else v.half() for k, v in model.state_dict().items() if k != "attn_mask"}
    return state | {k: torch.tensor(v) for k, v in numbers.items()}


def transformers_names(model):
    """The state dict of transformers' CLIPModel."""
    out = {}
    def block(source, target, state):
        for name, v in state.items():
            if not name.startswith(source):
                continue
            index, leaf = name.removeprefix(source).split(".", 1)
            kind = leaf.rpartition(".")[2]
            if leaf.startswith("attn.in_proj_"):
                for letter, part in zip("qkv", v.chunk(3)):
                    out[f"{target}{index}.self_attn.{letter}_proj.{kind.removeprefix('in_proj_')}"] = part
                continue
            for old, new in (("attn.out_proj", "self_attn.out_proj"), ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"),
                             ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2")):
                leaf = leaf.replace(old, new)
            out[f"{target}{index}.{leaf}"] = v
    state = model.state_dict()
    block("visual.transformer.resblocks.", "vision_model.encoder.layers.", state)
    block("transformer.resblocks.", "text_model.encoder.layers.", state)
    same = {"visual.class_embedding": "vision_model.embeddings.class_embedding",
            "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
            "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
            "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
            "positional_embedding": "text_model.embeddings.position_embedding.weight",
            "logit_scale": "logit_scale"}
    same |= {f"{old}.{kind}": f"{new}.{kind}" for kind in ("weight", "bias") for old, new in (
        ("visual.ln_pre", "vision_model.pre_layrnorm"), ("visual.ln_post", "vision_model.post_layernorm"),
        ("ln_final", "text_model.final_layer_norm"))}
    out |= {new: state[old] for old, new in same.items()}
    return out | {"visual_projection.weight": state["visual.proj"].T, "text_projection.weight": state["text_projection"].T}


@torch.no_grad()
def write_transformers(model, variant, tokens, folder):
    from transformers import CLIPConfig, CLIPModel
    text = variant.text
    act = "quick_gelu" if variant.quick else "gelu"
    config = CLIPConfig(
        text_config=dict(vocab_size=text["vocab_size"], hidden_size=text["width"], intermediate_size=4 * text["width"],
                         num_hidden_layers=text["layers"], num_attention_heads=text["heads"], hidden_act=act,
                         max_position_embeddings=text["context_length"], bos_token_id=text["vocab_size"] - 2,
                         eos_token_id=text["vocab_size"] - 1, projection_dim=variant.embed_dim),
        vision_config=dict(hidden_size=variant.width, intermediate_size=4 * variant.width, patch_size=variant.patch,
                           num_hidden_layers=variant.layers, num_attention_heads=variant.width // HEAD, hidden_act=act,
                           image_size=variant.resolution, projection_dim=variant.embed_dim),
        projection_dim=variant.embed_dim)
    other = CLIPModel(config).eval()
    other.load_state_dict({k: v.clone() for k, v in transformers_names(model).items()})
    # What is written is the same model.
    pixels = torch.randn(2, 3, variant.resolution, variant.resolution, generator=torch.Generator().manual_seed(0))
    rows = tokens.flatten(0, 2).long()
    both = other(input_ids=rows, pixel_values=pixels)
    mine = model.encode_image(pixels, normalize=True), model.encode_text(rows, normalize=True)
    differences = [(a - b).abs().max().item() for a, b in zip((both.image_embeds, both.text_embeds), mine)]
    print("transformers differ by", differences)
    assert max(differences) < 1e-6
    other.half().save_pretrained(folder)


class Graph(torch.nn.Module):
    """Both encoders; submodules keep their names."""

    def __init__(self, model):
        super().__init__()
        self.visual = model.visual
        for name in ("transformer", "token_embedding", "positional_embedding", "ln_final", "text_projection", "logit_scale"):
            setattr(self, name, getattr(model, name))
        self.whole = [model]                               # in a list, so that it is no submodule

    def forward(self, image, tokens):
        return self.whole[0].encode_image(image), self.whole[0].encode_text(tokens)


class Names(torch.nn.Module):
    """Parameters by OpenAI's names in a TorchScript module."""

    def __init__(self, state):
        super().__init__()
        for name, v in state.items():
            module, (*path, leaf) = self, name.split(".")
            for part in path:
                if not hasattr(module, part):
                    module.add_module(part, torch.nn.Module())
                module = getattr(module, part)
            module.register_parameter(leaf, torch.nn.Parameter(v, requires_grad=False))

    def forward(self, x):
        return x * self.visual.class_embedding


def write_quick(folder):
    variant = VARIANTS["quick"]
    model = randomize(build(variant, variant.resolution), variant.seed, variant.scale)
    stem = os.path.join(folder, "quick")
    torch.save(openai_names(model, variant), f"{stem}.pth")
    image, tokens = random_inputs(variant, variant.seed + 1, classes=variant.classes, size=variant.size,
                                  words=(1, variant.vocab_size - 2))
    for name, resolution in (("quick", 40), ("quick_small", 20)):
        resized = at_resolution(variant, model, resolution)
        out = golden(resized, resolution, image, tokens)
        make_clip.save_golden(out, os.path.join(folder, f"{name}.golden.safetensors"))
        if resolution == 40:
            torch.onnx.export(Graph(resized).eval(), (torch.zeros(1, 3, 40, 40), tokens.flatten(0, 2)[:1].long()),
                              f"{stem}.onnx", dynamo=False, input_names=["image", "tokens"],
                              output_names=["image_features", "text_features"], opset_version=18)
    write_transformers(model, variant, tokens, f"{stem}_transformers")
    names = ("visual.class_embedding", "visual.conv1.weight", "visual.positional_embedding", "visual.proj", "logit_scale",
             "transformer.resblocks.0.attn.in_proj_weight", "text_projection")
    state = {k: v for k, v in openai_names(model, variant).items() if k in names}
    torch.jit.save(torch.jit.script(Names(state)), f"{stem}_script.pt")


def write_gelu(folder):
    variant = VARIANTS["gelu"]
    model = randomize(build(variant, variant.resolution), variant.seed, variant.scale)
    stem = os.path.join(folder, "gelu")
    save_file({k: v.half().contiguous() for k, v in model.state_dict().items() if k != "attn_mask"}, f"{stem}.safetensors")
    inputs = random_inputs(variant, variant.seed + 1, classes=variant.classes, size=variant.size,
                           words=(1, variant.vocab_size - 2))
    make_clip.save_golden(golden(model, variant.resolution, *inputs), f"{stem}.golden.safetensors")


def write_full(folder, name, resolution):
    model = init_like_trained(open_clip.create_model(name).eval(), 0)
    side, stem = model.visual.image_size[0], os.path.join(folder, name)
    state = {k: v.contiguous() for k, v in model.state_dict().items() if k != "attn_mask"}
    save_file(state, f"{stem}.safetensors")
    if resolution and resolution != side:
        state = copy.copy(state)
        model = open_clip.create_model(name, force_image_size=resolution).eval()
        resize_pos_embed(state, model)
        model.load_state_dict(state, strict=False)
    inputs = random_inputs(FullInputs(model.context_length, model.vocab_size), 1, classes=5, size=(427, 640),
                           words=(256, 49000))
    make_clip.save_golden(golden(model, resolution or side, *inputs), f"{stem}.golden.safetensors")


@dataclasses.dataclass(frozen=True)
class FullInputs:
    context_length: int
    vocab_size: int
    prompt_channels: int = 2


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out", nargs="?", default=os.path.join(HERE, "vit"))
    a.add_argument("--vit", metavar="NAME")
    a.add_argument("--resolution", type=int)
    args = a.parse_args()
    os.makedirs(args.out, exist_ok=True)
    if args.vit:
        write_full(args.out, args.vit, args.resolution)
        return
    torch.set_num_threads(1)      # so that sums have one order, whatever the machine
    write_quick(args.out)
    write_gelu(args.out)


if __name__ == "__main__":
    main()
