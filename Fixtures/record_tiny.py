"""A program for Scripts/record_golden.py: the oracle with the weights of tiny/linear, as a user has the authors' SED.

    python record_tiny.py        writes golden/picture.png

The vocabulary has 300 tokens, so that words become tokens by their letters alone. Scripts/check_golden.py records with it.
"""
import os
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import make_tiny                 # also lets the modules of oracle/ be imported
import make_checkpoint
from sed_torch import SED


def build(checkpoint):
    name = os.path.splitext(os.path.basename(checkpoint))[0]
    model = SED(make_tiny.VARIANTS[name].config)
    return make_checkpoint.load(model, checkpoint)


def run(model, image, text_features, top_k):
    return model(image, text_features, top_k)[0]


def tokenize(texts):
    tokens = torch.zeros(len(texts), 77, dtype=torch.long)
    for row, text in zip(tokens, texts):
        words = [1 + sum(word.encode()) % (make_tiny.VOCABULARY - 3) for word in text.split()]
        ids = [make_tiny.VOCABULARY - 2, *words, make_tiny.VOCABULARY - 1]
        row[:len(ids)] = torch.tensor(ids)
    return tokens


def main():
    """Writes the picture that golden/recorded.golden.safetensors is recorded of."""
    from PIL import Image
    image, _ = make_checkpoint.random_inputs(make_tiny.TINY, 5, classes=1, size=(40, 53), words=(1, 298))
    Image.fromarray(image.numpy()).save(os.path.join(HERE, "golden", "picture.png"))


if __name__ == "__main__":
    main()
