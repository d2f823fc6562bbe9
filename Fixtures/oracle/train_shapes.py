"""Trains the small demonstration checkpoint on shapes.py. Needs torch, numpy, Pillow and open_clip_torch.

    python train_shapes.py OUT.pth [--clip-minutes 20] [--decoder-minutes 25]

How the checkpoint in ../shapes came to be; nothing in the project's own build or tests runs this.
"""
import argparse, math, time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch.nn import functional as F

import shapes
from sed_torch import SED, SEDConfig, init_like_trained

TEMPLATES = ("a photo of a {}.", "a drawing of the {}.", "a close-up photo of the {}.", "there is a {} in the scene.")
SED_SHAPES = SEDConfig(depths=(2, 2, 4, 2), dims=(32, 64, 96, 128), embed_dim=64, text_width=64, text_heads=4,
                       text_layers=2, prompt_channels=len(TEMPLATES), hidden_dim=32, decoder_dims=(32, 16, 16),
                       guidance_proj_dims=(8, 4, 4), heads=4, kernel=9, pooling=1, resolution=shapes.SIZE)


def tokens_of(classes, tokenizer):
    """T x P x 1 x context_length."""
    return torch.stack([tokenizer([t.format(c) for t in TEMPLATES]) for c in classes])[:, :, None]


def text_features(model, tokens):
    t, p, _, n = tokens.shape
    flat = tokens.reshape(-1, n)
    used = int((flat != 0).sum(1).max())               # causal: trailing padding changes nothing
    flat = flat[:, :used]
    clip = model.clip
    mask = torch.full((used, used), float("-inf")).triu(1)
    x = clip.token_embedding(flat) + clip.positional_embedding[:used]
    for block in clip.transformer.resblocks:
        x = block(x, mask)
    x = clip.ln_final(x)[torch.arange(len(flat)), flat.argmax(-1)] @ clip.text_projection
    return F.normalize(x, dim=-1).view(t, p, -1)


def evaluate(model, tokens, numbers, unseen, top_k=None):
    """Mean intersection over union over the classes present in the ground truth."""
    text = model.text_features(tokens)
    n = len(shapes.CLASSES)
    confusion = np.zeros((n, n), np.int64)
    for i in numbers:
        image, label = shapes.draw(i, unseen)
        scores, _ = model(torch.from_numpy(image), text, top_k)
        confusion += np.bincount(label.ravel().astype(int) * n + scores.argmax(0).numpy().ravel(), minlength=n * n).reshape(n, n)
    hit = np.diag(confusion)
    union = confusion.sum(0) + confusion.sum(1) - hit
    present = confusion.sum(1) > 0
    iou = hit[present] / union[present]
    names = [c for c, p in zip(shapes.CLASSES, present) if p]
    held = [v for c, v in zip(names, iou) if c in shapes.UNSEEN]
    return iou.mean(), (np.mean(held) if held else float("nan")), hit.sum() / confusion.sum()


def optimizer(parameters, rate):
    parameters = [p for p in parameters if p.requires_grad]
    return torch.optim.AdamW([{"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.02},
                              {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0}], lr=rate)


class Samples:
    """Batches of drawn images, numbered from `first` on, made one ahead in the background."""

    def __init__(self, size, first):
        self.size, self.next, self.pool = size, first, ThreadPoolExecutor(1)
        self.pending = self.pool.submit(self._draw, first)

    def _draw(self, n):
        return [shapes.draw(n + i) for i in range(self.size)]

    def __call__(self):
        samples, self.next = self.pending.result(), self.next + self.size
        self.pending = self.pool.submit(self._draw, self.next)
        return samples


def steps(minutes, rate, opt):
    """Yields 0, 1, 2, ... for a while, with a warm-up and a cosine decay of the learning rate in time."""
    start, step = time.time(), 0
    while (t := (time.time() - start) / 60 / minutes) < 1:
        for g in opt.param_groups:
            g["lr"] = rate * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * t))
        yield step
        step += 1


def pretrain_clip(model, tokens, seen, minutes, first):
    """CLIP's part: each cell of the dense embedding is matched with the text of what it shows."""
    opt, samples = optimizer(model.clip.parameters(), 2e-3), Samples(10, first)
    position = np.zeros(len(shapes.CLASSES), np.int64)
    position[seen] = np.arange(len(seen))
    for step in steps(minutes, 2e-3, opt):
        batch = samples()
        text = F.normalize(text_features(model, tokens[seen]).mean(1), dim=-1)
        x = torch.cat([model.preprocess(torch.from_numpy(im)) for im, _ in batch])
        e = F.normalize(model.clip.visual(x)["embedding"], dim=1)
        logits = 16 * torch.einsum("bchw,tc->bthw", e, text)
        label = torch.from_numpy(position[np.stack([l[2::4, 2::4] for _, l in batch])])
        target = F.avg_pool2d(F.one_hot(label, len(seen)).permute(0, 3, 1, 2).float(), 8)
        loss = -(target * F.log_softmax(logits, dim=1)).sum(1).mean()
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        if step % 50 == 0:
            hit = (logits.argmax(1) == target.argmax(1)).float().mean()
            print(f"clip {step} loss {loss.item():.4f} cells right {hit:.3f}", flush=True)


def train_decoder(model, tokens, seen, minutes, first):
    """SED's part: the decoder, and the heads of early rejection on detached features. CLIP stays as it is."""
    for p in model.clip.parameters():
        p.requires_grad = False
    decoder = model.decoder
    opt, samples, rng = optimizer(decoder.parameters(), 2e-3), Samples(6, first), np.random.default_rng(0)
    with torch.no_grad():
        every = text_features(model, tokens)
    average = None
    for step in steps(minutes, 2e-3, opt):
        batch, total = samples(), 0
        with torch.no_grad():
            features = model.clip.visual(torch.cat([model.preprocess(torch.from_numpy(im)) for im, _ in batch]))
        for b, (_, label) in enumerate(batch):
            own = np.unique(label).tolist()
            others = [c for c in seen if c not in own]
            classes = own + rng.choice(others, int(rng.integers(3, 9)), replace=False).tolist()
            one = torch.stack([torch.from_numpy(label == c) for c in classes]).float()[None]
            _, taps = decoder({k: v[b:b + 1] for k, v in features.items()}, every[classes])
            weight = torch.tensor(2.0)
            total = total + F.binary_cross_entropy_with_logits(taps["logits"], F.avg_pool2d(one, 4)[0], pos_weight=weight)
            for i, source in enumerate(("cost_embedding", "decoder1", "decoder2")):
                score = (decoder.head0, decoder.head1, decoder.head2)[i](taps[source].detach())[:, 0]
                target = F.avg_pool2d(one, (32, 16, 8)[i])[0]
                total = total + 0.3 * F.binary_cross_entropy_with_logits(score, target, pos_weight=weight)
        loss = total / len(batch)
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        opt.step()
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"decoder {step} loss {average:.4f}", flush=True)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("out")
    args.add_argument("--clip-minutes", type=float, default=20)
    args.add_argument("--decoder-minutes", type=float, default=25)
    args.add_argument("--resume", help="go on from this checkpoint, on further images")
    args = args.parse_args()
    import open_clip
    tokens = tokens_of(shapes.CLASSES, open_clip.get_tokenizer("ViT-B-32"))
    torch.manual_seed(0)
    model = init_like_trained(SED(SED_SHAPES), 0)
    seen = [i for i, c in enumerate(shapes.CLASSES) if c not in shapes.UNSEEN]
    first = 100_000
    if args.resume:
        model.load_state_dict(torch.load(args.resume, weights_only=True)["model"])
        first = 500_000
    pretrain_clip(model, tokens, seen, args.clip_minutes, first)
    torch.save({"model": model.state_dict(), "iteration": 0}, args.out)
    train_decoder(model, tokens, seen, args.decoder_minutes, first)
    torch.save({"model": model.state_dict(), "iteration": 1}, args.out)
    model.eval()
    for k in (None, 1, 2, 4, 8):
        print("top_k", k, "mIoU, mIoU of unseen names, pixel accuracy:",
              *(f"{v:.3f}" for v in evaluate(model, tokens, range(100), True, k)), flush=True)


if __name__ == "__main__":
    main()
