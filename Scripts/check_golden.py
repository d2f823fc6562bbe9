"""Checks record_golden.py: what it records of a program is what `sedge verify --golden` expects, and a wrong model fails.

    python check_golden.py [--sedge PATH] [--write]

Needs torch, numpy, pillow, safetensors and h5py. The oracle with the weights of Fixtures/tiny/linear stands in the place of
the user's program, once as it is, and once behind the interface of SED's own program in detectron2: a batch of pictures as
dictionaries, text features in the predictor, classes in the batch dimension, a dense embedding with pixels as rows, switches
for early rejection. Both recordings must be equal but for rounding. Then the golden of the fixtures is made anew (`--write`
replaces it), and

  - the converted model passes it, and the report says which hyperparameters that proves,
  - a golden of SED's published preprocessing passes with --preprocess sed alone,
  - with a wrong number of text heads, heads, pooling or resolution it fails, and names the first result that is off.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "Fixtures")
RECORDER = os.path.join(HERE, "record_golden.py")
CHECKPOINT = os.path.join(FIXTURES, "tiny", "linear.h5")
PICTURE = os.path.join(FIXTURES, "golden", "picture.png")
GOLDEN = os.path.join(FIXTURES, "golden", "recorded.golden.safetensors")
CLASSES = "green tree; blue sky, the sky; house; car"
TEMPLATES = "a photo of {}; a {} there; {}"
# What the golden of the fixtures holds, for its size: the texts, the picture's encoding, the results.
TAPS = "res5,embedding,cost_map,aux0,logits,scores,labels"
OPTIONS = ["--resolution", "64", "--allow-no-class-names", "--force"]

# The program of the authors in what matters to a recorder, around the oracle.
AUTHORS = '''
import os, sys
import torch
import torch.nn.functional as F
sys.path.insert(0, {fixtures!r})
import record_tiny
from record_tiny import tokenize
from sed_torch import CLIP_PIXEL_MEAN, CLIP_PIXEL_STD, ImageEncoder, top_classes


class Visual(torch.nn.Module):
    """The image encoder with the pixels of the last stage as a batch, as SED's copy of OpenCLIP has them."""

    def __init__(self, visual):
        super().__init__()
        self.trunk, self.head = visual.trunk, visual.head

    def forward(self, x):
        x, out = self.trunk.stem(x), {{}}
        for k, stage in enumerate(self.trunk.stages):
            x = out[f"res{{k + 2}}"] = stage(x)
        b, c, h, w = x.shape
        rows = self.trunk.head.norm(x).permute(0, 2, 3, 1).reshape(-1, c)
        out["embedding"] = self.head(rows).view(b, h * w, -1).permute(0, 2, 1).reshape(b, -1, h, w)
        return out


class Program(torch.nn.Module):
    def __init__(self, oracle):
        super().__init__()
        self.sem_seg_head, self.cfg = oracle.sem_seg_head, oracle.cfg
        predictor = self.sem_seg_head.predictor
        predictor.clip_model.visual = Visual(predictor.clip_model.visual)
        predictor.text_features_test = torch.zeros(0)
        predictor.transformer.fast_infer, predictor.transformer.topK = False, 1
        self.fast_inference = False

    def forward(self, batch):
        picture = batch[0]["image"]
        mean, std = (torch.tensor(v).view(3, 1, 1) for v in (CLIP_PIXEL_MEAN, CLIP_PIXEL_STD))
        side = self.cfg.resolution
        image = F.interpolate(((picture - mean) / std)[None], size=(side, side), mode="bilinear", align_corners=False)
        predictor = self.sem_seg_head.predictor
        decoder = predictor.transformer
        features = predictor.clip_model.visual(image)
        top_k = decoder.topK if decoder.fast_infer else None
        scores = decoder(features, predictor.text_features_test, top_k)[0]
        assert self.fast_inference == decoder.fast_infer
        size = (batch[0]["height"], batch[0]["width"])
        return [{{"sem_seg": F.interpolate(scores, size=size, mode="bilinear", align_corners=False)[0]}}]


def build(checkpoint):
    return Program(record_tiny.build(checkpoint)).eval()
'''


def record(program, out, *options):
    command = [sys.executable, RECORDER, "--model", program, "--checkpoint", CHECKPOINT, "--images", PICTURE,
               "--classes", CLASSES, "--templates", TEMPLATES, "--top-k", "2", "--out", out, *options]
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stderr


def run(sedge, *arguments):
    return subprocess.run([sedge, *arguments], text=True, capture_output=True)


def check(holds, what):
    print("ok " if holds else "NOT", what)
    if not holds:
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sedge", default=os.path.join(HERE, "..", ".build", "release", "sedge"))
    parser.add_argument("--write", action="store_true", help="replace the golden of the fixtures")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        own, authors = os.path.join(folder, "own.safetensors"), os.path.join(folder, "authors.safetensors")
        program = os.path.join(folder, "authors.py")
        with open(program, "w") as file:
            file.write(AUTHORS.format(fixtures=os.path.abspath(FIXTURES)))
        tiny = os.path.join(FIXTURES, "record_tiny.py") + ":build"
        said = [record(tiny, own), record(program + ":build", authors)]
        check("not found" not in said[0] + said[1], "every result is found in both programs")
        first, second = load_file(own), load_file(authors)
        check(first.keys() == second.keys(), f"both recordings have the same {len(first)} tensors")
        worst = max((first[k].float() - second[k].float()).abs().max().item() for k in first if "label" not in k)
        check(worst < 2e-5, f"and the same numbers, to {worst:.1e}")
        small = os.path.join(folder, "small.safetensors")
        record(tiny, small, "--taps", TAPS)
        check(os.path.getsize(small) < 150_000, f"the golden of the fixtures has {os.path.getsize(small):,} bytes")
        if args.write:
            shutil.copyfile(small, GOLDEN)
        check_with_sedge(args.sedge, folder, [own, authors, small, GOLDEN])
        check_preprocessing(args.sedge, folder, program + ":build")


def check_with_sedge(sedge, folder, goldens):
    model = os.path.join(folder, "m.sedge")
    run(sedge, "convert", CHECKPOINT, "-o", model, "--text-heads", "2", *OPTIONS).check_returncode()
    for golden in goldens:
        verified = run(sedge, "verify", model, "--golden", golden)
        check(verified.returncode == 0, f"{os.path.basename(golden)} passes")
        check("proven: heads 4, assumed: as in SED-B and SED-L; text heads 2, given; pooling 1" in verified.stdout,
              "and proves the hyperparameters")
    wrong = [(["--text-heads", "4"], "full: text_features: "), (["--text-heads", "2", "--heads", "2"], "full: logits: "),
             (["--text-heads", "2", "--pooling", "2"], "full: logits: "),
             (["--text-heads", "2", "--resolution", "96"], "full: ")]
    for options, result in wrong:
        run(sedge, "convert", CHECKPOINT, "-o", model, *OPTIONS, *options).check_returncode()
        verified = run(sedge, "verify", model, "--golden", goldens[2])
        check(verified.returncode == 1 and "out of tolerance: " + result in verified.stdout and
              "\nproven: " not in verified.stdout, f"with {' '.join(options)} it fails: {result}")


def check_preprocessing(sedge, folder, program):
    model, golden = os.path.join(folder, "m.sedge"), os.path.join(folder, "sed.safetensors")
    record(program, golden, "--preprocess", "sed")
    run(sedge, "convert", CHECKPOINT, "-o", model, "--text-heads", "2", *OPTIONS).check_returncode()
    for options, code in ((["--preprocess", "sed"], 0), ([], 1)):
        verified = run(sedge, "verify", model, "--golden", golden, *options)
        check(verified.returncode == code, f"a golden with SED's preprocessing: {options or 'without'} gives {code}")


if __name__ == "__main__":
    main()
