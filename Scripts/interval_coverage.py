#!/usr/bin/env python3
"""How often do intervals of 95 % contain the truth? The study behind docs/evaluation.md, "Intervals".

    python3 Scripts/interval_coverage.py [--trials 1000] [--resamples 1000] [--seed 0]

Makes pictures of known statistics: a picture shows some classes, the frequent ones more often, with areas of any size; it
is harder or easier as a whole, and each class in it besides; pixels of a class are confused with a few others. The truth
is the figure of 100,000 pictures. Each trial draws a few pictures and two models' labels of them, and computes intervals
of each figure, of the difference of the models, and of the IoU of each class that at least five of the pictures show. Needs numpy.
"""
import argparse
import math
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist().inv_cdf(0.975)
FIGURES = ["miou", "macc", "fwiou", "pacc"]
# Classes, the share of pictures with the rarest one, pictures of a trial.
CASES = [
    (5, 0.2, 20),
    (5, 0.1, 50),
    (10, 0.1, 20),
    (10, 0.05, 50),
    (10, 0.05, 100),
    (20, 0.1, 20),
    (20, 0.05, 50),
    (20, 0.05, 100),
    (20, 0.02, 100),
    (20, 0.03, 20),
]


def student_quantile(degrees):
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)

    def above_zero(t):
        x = np.linspace(0, t, 4001)
        return np.trapezoid(scale * (1 + x * x / degrees) ** (-(degrees + 1) / 2), x)

    low, high = 1.9, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if above_zero(middle) < 0.475 else (low, middle)
    return low


class Population:
    def __init__(self, classes, rarest, generator):
        self.classes, self.generator = classes, generator
        self.presence = np.exp(np.linspace(np.log(0.9), np.log(rarest), classes))
        self.sizes = np.exp(generator.normal(0, 0.6, classes))
        accuracy = generator.uniform(0.35, 0.92, classes)
        self.score = np.log(accuracy / (1 - accuracy))
        confusable = generator.dirichlet(np.full(classes, 0.3), classes) + 1e-12
        np.fill_diagonal(confusable, 0)
        self.confusable = confusable / confusable.sum(1, keepdims=True)
        self.shift = generator.normal(0, 0.15, classes)

    def draw(self, count):
        """By model: pictures x (hits, truth, predicted) x classes."""
        generator, shape = self.generator, (count, self.classes)
        shown = generator.random(shape) < self.presence
        shown[~shown.any(1), 0] = True
        area = shown * self.sizes * np.exp(generator.normal(0, 1, shape))
        area = np.floor(area / area.sum(1, keepdims=True) * 200_000)
        score = self.score + generator.normal(0, 0.6, (count, 1)) + generator.normal(0, 1, shape)
        taken = self.confusable * generator.gamma(0.5, 1, (count, self.classes, self.classes))
        taken /= np.maximum(taken.sum(2, keepdims=True), 1e-300)
        models = []
        for change in [0, self.shift + generator.normal(0, 0.25, shape)]:
            hits = np.floor(area / (1 + np.exp(-(score + change))))
            predicted = hits + np.einsum("nc,ncd->nd", area - hits, taken)
            models.append(np.stack([hits, area, predicted], 1))
        return models


def figure(counts, name):
    hits, truth, predicted = counts[..., 0, :], counts[..., 1, :], counts[..., 2, :]
    there = truth > 0
    with np.errstate(all="ignore"):
        iou = np.where(there, hits / (truth + predicted - hits), 0)
        accuracy = np.where(there, hits / truth, 0)
    if name == "miou":
        return iou.sum(-1) / there.sum(-1)
    if name == "macc":
        return accuracy.sum(-1) / there.sum(-1)
    if name == "fwiou":
        return (iou * truth).sum(-1) / truth.sum(-1)
    if name == "pacc":
        return hits.sum(-1) / truth.sum(-1)
    return np.where(there, iou, np.nan)[..., name]


def intervals(value, resampled, left_out, student):
    """Each kind of interval."""
    resampled = np.sort(resampled[~np.isnan(resampled)])
    n, phi = len(left_out), NormalDist().cdf
    jackknife = math.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    deviation = resampled.std()
    bootstrap = deviation * math.sqrt(n / (n - 1))
    below = ((resampled < value).mean() + (resampled <= value).mean()) / 2
    bias = NormalDist().inv_cdf(min(max(below, 1e-9), 1 - 1e-9))
    influence = left_out.mean() - left_out
    acceleration = (influence**3).sum() / (6 * max((influence**2).sum(), 1e-300) ** 1.5)

    def corrected(z):
        return phi(bias + (bias + z) / (1 - acceleration * (bias + z)))

    def scaled(error):
        factor = student * error / (NORMAL * max(deviation, 1e-300))
        return value + factor * (np.quantile(resampled, [0.025, 0.975]) - resampled.mean())

    wide = student * math.sqrt(n / (n - 1))
    return {
        "percentile": np.quantile(resampled, [0.025, 0.975]),
        "expanded": np.quantile(resampled, [phi(-wide), phi(wide)]),
        "BCa": np.quantile(resampled, [corrected(-NORMAL), corrected(NORMAL)]),
        "t, bootstrap": (value - student * bootstrap, value + student * bootstrap),
        "t, jackknife": (value - student * jackknife, value + student * jackknife),
        "shape, jackknife": scaled(jackknife),
        "Sedge": scaled((2 * jackknife + bootstrap) / 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    everything, kinds = {}, {}
    for classes, rarest, pictures in CASES:
        generator = np.random.default_rng([options.seed, classes, pictures, int(1000 * rarest)])
        population = Population(classes, rarest, generator)
        truth = [sum(part) for part in zip(*([m.sum(0) for m in population.draw(5000)] for _ in range(20)))]
        students = {degrees: student_quantile(degrees) for degrees in range(4, pictures)}
        contained = {}

        def note(row, found, value):
            for kind, (low, high) in found.items():
                contained.setdefault((row, kind), []).append(low <= value <= high)

        for _ in range(options.trials):
            one, other = population.draw(pictures)
            drawn = generator.multinomial(pictures, np.full(pictures, 1 / pictures), options.resamples).astype(float)
            views = [(m.sum(0), np.tensordot(drawn, m, 1), m.sum(0) - m) for m in (one, other)]
            for name in FIGURES:
                values = [[figure(view, name) for view in model] for model in views]
                note(name, intervals(*values[0], students[pictures - 1]), figure(truth[0], name))
                differences = [b - a for a, b in zip(*values)]
                expected = figure(truth[1], name) - figure(truth[0], name)
                note(f"difference of {name}", intervals(*differences, students[pictures - 1]), expected)
            for label in range(classes):
                showing = int((one[:, 1, label] > 0).sum())
                if showing >= 5:
                    values = [figure(view, label) for view in views[0]]
                    note("IoU of a class", intervals(*values, students[showing - 1]), figure(truth[0], label))
        print(f"\n{classes} classes, the rarest in {rarest:.0%}, {pictures} pictures", flush=True)
        kinds = list(dict.fromkeys(kind for _, kind in contained))
        print(" " * 22 + "".join(f"{kind:>18}" for kind in kinds))
        for row in dict.fromkeys(row for row, _ in contained):
            shares = [100 * np.mean(contained[row, kind]) for kind in kinds]
            print(f"{row:22}" + "".join(f"{share:18.1f}" for share in shares), flush=True)
            for kind, share in zip(kinds, shares):
                everything.setdefault(kind, []).append(share)
    print("\nAll rows: the least, the mean, the most, and the share of rows in 93...97 %")
    for kind, shares in everything.items():
        inside = np.mean([93 <= share <= 97 for share in shares])
        print(f"{kind:18}{min(shares):8.1f}{np.mean(shares):8.1f}{max(shares):8.1f}{inside:8.0%}")


if __name__ == "__main__":
    main()
