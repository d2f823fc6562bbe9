"""The graph that the peers of Sedge run: the oracle's modules, without what only early rejection and tests need."""
import os
import sys

import torch
from safetensors import safe_open
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "oracle"))
import catseg_torch
import make_catseg
import make_checkpoint
import sed_torch


class Segmenter(nn.Module):
    """Image 1 x 3 x R x R, normalized, and text features T x P x C -> probabilities T x R/4 x R/4.

    What the oracle's `WholeGraph` computes. That one keeps every tap, evaluates the heads of early rejection and copies
    what it could use in place; a peer should not be charged for it. Its export holds for one number of classes only;
    this one's for any."""

    def __init__(self, model):
        super().__init__()
        self.visual, self.decoder = model.clip.visual, model.decoder

    def forward(self, image, text_features):
        d, features = self.decoder, self.visual(image)
        cost = d.cost_map(features["embedding"], text_features)
        x = d.conv1(cost)
        for layer, project, correlate, level in zip((d.decoder1, d.decoder2, d.decoder3), d.decoder_guidance_projection,
                                                    d.decoder_corr_guidance_projection, ("res4", "res3", "res2")):
            cost = correlate(cost)
            x = layer.up(layer.attention(layer.cnext(x)))
            guidance = project(features[level]).expand(x.shape[0], -1, -1, -1)
            x = layer.conv(torch.cat([x, guidance, cost], dim=1))
        return d.head(x)[:, 0].sigmoid()


class CATSegmenter(nn.Module):
    """One window 1 x 3 x R x R, normalized, and text features T x P x C -> probabilities T x 4G x 4G: what the oracle's `window`
    computes, without its taps. Its export holds for one number of classes, at most as many as class attention takes."""

    def __init__(self, model):
        super().__init__()
        self.visual, self.decoder = model.clip.visual, model.decoder
        self.upsample1, self.upsample2 = model.upsample1, model.upsample2

    def forward(self, image, text_features):
        d, features = self.decoder, self.visual(image)
        levels = self.upsample1(features["guide0"]), self.upsample2(features["guide1"])
        text = nn.functional.normalize(text_features, dim=-1)
        pixels = nn.functional.normalize(features["embedding"], dim=1)
        x = d.conv1(torch.einsum("bchw,tpc->tphw", pixels, text))
        guidance = d.guidance_projection(features["embedding"]).permute(0, 2, 3, 1)
        text = d.text_guidance_projection(nn.functional.normalize(text.mean(1), dim=-1))
        for layer in d.layers:
            swin, g = layer.swin_block, layer.swin_block.guidance_norm(guidance)
            x = swin.block_2(swin.block_1(x.permute(0, 2, 3, 1), g), g).permute(0, 3, 1, 2)
            x = layer.attention(x, text)
        for up, project, level in zip((d.decoder1, d.decoder2), d.decoder_guidance_projection, levels):
            x = up(x, project(level))
        return d.head(x)[:, 0].sigmoid()


def is_catseg(name):
    return name.startswith("catseg-")


def stem(name):
    """The start of the names of files of a configuration."""
    return name.replace("-", "_") if is_catseg(name) else f"sed_{name}"


def config(name):
    return make_catseg.configs()[name.removeprefix("catseg-")] if is_catseg(name) else make_checkpoint.configs()[name]


def network(name):
    return catseg_torch.CATSeg(config(name)) if is_catseg(name) else sed_torch.SED(config(name))


def init_like_trained(name):
    model = network(name).eval()
    return (catseg_torch if is_catseg(name) else sed_torch).init_like_trained(model)


def segmenter(name, checkpoint):
    model = load_oracle(name, checkpoint)
    return CATSegmenter(model) if is_catseg(name) else Segmenter(model)


def load_oracle(name, checkpoint):
    """The oracle with the weights of a .safetensors file; its text encoder stays without memory."""
    with torch.device("meta"):
        model = network(name).eval()
    parts = "predictor.transformer.", ".visual.", "upsample"
    with safe_open(checkpoint, "pt") as f:
        state = {k: f.get_tensor(k) for k in model.state_dict() if any(part in k for part in parts)}
    model.load_state_dict(state, strict=False, assign=True)
    return model.requires_grad_(False)


def random_picture(name, seed):
    """A smooth picture of the network's own size: R x R x 3, uint8."""
    made = make_catseg if is_catseg(name) else make_checkpoint
    return made.random_inputs(config(name), seed, classes=1, size=(config(name).resolution,) * 2)[0]


def network_input(name, picture):
    """The picture as the network sees it: 1 x 3 x R x R."""
    with torch.device("meta"):
        model = network(name)
    if is_catseg(name):
        return model.normalize(picture.permute(2, 0, 1).float())[None].contiguous()
    return model.preprocess(picture).contiguous()


def random_text(name, classes, seed):
    """Unit vectors for the prompts of all classes: T x P x C."""
    cfg = config(name)
    text = torch.randn(classes, cfg.prompt_channels, cfg.embed_dim, generator=torch.Generator().manual_seed(seed))
    return nn.functional.normalize(text, dim=-1)
