"""Makes an input on which a model's own early rejection keeps about as many classes as asked for.

    python make_survivors.py CHECKPOINT.safetensors OUT.safetensors [--config base] [--classes 459] [--survivors 20]

Random text features say nothing about a picture, and rejection keeps about every class; the classes of a trained model
that are not in the picture score low everywhere. Those score maps are made here: the first rejection looks at scores that
are linear in a class's text features, so features are found that give a wanted map. Each of the `survivors`, spread evenly
among the classes, gets a map that is high everywhere and highest at a place of its own; the others one that is low
everywhere. Every feature has its own random part and unit length. Then the oracle runs with rejection, and what it keeps
at each of its three stages is printed.

The file holds `image` (R x R x 3, uint8) and `text_features` (T x P x C, float32). Exit code 1 where the first stage
keeps others than the survivors. SED-B takes half a minute and 3.2 GB."""
import argparse
import sys

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

import segmenter


def score_gradient(decoder, embedding):
    """The first scores of a class are `gradient @ text + constant`: pixels x (P C), by way of the cost map."""
    height, width = embedding.shape[-2:]
    prompts = decoder.conv1.in_channels

    def score(cost):
        return decoder.head0(decoder.conv1(cost[None])).flatten()

    by_cost = torch.func.jacrev(score, chunk_size=64)(torch.zeros(prompts, height, width))    # pixels x P x H x W
    e = F.normalize(embedding, dim=1)[0]
    return torch.einsum("nphw,chw->npc", by_cost, e).flatten(1)


def score_maps(survivors, height, width):
    """What each survivor shall score: 1 everywhere, and up to 1 more about a place of its own."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    columns = max(1, round(survivors ** 0.5))
    rows = -(-survivors // columns)
    maps = []
    for i in range(survivors):
        cy, cx = (i // columns + 0.5) / rows, (i % columns + 0.5) / columns
        maps.append(1 + torch.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 0.02).flatten())
    return torch.stack(maps)


def text_with_scores(gradient, wanted, prompts, noise, generator):
    """Unit vectors for the prompts of each class whose scores are about proportional to `wanted` (T x pixels)."""
    kernel = (gradient @ gradient.T).double()
    ridge = 1e-4 * kernel.diagonal().mean()
    weights = torch.linalg.solve(kernel + ridge * torch.eye(len(kernel)), wanted.double().T).T.float()
    text = (weights @ gradient).view(len(wanted), prompts, -1)
    text = text / text.norm(dim=-1).mean(1)[:, None, None]
    own = F.normalize(torch.randn(text.shape, generator=generator), dim=-1)
    return F.normalize(text + noise * own, dim=-1)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("checkpoint")
    a.add_argument("out")
    a.add_argument("--config", default="base")
    a.add_argument("--classes", type=int, default=459)
    a.add_argument("--survivors", type=int, default=20)
    a.add_argument("--top-k", type=int, default=8)
    a.add_argument("--noise", type=float, default=0.5, help="length of a feature's random part; 1 is that of the rest")
    a.add_argument("--seed", type=int, default=1)
    args = a.parse_args()
    generator = torch.Generator().manual_seed(args.seed)
    model = segmenter.load_oracle(args.config, args.checkpoint)
    picture = segmenter.random_picture(args.config, args.seed)
    with torch.no_grad():
        embedding = model.clip.visual(model.preprocess(picture))["embedding"]
    gradient = score_gradient(model.decoder, embedding)

    wanted = -torch.ones(args.classes, gradient.shape[0])
    survivors = torch.arange(args.survivors) * args.classes // args.survivors
    wanted[survivors] = score_maps(args.survivors, *embedding.shape[-2:])
    text = text_with_scores(gradient, wanted, model.cfg.prompt_channels, args.noise, generator)
    save_file({"image": picture, "text_features": text}, args.out)

    taps = model(picture, text, args.top_k)[1]
    first = taps["aux0"].flatten(1)
    others = torch.ones(args.classes, dtype=torch.bool)
    others[survivors] = False
    print(f"first scores: survivors {first[survivors].min():.3f} to {first[survivors].max():.3f}, "
          f"others {first[others].min():.3f} to {first[others].max():.3f}")
    for stage in range(3):
        kept = taps[f"alive{stage}"]
        print(f"stage {stage + 1} keeps {len(kept)} of {args.classes} with k = {args.top_k}: {kept.tolist()}")
    sys.exit(taps["alive0"].tolist() != survivors.tolist())


if __name__ == "__main__":
    main()
