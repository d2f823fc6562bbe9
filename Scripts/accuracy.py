"""Accuracy of predicted label pictures, and their agreement with the predictions of the first folder.

    python accuracy.py --labels LABELS_DIR [--classes classes.json] [--unseen unseen.json] FOLDER...

Predictions and labels are single-channel PNGs whose values index the class list; they are paired by the number that
ends the file's name (img_007.labels.png with 7.png). A folder may also hold other pictures: of several files with one
number the one that ends with ".labels.png" counts. Needs numpy and Pillow.

Columns: agreement with the first folder (share of equal pixels; mean over pictures, and the worst picture), mIoU over the
classes present in the ground truth, mIoU over those of them that are listed in --unseen, and pixel accuracy; confusion is
summed over all pictures before it is divided.
"""
import argparse
import json
import os
import re

import numpy as np
from PIL import Image

SHAPES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "shapes")


def label_files(folder):
    """Number -> path of its label picture."""
    found = {}
    for name in sorted(os.listdir(folder)):
        match = re.fullmatch(r".*?(\d+)(\.labels)?\.png", name)
        if match is None:
            continue
        number = int(match[1])
        if number in found and bool(match[2]) == found[number].endswith(".labels.png"):
            raise SystemExit(f"{folder}: {found[number]} and {name} have the same number")
        if number not in found or match[2]:
            found[number] = name
    return {number: os.path.join(folder, name) for number, name in found.items()}


def read_labels(path, class_count):
    labels = np.asarray(Image.open(path))
    if labels.ndim != 2:
        raise SystemExit(f"{path}: a label picture has one channel, this has {labels.shape}")
    if labels.max() >= class_count:
        raise SystemExit(f"{path}: label {labels.max()}, but only {class_count} classes")
    return labels.astype(np.int64)


def read_folder(folder, truth, class_count):
    """The predictions for every picture of `truth` (number -> labels)."""
    files = label_files(folder)
    missing = [n for n in truth if n not in files]
    if missing:
        raise SystemExit(f"{folder}: no prediction for {missing[0]} and {len(missing) - 1} others")
    predictions = {n: read_labels(files[n], class_count) for n in truth}
    for n, labels in truth.items():
        if predictions[n].shape != labels.shape:
            raise SystemExit(f"{files[n]}: {predictions[n].shape}, but the ground truth is {labels.shape}")
    return predictions


def accuracy(truth, predictions, class_count, unseen):
    """mIoU, mIoU over the indices `unseen`, pixel accuracy."""
    confusion = np.zeros((class_count, class_count), np.int64)
    for n, labels in truth.items():
        cells = labels.ravel() * class_count + predictions[n].ravel()
        confusion += np.bincount(cells, minlength=class_count ** 2).reshape(confusion.shape)
    hit = np.diag(confusion)
    present = confusion.sum(1) > 0
    iou = hit / np.maximum(confusion.sum(0) + confusion.sum(1) - hit, 1)
    held = np.isin(np.arange(class_count), unseen) & present
    return iou[present].mean(), iou[held].mean() if held.any() else float("nan"), hit.sum() / confusion.sum()


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("folders", nargs="+", metavar="FOLDER")
    a.add_argument("--labels", required=True, help="the ground truth")
    a.add_argument("--classes", default=os.path.join(SHAPES, "classes.json"))
    a.add_argument("--unseen", default=os.path.join(SHAPES, "unseen.json"))
    args = a.parse_args()
    with open(args.classes) as f:
        classes = json.load(f)
    with open(args.unseen) as f:
        unseen = [classes.index(name) for name in json.load(f) if name in classes]
    truth = {n: read_labels(path, len(classes)) for n, path in label_files(args.labels).items()}
    if not truth:
        raise SystemExit(f"{args.labels}: no label pictures")
    width = max(len(folder) for folder in args.folders)
    print(f"{len(truth)} pictures, {len(classes)} classes")
    print(f"{'folder':{width}}  agreement    worst (picture)   mIoU  unseen  pixels")
    first = None
    for folder in args.folders:
        predictions = read_folder(folder, truth, len(classes))
        first = first or predictions
        agreement = {n: (predictions[n] == first[n]).mean() for n in truth}
        worst = min(agreement, key=agreement.get)
        miou, held, pixels = accuracy(truth, predictions, len(classes), unseen)
        print(f"{folder:{width}}  {np.mean(list(agreement.values())):9.5f}  {agreement[worst]:7.5f} ({worst:7})"
              f"  {miou:.4f}  {held:.4f}  {pixels:.4f}")


if __name__ == "__main__":
    main()
