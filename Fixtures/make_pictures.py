"""Draws the demonstration pictures of pictures/, or any number of pictures with their labels.

    python make_pictures.py                             the pictures of pictures/: NAME.png and NAME.labels.png
    python make_pictures.py OUT_DIR --count 50          img_000.png, img_000.labels.png ..., numbers 0 to 49

A label picture is 8-bit gray: each pixel the index of its class in shapes/classes.json. With --count every picture may
hold classes that the trained model never saw, unless --seen-only.
"""
import argparse
import os
import sys

from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "oracle"))
import shapes

# Name and number. In "sky" the green circle and the orange ring, in "bricks" the green circle and the blue cross are
# classes that the trained model never saw; "sand" holds none.
DEMONSTRATION = {"sky": 128, "bricks": 131, "sand": 112}


def write(number, unseen, image_path, label_path):
    image, label = shapes.draw(number, unseen)
    Image.fromarray(image).save(image_path, optimize=True)
    Image.fromarray(label).save(label_path, optimize=True)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out", nargs="?", default=os.path.join(HERE, "pictures"))
    a.add_argument("--count", type=int, help="draw this many pictures instead of the demonstration")
    a.add_argument("--seen-only", action="store_true", help="only classes that the trained model saw")
    args = a.parse_args()
    os.makedirs(args.out, exist_ok=True)
    if args.count is None:
        for name, number in DEMONSTRATION.items():
            write(number, True, os.path.join(args.out, f"{name}.png"), os.path.join(args.out, f"{name}.labels.png"))
    else:
        for n in range(args.count):
            write(n, not args.seen_only, os.path.join(args.out, f"img_{n:03}.png"),
                  os.path.join(args.out, f"img_{n:03}.labels.png"))


if __name__ == "__main__":
    main()
