"""Holds `sedge classify` against OpenCLIP itself, at full size, with random weights.

    python check_clip.py OUT_DIR [--models convnext_base_w,...] [--classes 20] [--sedge PATH] [--keep]

Needs open_clip_torch with what it needs, and safetensors. For each of OpenCLIP's models it

  - fills the model with random weights that behave like trained ones, saves its state dict as .pth and .safetensors,
  - has `sedge inspect` name both,
  - converts the .pth to float32 and the .safetensors to int8,
  - classifies the pictures of Fixtures/pictures with both, the first from text features stored in the file, the second
    encoding OpenCLIP's 80 templates of each class itself,
  - exports the float32 file, loads it into OpenCLIP (strict) and runs that too,

and prints how far the results are from OpenCLIP's own zero-shot classification, with times and peak memory. Stops where
float32 is off by more than 2e-5 of the largest magnitude, or a probability by more than 1e-5. A model takes some minutes,
and OUT_DIR 4 times its size.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import open_clip
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES = os.path.join(HERE, "..", "Fixtures", "pictures")
CLASSES = ["sky", "grass", "tree", "person", "car", "building", "road", "water", "mountain", "flower", "brick wall",
           "sand", "dog", "cat", "bicycle", "ship", "airplane", "bread", "chair", "lamp"]
LIMIT = 2e-5


def like_trained(model, seed=0):
    """Random weights whose activations stay in the range a trained network's do."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name == "logit_scale":
                p.fill_(3.0)
            elif name.endswith("gamma"):
                p.copy_(0.05 + 0.1 * torch.rand(p.shape, generator=g))
            elif p.ndim == 1 and name.endswith("weight"):
                p.copy_(1 + 0.2 * torch.randn(p.shape, generator=g))
            elif p.ndim == 1:
                p.copy_(0.05 * torch.randn(p.shape, generator=g))
            elif "embedding" in name:
                p.copy_(0.02 * torch.randn(p.shape, generator=g))
            else:
                fan_in = p.shape[0] if name == "text_projection" else p[0].numel()
                p.copy_(torch.randn(p.shape, generator=g) / fan_in ** 0.5)
    return model


@torch.no_grad()
def reference(model, preprocess, pictures, text):
    """Embedding, logits and scores of every picture, by OpenCLIP."""
    results = {}
    for path in pictures:
        embedding = model.encode_image(preprocess(Image.open(path))[None])
        image = torch.nn.functional.normalize(embedding, dim=-1)
        logits = (model.logit_scale.exp() * image @ text)[0]
        results[path] = {"embedding": embedding, "logits": logits, "scores": logits.softmax(-1)}
    return results


# Runs a command and adds its seconds and peak bytes to its output. A small process of its own: what a child has touched
# before it becomes another program counts as its peak too.
TIMED = """
import os, sys, time
start = time.time()
child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
if status == 0:
    print("\\n", time.time() - start, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


class Sedge:
    """The program, its runs timed."""

    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments):
        done = subprocess.run([sys.executable, "-S", "-c", TIMED, self.path, *arguments], stdout=subprocess.PIPE,
                              text=True)
        if done.returncode != 0:
            sys.exit(f"sedge {' '.join(arguments)} failed")
        output, figures = done.stdout.rsplit("\n", 2)[:2]
        seconds, peak = map(float, figures.split())
        print(f"  sedge {arguments[0]:9}{seconds:7.1f} s {peak / 1e9:6.2f} GB peak", flush=True)
        return output


def relative(found, expected):
    return ((found - expected).abs().max() / expected.abs().max()).item()


def check(name, folder, class_names, sedge, keep):
    print(name, flush=True)
    model, _, preprocess = open_clip.create_model_and_transforms(name, precision="fp32")
    like_trained(model.eval())
    files = {ext: os.path.join(folder, f"{name}.{ext}")
             for ext in ("pth", "safetensors", "f32.sedge", "int8.sedge", "export.safetensors", "dump.safetensors")}
    torch.save(model.state_dict(), files["pth"])
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, files["safetensors"])
    for ext in ("pth", "safetensors"):
        report = json.loads(sedge("inspect", files[ext], "--json"))
        if not report["fits"] or report["model"] != f"CLIP {name}":
            sys.exit(f"{files[ext]}: inspect says {report['model']}, fits: {report['fits']}")

    start = time.time()
    text = open_clip.build_zero_shot_classifier(
        model, open_clip.get_tokenizer(name), class_names, open_clip.OPENAI_IMAGENET_TEMPLATES)
    print(f"  OpenCLIP text  {time.time() - start:7.1f} s", flush=True)
    pictures = [os.path.join(PICTURES, p) for p in sorted(os.listdir(PICTURES))
                if p.endswith(".png") and "labels" not in p]
    expected = reference(model, preprocess, pictures, text)

    listed = os.path.join(folder, "classes.json")
    with open(listed, "w") as f:
        json.dump(class_names, f)
    sedge("convert", files["pth"], "-o", files["f32.sedge"], "--classes", listed)
    sedge("convert", files["safetensors"], "-o", files["int8.sedge"], "--quantize", "int8")
    worst = 0
    for codec, some in (("f32", pictures), ("int8", pictures[:1])):
        for path in some:
            sedge("classify", files[f"{codec}.sedge"], path, "--classes", listed, "--dump", files["dump.safetensors"])
            dump = load_file(files["dump.safetensors"])
            taps = {k: relative(dump[k], v) for k, v in expected[path].items() if k != "scores"}
            taps["text"] = relative(dump["text_features"][:, 0].T, text)
            scores = (dump["scores"] - expected[path]["scores"]).abs().max().item()
            best = dump["scores"].argmax().item() == expected[path]["scores"].argmax().item()
            print(f"  {codec:4} {os.path.basename(path)}: " + ", ".join(f"{k} {v:.1e}" for k, v in taps.items())
                  + f" of magnitude; probabilities {scores:.1e}; {'the same' if best else 'ANOTHER'} best class"
                  + f" of {expected[path]['scores'].max().item():.2f}", flush=True)
            if codec == "f32":
                # Logits of random weights are near 0, and so no measure of their own error.
                worst = max(worst, taps["embedding"], taps["text"], 2 * scores)
    sedge("export", files["f32.sedge"], "-o", files["export.safetensors"], "--allow-inexact")
    model.load_state_dict(load_file(files["export.safetensors"]), strict=True)
    again = reference(model, preprocess, pictures[:1], text)[pictures[0]]
    print(f"  export, in OpenCLIP: embedding {relative(again['embedding'], expected[pictures[0]]['embedding']):.1e}")
    sizes = {ext: os.path.getsize(path) / 1e6 for ext, path in files.items() if os.path.exists(path)}
    print("  MB: " + ", ".join(f"{ext} {size:.0f}" for ext, size in sizes.items() if ext != "dump.safetensors"))
    if not keep:
        for path in files.values():
            os.remove(path)
    if worst > LIMIT:
        sys.exit(f"{name}: float32 is off by {worst:.1e}")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out")
    a.add_argument("--models", default="convnext_base_w,convnext_large_d,convnext_xxlarge")
    a.add_argument("--classes", type=int, default=len(CLASSES), help="how many; texts take OpenCLIP the longest")
    a.add_argument("--sedge", default=os.path.join(HERE, "..", ".build", "release", "sedge"))
    a.add_argument("--keep", action="store_true", help="leave the files")
    args = a.parse_args()
    os.makedirs(args.out, exist_ok=True)
    for name in args.models.split(","):
        check(name, args.out, CLASSES[:args.classes], Sedge(args.sedge), args.keep)


if __name__ == "__main__":
    main()
