"""Trains a small CAT-Seg on shapes.py. Needs torch, numpy, Pillow, h5py and open_clip_torch.

    python train_catseg_shapes.py OUT.h5 [--clip-steps N] [--steps N] [--pictures N] [--state FOLDER]

Steps are counted and seeded. --state keeps what it takes to go on after an interruption. ../make_catseg_shapes.py makes the
rest of ../catseg_shapes from OUT.h5. Nothing in the project's own build or tests runs this.
"""
import argparse
import math
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

import catseg_torch
import shapes
from catseg_torch import CATSeg, CATSegConfig, TEMPLATE
from make_checkpoint import write_h5
from train_shapes import optimizer

# As in CAT-Seg-B, positions are stored for a smaller grid (7x7) than the encoder's (8x8).
CATSEG_SHAPES = CATSegConfig(patch=16, width=64, layers=6, heads=4, pretrained_grid=7, resolution=128,
                             guidance_layers=(1, 3), embed_dim=64, text_width=64, text_heads=4, text_layers=2,
                             hidden_dim=32, guidance_dim=32, window=4, upsample_dims=(32, 16), decoder_dims=(32, 16),
                             decoder_guidance_dims=(16, 8))
SEEN = [i for i, name in enumerate(shapes.CLASSES) if name not in shapes.UNSEEN]
GROUNDS = len(shapes.GROUNDS)     # come first
FIRST = 100_000                   # the number of the first picture that is trained on
SIGNIFICANT = 5                   # bits of a stored weight


def tokens_of(classes, tokenizer):
    """T x 1 x context_length."""
    return tokenizer([TEMPLATE.format(c) for c in classes])[:, None]


# --- weights to start from ----------------------------------------------------------------------------

def cosines(patch, count):
    """Patch filters, count x 3 x patch x patch: the lowest frequencies of a cosine transform in three colours."""
    i = torch.arange(patch)
    waves = torch.stack([torch.cos(math.pi * (i + 0.5) * k / patch) for k in range(patch)])
    waves = F.normalize(waves, dim=1)
    colours = F.normalize(torch.tensor([[1.0, 1, 1], [1, 0, -1], [-0.5, 1, -0.5]]), dim=1)
    modes = sorted((y * y + x * x, y, x) for y in range(patch) for x in range(patch))[:-(-count // 3)]
    filters = [(1 + square ** 0.5) / 8 * torch.einsum("c,y,x->cyx", colour, waves[y], waves[x])
               for square, y, x in modes for colour in colours]
    return torch.stack(filters[:count])


def sinusoids(grid, width):
    """Positions, G*G x C: a quarter of the channels each for the sine and cosine of row and column."""
    frequency = torch.exp(torch.linspace(0, -math.log(50), width // 4))
    angle = torch.arange(grid)[:, None] * frequency
    one = torch.cat([angle.sin(), angle.cos()], dim=1)
    return torch.cat([one[:, None].expand(-1, grid, -1), one[None].expand(grid, -1, -1)], dim=-1).flatten(0, 1)


@torch.no_grad()
def start(model, tokens):
    """Random weights that learn fast: a token attends to its like and subtracts it, patches are seen by frequency."""
    catseg_torch.init_like_trained(model, 0)
    g = torch.Generator().manual_seed(1)
    clip, cfg = model.clip, model.cfg
    clip.visual.conv1.weight.copy_(cosines(cfg.patch, cfg.width))
    clip.visual.positional_embedding[1:] = sinusoids(cfg.pretrained_grid, cfg.width)
    clip.visual.class_embedding.zero_()

    def noise(scale):
        return scale * torch.randn(cfg.width, cfg.width, generator=g) / cfg.width ** 0.5

    for block in clip.visual.transformer.resblocks:
        like, value = (torch.linalg.qr(noise(1))[0] for _ in range(2))
        for weight in (block.attn.q_proj_weight, block.attn.k_proj_weight):
            weight.copy_(0.84 * like + noise(0.2))
        block.attn.v_proj_weight.copy_(0.6 * value + noise(0.3))
        block.attn.out_proj.weight.copy_(-0.6 * value.T + noise(0.3))
        block.mlp.c_proj.weight.mul_(0.5)
    rows = 25 * clip.token_embedding.weight[tokens.unique()]
    clip.token_embedding.weight.zero_()                    # rows without a use are zero, and small in a file
    clip.token_embedding.weight[tokens.unique()] = rows


# --- what is computed in another way than the oracle does -----------------------------------------------

class FewTokens:
    """The text encoder on the used rows of the vocabulary alone, and without the zeros behind the texts."""

    def __init__(self, model, tokens):
        self.clip, self.used = model.clip, tokens.unique()
        flat = torch.searchsorted(self.used, tokens[:, 0])
        self.tokens = flat[:, :int((tokens != 0).sum(-1).max())]
        self.rows = torch.nn.Parameter(model.clip.token_embedding.weight[self.used].detach().clone())

    def features(self, classes=slice(None)):
        """T x 1 x C, unit vectors."""
        tokens = self.tokens[classes]
        x = F.embedding(tokens, self.rows) + self.clip.positional_embedding[:tokens.shape[1]]
        mask = torch.full((tokens.shape[1],) * 2, float("-inf")).triu(1)
        for block in self.clip.transformer.resblocks:
            x = block(x, mask)
        x = self.clip.ln_final(x)[torch.arange(len(x)), tokens.argmax(-1)] @ self.clip.text_projection
        return F.normalize(x, dim=-1)[:, None]

    @torch.no_grad()
    def store(self):
        """Writes the rows back; positions behind every text, which no text reaches, become zero as unused rows are."""
        self.clip.token_embedding.weight[self.used] = self.rows
        self.clip.positional_embedding[self.tokens.shape[1]:] = 0


class ClassBlock(catseg_torch.ClassBlock):
    """The class half with one padding class that counts as often as it stands there."""

    def forward(self, x, guidance):
        t, _, h, w = x.shape
        y = x.permute(2, 3, 0, 1).flatten(0, 1)
        y = torch.cat([y, self.padding_tokens.expand(h * w, 1, -1)], dim=1)
        guidance = torch.cat([guidance, self.padding_guidance[0]])
        a, n = self.attention, self.norm1(y)
        ng = torch.cat([n, guidance.expand(h * w, -1, -1)], dim=-1)
        q, k = (F.elu(f(ng)).unflatten(-1, (a.heads, -1)) + 1 for f in (a.q, a.k))
        v = a.v(n).unflatten(-1, (a.heads, -1))
        k = k * torch.tensor([1.0] * t + [self.pad_len - t])[:, None, None]
        kv, total = torch.einsum("nshd,nshv->nhdv", k, v), k.sum(1)
        z = 1 / (torch.einsum("nlhd,nhd->nlh", q, total) + 1e-6)
        y = y + torch.einsum("nlhd,nhdv,nlh->nlhv", q, kv, z).flatten(2)
        y = y + self.MLP(self.norm2(y))
        return x + y[:, :t].unflatten(0, (h, w)).permute(2, 3, 0, 1)


def count_padding(model, counted):
    for layer in model.decoder.layers:
        layer.attention.__class__ = ClassBlock if counted else catseg_torch.ClassBlock


# --- training -------------------------------------------------------------------------------------------

class Pictures:
    """Drawn pictures, a random part of each (half of the time all of it), mirrored or not."""

    def __init__(self, count, seed):
        drawn = [shapes.draw(FIRST + i) for i in range(count)]
        self.images, self.labels = (torch.from_numpy(np.stack(part)) for part in zip(*drawn))
        self.rng, self.order = np.random.default_rng(seed), []

    def __call__(self, model, size, cells):
        """size x 3 x R x R, normalized, and size x cells x cells labels."""
        rng, n, r = self.rng, shapes.SIZE, model.cfg.resolution
        images, labels = [], []
        for _ in range(size):
            if not self.order:
                self.order = rng.permutation(len(self.images)).tolist()
            i = self.order.pop()
            side = n if rng.random() < 0.5 else int(rng.integers(n // 2, n))
            y, x = (int(v) for v in rng.integers(0, n - side + 1, 2))
            flip = [-1] if rng.random() < 0.5 else []
            image = self.images[i, y:y + side, x:x + side].permute(2, 0, 1).float()[None]
            images.append(catseg_torch.resize(image, (r, r))[0].flip(flip))
            label = self.labels[i, y:y + side, x:x + side]
            at = ((torch.arange(cells) + 0.5) * side / cells).long()
            labels.append(label[at][:, at].flip(flip).long())
        return model.normalize(torch.stack(images)), torch.stack(labels)

    @property
    def state(self):
        return self.rng.bit_generator.state, list(self.order)

    @state.setter
    def state(self, value):
        self.rng.bit_generator.state, self.order = value[0], list(value[1])


def train(name, model, parameters, pictures, loss_of_step, count, rate, state):
    """AdamW: 100 steps of warm-up, then a constant rate that falls to zero in the last 30 %."""
    parameters = list(parameters)
    opt, average, first, began = optimizer(parameters, rate), None, 0, time.process_time()
    path = state and os.path.join(state, f"{name}.pt")
    if path and os.path.exists(path):
        kept = torch.load(path, weights_only=False)
        first, average, pictures.state = kept["step"], kept["average"], kept["pictures"]
        opt.load_state_dict(kept["optimizer"])
        with torch.no_grad():
            for p, v in zip(parameters, kept["parameters"]):
                p.copy_(v)
    for step in range(first, count):
        for group in opt.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 100, (count - step) / (0.3 * count))
        loss, told = loss_of_step()
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        opt.step()
        values = np.array([loss.item(), told])
        average = values if average is None else 0.97 * average + 0.03 * values
        if (step + 1) % 100 == 0:
            print(f"{name} {step + 1}: {average[0]:.4f} {average[1]:.3f}, {time.process_time() - began:.0f} s", flush=True)
            if path:
                torch.save({"step": step + 1, "average": average, "pictures": pictures.state,
                            "optimizer": opt.state_dict(), "parameters": parameters}, path + ".new")
                os.replace(path + ".new", path)


def pretrain_clip(model, texts, pictures, count, state):
    """CLIP's part: each patch is matched with the text of what it shows."""
    position = torch.zeros(len(shapes.CLASSES), dtype=torch.long)
    position[SEEN] = torch.arange(len(SEEN))

    def loss_of_step():
        x, label = pictures(model, 32, 8 * model.cfg.grid)
        e = F.normalize(model.clip.visual(x)["embedding"], dim=1)
        logits = 16 * torch.einsum("bchw,tc->bthw", e, texts.features(SEEN)[:, 0])
        target = F.one_hot(position[label], len(SEEN)).permute(0, 3, 1, 2).float()
        target = F.avg_pool2d(target, 8)
        # Most of a picture is ground, which is easy.
        weight = 1 + 3 * (1 - target[:, :GROUNDS].sum(1))
        loss = -(weight * (target * F.log_softmax(logits, dim=1)).sum(1)).mean()
        best = target.argmax(1)
        return loss, (logits.argmax(1) == best)[best >= GROUNDS].float().mean().item()

    parameters = [p for name, p in model.clip.named_parameters() if name != "token_embedding.weight"] + [texts.rows]
    train("clip", model, parameters, pictures, loss_of_step, count, 2e-3, state)


def train_rest(model, texts, pictures, count, state):
    """CAT-Seg's part: cost aggregation, decoder and the guidance's upsampling. CLIP stays as it is."""
    rng = np.random.default_rng(1)
    model.clip.requires_grad_(False)
    with torch.no_grad():
        every = texts.features()
    count_padding(model, True)

    def loss_of_step():
        x, labels = pictures(model, 4, 8 * model.cfg.grid)
        features, total = model.encode(x), 0
        for b, label in enumerate(labels):
            own = label.unique().tolist()
            others = [c for c in SEEN if c not in own]
            classes = own + rng.choice(others, int(rng.integers(3, 7)), replace=False).tolist()
            target = torch.stack([label == c for c in classes]).float()[None]
            logits, _ = model.decoder({k: v[b:b + 1] for k, v in features.items()}, every[classes])
            total = total + F.binary_cross_entropy_with_logits(logits, F.avg_pool2d(target, 2)[0])
        return total / len(labels), 0.0

    rest = [p for p in model.parameters() if p.requires_grad]
    train("rest", model, rest, pictures, loss_of_step, count, 2e-3, state)
    count_padding(model, False)


def round_weights(parameters):
    """To what is stored: `SIGNIFICANT` bits, and what float16 has."""
    with torch.no_grad():
        for p in parameters:
            fraction, exponent = torch.frexp(p)
            p.copy_(torch.ldexp((fraction * 2 ** SIGNIFICANT).round() / 2 ** SIGNIFICANT, exponent).half())


def evaluate(model, tokens, numbers, sliding):
    """mIoU over the classes that the pictures have, of these the unseen and the seen, and pixel accuracy."""
    text, n = model.text_features(tokens), len(shapes.CLASSES)
    confusion = np.zeros((n, n), np.int64)
    for i in numbers:
        image, label = shapes.draw(i, unseen=True)
        scores, _ = model(torch.from_numpy(image), text, sliding=sliding)
        cells = label.ravel().astype(int) * n + scores.argmax(0).numpy().ravel()
        confusion += np.bincount(cells, minlength=n * n).reshape(n, n)
    hit, truth = np.diag(confusion), confusion.sum(1)
    iou = {c: hit[c] / (truth[c] + confusion[:, c].sum() - hit[c]) for c in range(n) if truth[c]}
    seen = [v for c, v in iou.items() if c in SEEN]
    unseen = [v for c, v in iou.items() if c not in SEEN]
    return np.mean(list(iou.values())), np.mean(unseen), np.mean(seen), hit.sum() / truth.sum()


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out")
    a.add_argument("--clip-steps", type=int, default=6000)
    a.add_argument("--steps", type=int, default=1500)
    a.add_argument("--pictures", type=int, default=2500)
    a.add_argument("--state", metavar="FOLDER")
    args = a.parse_args()
    import open_clip
    torch.set_num_threads(1)
    tokens = tokens_of(shapes.CLASSES, open_clip.get_tokenizer("ViT-B-32"))
    model = CATSeg(CATSEG_SHAPES)
    start(model, tokens)
    texts, pictures = FewTokens(model, tokens), Pictures(args.pictures, 0)
    pretrain_clip(model, texts, pictures, args.clip_steps, args.state)
    round_weights([texts.rows, *model.clip.parameters()])
    texts.store()
    train_rest(model, texts, pictures, args.steps, args.state)
    round_weights(model.parameters())
    model.eval()
    write_h5({k: v.numpy() for k, v in model.state_dict().items()}, args.out, packed=True, compact=True)
    for sliding in (False, True):
        print("windows" if sliding else "one look", "mIoU, of unseen and of seen names, pixel accuracy:",
              *(f"{v:.3f}" for v in evaluate(model, tokens, range(50), sliding)), flush=True)


if __name__ == "__main__":
    main()
