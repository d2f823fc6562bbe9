"""The graph that the peers of Sedge run: the oracle's modules, without what only early rejection and tests need."""
import os
import sys

import torch
from safetensors import safe_open
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "oracle"))
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


def config(name):
    return make_checkpoint.configs()[name]


def load_oracle(name, checkpoint):
    """The oracle with the weights of a .safetensors file; its text encoder stays without memory."""
    with torch.device("meta"):
        model = sed_torch.SED(config(name)).eval()
    with safe_open(checkpoint, "pt") as f:
        state = {k: f.get_tensor(k) for k in model.state_dict() if "predictor.transformer." in k or ".visual." in k}
    model.load_state_dict(state, strict=False, assign=True)
    return model.requires_grad_(False)


def random_picture(name, seed):
    """A smooth picture of the network's own size: R x R x 3, uint8."""
    return make_checkpoint.random_inputs(config(name), seed, classes=1, size=(config(name).resolution,) * 2)[0]


def network_input(name, picture):
    """The picture as the network sees it: 1 x 3 x R x R."""
    with torch.device("meta"):
        model = sed_torch.SED(config(name))
    return model.preprocess(picture).contiguous()


def random_text(name, classes, seed):
    """Unit vectors for the prompts of all classes: T x P x C."""
    cfg = config(name)
    text = torch.randn(classes, cfg.prompt_channels, cfg.embed_dim, generator=torch.Generator().manual_seed(seed))
    return nn.functional.normalize(text, dim=-1)
