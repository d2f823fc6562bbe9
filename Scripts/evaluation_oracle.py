#!/usr/bin/env python3
"""Prints the values that the tests of figures, boundary regions and intervals expect.

    python3 Scripts/evaluation_oracle.py

Figures follow detectron2's SemSegEvaluator in NumPy, and once more in exact fractions. Boundary regions are those of
"Boundary IoU" (Cheng et al., CVPR 2021) by erosion of each class's mask. Intervals follow docs/evaluation.md. The made
counts and labels are those of Tests/SedgeEvaluationTests/MadeCounts.swift. Needs numpy.
"""
from fractions import Fraction

import numpy as np

MASK = (1 << 64) - 1


def numbers(seed):
    state = seed
    while True:
        state = (state * 1103515245 + 12345) % 2**31
        yield state >> 16


# Figures


def made_confusion(classes, seed):
    made, confusion = numbers(seed), np.zeros((classes + 1, classes + 1), int)
    for predicted in range(classes):
        for truth in range(classes + 1):
            number = next(made)
            if truth % 7 == 3:
                continue
            count = number * 40 + 1 if predicted == truth else number % 977 if number % 5 == 0 else 0
            confusion[predicted, truth] = count
    return confusion


def detectron2(confusion):
    classes = len(confusion) - 1
    accuracy, iou = np.full(classes, np.nan), np.full(classes, np.nan)
    hits = confusion.diagonal()[:-1].astype(float)
    truth = np.sum(confusion[:-1, :-1], axis=0).astype(float)
    predicted = np.sum(confusion[:-1, :-1], axis=1).astype(float)
    weights = truth / np.sum(truth)
    there = truth > 0
    accuracy[there] = hits[there] / truth[there]
    union = truth + predicted - hits
    valid = np.logical_and(there, union > 0)
    iou[valid] = hits[valid] / union[valid]
    return {
        "miou": np.sum(iou[valid]) / np.sum(valid),
        "macc": np.sum(accuracy[there]) / np.sum(there),
        "fwiou": np.sum(iou[valid] * weights[valid]),
        "pacc": np.sum(hits) / np.sum(truth),
    }


def exact(confusion, group=None):
    classes = range(len(confusion) - 1)
    counts = [[int(value) for value in row] for row in confusion]
    truth = [sum(counts[p][t] for p in classes) for t in classes]
    predicted = [sum(counts[p][t] for t in classes) for p in classes]
    there = [c for c in group or classes if truth[c] > 0]
    iou = {c: Fraction(counts[c][c], truth[c] + predicted[c] - counts[c][c]) for c in there}
    pixels = sum(truth[c] for c in there)
    return {
        "miou": sum(iou.values()) / len(there),
        "macc": sum(Fraction(counts[c][c], truth[c]) for c in there) / len(there),
        "fwiou": sum(iou[c] * truth[c] for c in there) / pixels,
        "pacc": Fraction(sum(counts[c][c] for c in there), pixels),
    }


def chance(confusion):
    classes = range(len(confusion) - 1)
    truth = [int(confusion[:-1, c].sum()) for c in classes]
    predicted = [int(confusion[c, :-1].sum()) for c in classes]
    there = [c for c in classes if truth[c] > 0]
    hits = {c: Fraction(truth[c] * predicted[c], sum(truth)) for c in there}
    return sum(hits[c] / (truth[c] + predicted[c] - hits[c]) for c in there) / len(there)


# Boundary regions


def erode(mask, distance):
    height, width = mask.shape
    padded = np.zeros((height + 2, width + 2), bool)
    padded[1:-1, 1:-1] = mask
    for _ in range(distance):
        # As OpenCV: what lies outside the padded mask erodes nothing.
        wide = np.pad(padded, 1, constant_values=True)
        shifted = [wide[y : y + height + 2, x : x + width + 2] for y in range(3) for x in range(3)]
        padded = np.min(shifted, axis=0)
    return padded[1:-1, 1:-1]


def made_maps(width, height, classes, seed, block):
    made = numbers(seed)
    blocks = [[next(made) % classes for _ in range(width // block + 1)] for _ in range(height // block + 1)]
    truth = np.array([[blocks[y // block][x // block] for x in range(width)] for y in range(height)])
    predicted = truth.copy()
    for _ in range(width * height // 97 + 1):
        x, y, side = next(made) % width, next(made) % height, next(made) % 5 + 1
        predicted[y : y + side, x : x + side] = next(made) % classes
    for _ in range(3):
        x, y, side = next(made) % width, next(made) % height, next(made) % 7 + 1
        truth[y : y + side, x : x + side] = classes
    return predicted, truth


def boundaries(predicted, truth, classes):
    height, width = truth.shape
    distance = max(1, int(round(0.02 * np.sqrt(height**2 + width**2))))
    for label in range(classes):
        in_truth = (truth == label) & ~erode(truth == label, distance)
        mask = (predicted == label) & (truth != classes)
        in_prediction = mask & ~erode(mask, distance)
        counts = [(in_truth & in_prediction).sum(), in_prediction.sum(), in_truth.sum()]
        if counts[1] or counts[2]:
            yield [label] + [int(count) for count in counts]


# Intervals


class SplitMix64:
    def __init__(self, state):
        self.state = state & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def power(base, exponent):
    result, square = 1.0, base
    while exponent > 0:
        if exponent & 1:
            result *= square
        square *= square
        exponent >>= 1
    return result


def weights(seed, resample, pictures):
    mixer = SplitMix64(SplitMix64(seed).next() ^ resample)
    generator, left, drawn = SplitMix64(mixer.next()), pictures, []
    for picture in range(pictures):
        rest = pictures - picture
        if rest == 1 or left == 0:
            drawn.append(left)
            left = 0
            continue
        odds, probability = 1 / (rest - 1), power((rest - 1) / rest, left)
        below, count = (generator.next() >> 11) * 2.0**-53 - probability, 0
        while below >= 0 and count < left:
            probability *= odds * float(left - count) / float(count + 1)
            below -= probability
            count += 1
        left -= count
        drawn.append(count)
    return drawn


def interval(measured, resampled, left_out, student):
    n = len(left_out)
    jackknife = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    error = (2 * jackknife + resampled.std() * np.sqrt(n / (n - 1))) / 3
    scale = student * error / (1.959963984540054 * resampled.std())
    ends = np.quantile(resampled, [0.025, 0.975])
    return [float(end) for end in measured + scale * (ends - resampled.mean())]


def figures(confusion):
    counts = confusion[..., :-1, :-1].astype(float)
    hits = np.einsum("...ii->...i", counts)
    truth, predicted = counts.sum(-2), counts.sum(-1)
    with np.errstate(all="ignore"):
        iou = np.where(truth > 0, hits / (truth + predicted - hits), np.nan)
        accuracy = np.where(truth > 0, hits / truth, np.nan)
    return {
        "miou": np.nanmean(iou, -1),
        "macc": np.nanmean(accuracy, -1),
        "fwiou": np.nansum(iou * truth, -1) / truth.sum(-1),
        "pacc": hits.sum(-1) / truth.sum(-1),
        "iou of class 2": iou[..., 2],
    }


def made_models():
    made, first = numbers(9), np.zeros((8, 4, 4), int)
    for picture in range(8):
        for predicted in range(3):
            for truth in range(4):
                number = next(made)
                count = number % 50 + (200 + number % 300 if predicted == truth else 0)
                first[picture, predicted, truth] = 0 if picture < 2 and truth == 2 else count
    second = first.copy()
    for picture in range(8):
        moved = next(made) % 60
        second[picture, 0, 0] -= moved
        second[picture, 1, 0] += moved
    return first, second


def main():
    for classes, seed in [(1, 1), (5, 2), (20, 3), (150, 4), (847, 5)]:
        confusion = made_confusion(classes, seed)
        for name, value in detectron2(confusion).items():
            print(f"{classes} classes: {name} {value:.12f} exact {float(exact(confusion)[name])!r}")
    for name, value in exact(made_confusion(20, 3), [0, 3, 5, 6, 19]).items():
        print(f"group: {name} {float(value):.12f}")
    for classes, seed in [(5, 2), (20, 3)]:
        print(f"chance of {classes} classes: {float(chance(made_confusion(classes, seed))):.12f}")
    for case in [(7, 5, 3, 2, 3), (40, 30, 4, 3, 10), (100, 75, 5, 4, 25), (200, 150, 6, 5, 60), (75, 100, 3, 7, 40)]:
        print(f"boundaries of {case}:", list(boundaries(*made_maps(*case), case[2])))
    for resample in range(3):
        print(f"weights of resample {resample}:", weights(2021, resample, 10))
    drawn = np.array([weights(2021, resample, 8) for resample in range(200)])
    models = made_models()
    found = []
    for model in models:
        whole = model.sum(0)
        found.append([figures(whole), figures(np.tensordot(drawn, model, 1)), figures(whole - model)])
    student = {5: 2.570581835636314, 7: 2.364624251592784}
    for name in found[0][0]:
        degrees = 5 if name.startswith("iou") else 7
        values = [figure[name] for figure in found[0]]
        print(f"{name}: {interval(*values, student[degrees])}")
        if name.startswith("iou"):
            continue
        differences = [other[name] - one[name] for one, other in zip(*found)]
        print(f"difference of {name}: {float(differences[0])!r} {interval(*differences, student[degrees])}")
    changed = np.array([3, 0, 10, 5, 2, 40, 7, 1])
    pixels = np.array([100, 100, 200, 100, 100, 200, 100, 100])
    rest = (changed.sum() - changed) / (pixels.sum() - pixels)
    share = changed.sum() / pixels.sum()
    print("changed labels:", interval(share, (drawn @ changed) / (drawn @ pixels), rest, student[7]))


if __name__ == "__main__":
    main()
