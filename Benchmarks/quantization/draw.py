"""Draws the pictures on which a quantized model of Fixtures/shapes is calibrated and measured.

    python draw.py OUT_DIR [--oracle FOLDER] [--calibration 32] [--heldout 100]

  OUT_DIR/calib/img_000.png ...       numbers 2000 on, only of classes that the training saw
  OUT_DIR/heldout/img_000.png ...     numbers 1000 on, with classes that the training never saw
  OUT_DIR/*/labels/img_000.png ...    the ground truth: 8-bit gray, each pixel the index of its class in classes.json

A picture is drawn from its number alone. The training took numbers from 100,000 on and was judged by numbers 0 to 99, the
demonstration pictures are numbers 112 to 131: neither set here shares one with them, nor with the other. Calibration
sees none of the classes that the training did not see. Needs numpy and Pillow.
"""
import argparse
import os
import sys

from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
ORACLE = os.path.join(HERE, "..", "..", "Fixtures", "oracle")
# First number, and whether classes that training never saw may occur.
SETS = {"calib": (2000, False), "heldout": (1000, True)}


def write(shapes, folder, first, count, unseen):
    labels = os.path.join(folder, "labels")
    os.makedirs(labels, exist_ok=True)
    for i in range(count):
        image, label = shapes.draw(first + i, unseen)
        Image.fromarray(image).save(os.path.join(folder, f"img_{i:03}.png"))
        Image.fromarray(label).save(os.path.join(labels, f"img_{i:03}.png"))
    print(f"{folder}: {count} pictures, numbers {first} to {first + count - 1}")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out")
    a.add_argument("--oracle", default=ORACLE, help="the folder of shapes.py")
    a.add_argument("--calibration", type=int, default=32)
    a.add_argument("--heldout", type=int, default=100)
    args = a.parse_args()
    if max(args.calibration, args.heldout) > 1000:
        a.error("more than 1000 pictures of a set would reach the other's numbers")
    sys.path.insert(0, args.oracle)
    import shapes
    for name, count in zip(SETS, (args.calibration, args.heldout)):
        write(shapes, os.path.join(args.out, name), SETS[name][0], count, SETS[name][1])


if __name__ == "__main__":
    main()
