#!/usr/bin/env python3
"""Records what a PyTorch model computes, in the form that `sedge verify --golden` reads.

    record_golden.py --model program.py:build --checkpoint model.pth --images pictures \\
        --classes "sky; tree, pine; person" --templates templates.json --out golden.safetensors
    record_golden.py --open-clip convnext_base_w --checkpoint open_clip_model.safetensors --images cat.png \\
        --classes classes.json --out golden.safetensors

Needs torch, numpy, pillow and safetensors; OpenCLIP, detectron2 and the like only where your program does.

`program.py:build` names a function of yours. It gets the checkpoint's path and returns the model, its weights loaded, ready
to run (`eval()`): SED as its authors' repository builds it, SED in training code, or any module whose parts have the names of
SED's checkpoint, behind whatever prefix. The file may have two more functions, which are then used:

    run(model, image, text_features, top_k) -> scores
        runs the model on one picture: uint8 tensor H x W x 3, unit vectors T x P x D, None or how many classes early
        rejection keeps at a pixel; returns the scores T x H x W at the picture's size. Without it the model is called as
        detectron2 calls it.
    tokenize(texts) -> tokens
        the token ids of a list of texts, N x context length. Without it the model's own tokenizer is taken, or
        OpenCLIP's, or CLIP's from the file of --vocabulary (bpe_simple_vocab_16e6.txt.gz; ASCII texts alone).

--preprocess sed resizes every picture first as SED's published evaluation does: the shorter side to 640 pixels, the longer to at
most 2560, by Pillow; the model is then called with the resized picture, and its scores are brought to the size of the original.
The golden keeps the original; `sedge verify --golden` takes it with the same --preprocess.

One picture makes one golden; of several each has the picture's name in its own: OUT-NAME.safetensors.
"""
import argparse
import gzip
import hashlib
import importlib.util
import inspect
import json
import math
import os
import re
import sys

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

# The results that Sedge compares, in the order of the forward pass.
TAPS = ["input", "res2", "res3", "res4", "res5", "embedding", "cost_map", "cost_embedding", "aux0", "decoder1", "aux1",
        "decoder2", "aux2", "decoder3", "logits", "scores", "labels"]
CLIP_TAPS = ["input", "res2", "res3", "res4", "res5", "embedding", "logits", "scores", "labels"]
# Where they are made: the end of a module's name in SED's program and in OpenCLIP.
VISUAL = "visual.trunk."
DECODER = "transformer."
MAXIMUM_SYNONYMS = 24


def fail(text):
    sys.exit(f"record_golden.py: {text}")


def say(text):
    print(text, file=sys.stderr)


# --- finding the parts of a model -----------------------------------------------------------------------

class Parts:
    """The modules of a model whose results are recorded, whatever stands before their names."""

    def __init__(self, model):
        self.model = model
        self.modules = dict(model.named_modules())
        self.visual = self.prefix(VISUAL + "stages.0")
        self.decoder = self.prefix(DECODER + "decoder1")
        if self.visual is None:
            fail("the model has no module whose name ends with visual.trunk.stages.0; is it a CLIP with a ConvNeXt?")

    def prefix(self, ending):
        names = [name for name in self.modules if name == ending or name.endswith("." + ending)]
        if len(names) > 1:
            fail(f"the model has {ending} more than once: {', '.join(names)}; build it without copies such as an EMA")
        return names[0][:-len(ending)] if names else None

    def module(self, name):
        return self.modules.get(name)

    @property
    def clip(self):
        """What encodes texts: the module that `visual` is a part of."""
        return self.modules[self.visual.rstrip(".")] if self.visual else self.model

    def trunk(self, name):
        return self.module(self.visual + VISUAL + name)

    def decoder_part(self, name):
        return None if self.decoder is None else self.module(self.decoder + DECODER + name)


class Recorder:
    """Keeps what passes through the modules of one run."""

    def __init__(self, parts):
        self.taps, self.handles = {}, []
        self.keep_input(parts.trunk("stem") or parts.module(parts.visual + "visual.trunk"), "input")
        for stage in range(4):
            self.keep_output(parts.trunk(f"stages.{stage}"), f"res{stage + 2}")
        self.keep_output(parts.module(parts.visual + "visual.head"), "embedding")
        if parts.decoder is not None:
            self.keep_input(parts.decoder_part("conv1"), "cost_map")
            self.keep_output(parts.decoder_part("conv1"), "cost_embedding")
            for layer in range(3):
                self.keep_output(parts.decoder_part(f"head{layer}"), f"aux{layer}")
                self.keep_output(parts.decoder_part(f"decoder{layer + 1}"), f"decoder{layer + 1}")
            self.keep_output(parts.decoder_part("head"), "logits")

    def keep_input(self, module, name):
        if module is not None:
            self.handles.append(module.register_forward_pre_hook(lambda _, inputs: self.keep(name, inputs[0])))

    def keep_output(self, module, name):
        if module is not None:
            self.handles.append(module.register_forward_hook(lambda _, __, output: self.keep(name, output)))

    def keep(self, name, value):
        # A module that runs twice in one picture (a sliding window) has no result of its own for it.
        self.taps[name] = None if name in self.taps or not torch.is_tensor(value) else value.detach()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for handle in self.handles:
            handle.remove()


def shaped(taps):
    """Taps in the shapes that Sedge has: one picture, classes as the first dimension of the decoder's results."""
    out = {}
    for name, value in taps.items():
        if value is None:
            continue
        value = value.float()
        if name == "embedding":
            value = dense_embedding(value, taps.get("res5"))
        elif name in ("aux0", "aux1", "aux2", "logits"):
            value = value[:, 0] if value.dim() == 4 and value.shape[1] == 1 else None
        if value is not None:
            out[name] = value.contiguous()
    return out


def dense_embedding(value, last_stage):
    """The visual head's output as 1 x D x H x W, whether the program gives it pixels as a batch, a map or a whole picture."""
    if last_stage is None:
        return None
    height, width = last_stage.shape[-2:]
    if value.dim() == 2 and value.shape[0] == height * width:
        return value.T.reshape(1, -1, height, width)
    if value.dim() == 4 and tuple(value.shape[1:3]) == (height, width):
        return value.permute(0, 3, 1, 2)
    if value.dim() == 4 and tuple(value.shape[2:]) == (height, width):
        return value
    return value if value.dim() == 2 and value.shape[0] == 1 else None


# --- texts ----------------------------------------------------------------------------------------------

class CLIPTokenizer:
    """CLIP's byte pair encoding for ASCII texts, from its vocabulary file."""

    def __init__(self, path, context_length):
        with gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8") as file:
            merges = [tuple(line.split()) for line in file.read().split("\n")[1:49152 - 256 - 2 + 1]]
        printable = list(range(ord("!"), ord("~") + 1)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))
        others = [byte for byte in range(256) if byte not in printable]
        self.letters = {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}
        symbols = [self.letters[byte] for byte in printable + others]
        symbols += [symbol + "</w>" for symbol in symbols] + ["".join(pair) for pair in merges]
        symbols += ["<|startoftext|>", "<|endoftext|>"]
        self.ids = {symbol: i for i, symbol in enumerate(symbols)}
        self.ranks = {pair: i for i, pair in enumerate(merges)}
        self.context_length = context_length

    def word(self, text):
        symbols = [self.letters[byte] for byte in text.encode()]
        symbols[-1] += "</w>"
        while len(symbols) > 1:
            pairs = list(zip(symbols, symbols[1:]))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            at = 0
            while at < len(symbols) - 1:
                if (symbols[at], symbols[at + 1]) == best:
                    symbols[at:at + 2] = [symbols[at] + symbols[at + 1]]
                at += 1
        return [self.ids[symbol] for symbol in symbols]

    def __call__(self, texts):
        tokens = torch.zeros(len(texts), self.context_length, dtype=torch.long)
        for row, text in zip(tokens, texts):
            if not text.isascii():
                fail(f"{text!r} is not ASCII; install open_clip_torch, whose tokenizer knows all texts")
            words = re.findall(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+", " ".join(text.split()).lower())
            ids = [self.ids["<|startoftext|>"]] + [i for word in words for i in self.word(word)]
            ids = ids[:self.context_length - 1] + [self.ids["<|endoftext|>"]]
            row[:len(ids)] = torch.tensor(ids)
        return tokens


def tokenizer(own, parts, args):
    """What makes tokens of texts, the user's own function first."""
    if own is not None:
        return own
    length = parts.clip.positional_embedding.shape[0] if hasattr(parts.clip, "positional_embedding") else 77
    if args.vocabulary:
        return CLIPTokenizer(args.vocabulary, length)
    for module in parts.modules.values():
        if callable(getattr(module, "tokenizer", None)) and not isinstance(module.tokenizer, torch.nn.Module):
            return module.tokenizer
    try:
        import open_clip
        return open_clip.get_tokenizer(args.open_clip or "convnext_base_w")
    except ImportError:
        fail("texts cannot be made tokens: add tokenize() to the program, --vocabulary bpe_simple_vocab_16e6.txt.gz, or "
             "install open_clip_torch")


def read_list(text, what):
    """A JSON array of texts, or texts separated by semicolons."""
    if os.path.exists(text):
        with open(text, encoding="utf-8") as file:
            values = json.load(file)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            fail(f"{text}: expected a JSON array of texts")
    else:
        if text.endswith(".json"):
            fail(f"{text}: there is no such file")
        values = [value.strip() for value in text.split(";") if value.strip()]
    if not values:
        fail(f"there are no {what}")
    return values


def tokens_of(classes, templates, tokenize):
    """T x P x S x length; synonyms are repeated until all classes have as many, which changes no average."""
    rows = [name.split(", ") for name in classes]
    count = math.lcm(*(len(row) for row in rows))
    if count > MAXIMUM_SYNONYMS:
        fail(f"classes of so different numbers of synonyms would take {count} texts each; record them in several runs")
    rows = [[synonym for synonym in row for _ in range(count // len(row))] for row in rows]
    texts = [template.replace("{}", synonym) for row in rows for template in templates for synonym in row]
    tokens = torch.as_tensor(numpy.asarray(tokenize(texts)))
    return tokens.reshape(len(rows), len(templates), count, -1).int()


@torch.no_grad()
def text_features(parts, tokens, device, averages):
    """Unit vectors T x P x D: synonyms are averaged; for CLIP alone prompts are too."""
    t, p, s, length = tokens.shape
    flat = tokens.reshape(-1, length).long()
    encoded = torch.cat([parts.clip.encode_text(part.to(device)).float().cpu() for part in flat.split(64)])
    features = F.normalize(encoded, dim=-1).view(t, p, s, -1)
    features = features[:, :, 0] if s == 1 else F.normalize(features.mean(2), dim=-1)
    return F.normalize(features.mean(1, keepdim=True), dim=-1) if averages else features


# --- running --------------------------------------------------------------------------------------------

def published_resize(image):
    """The resizing of SED's published evaluation: detectron2's ResizeShortestEdge(640, 2560)."""
    height, width = image.shape[:2]
    scale = 640 / min(height, width)
    h, w = (640, scale * width) if height < width else (scale * height, 640)
    if max(h, w) > 2560:
        scale = 2560 / max(h, w)
        h, w = h * scale, w * scale
    resized = Image.fromarray(image.numpy()).resize((int(w + 0.5), int(h + 0.5)), Image.BILINEAR)
    return torch.from_numpy(numpy.array(resized))


def run_detectron2(model, image, features, top_k, size=None):
    """Runs SED as its authors' program is run: a batch of one picture, texts in the predictor.

    size: height and width of the scores, by default the picture's."""
    parts = dict(model.named_modules())
    name = next((n for n, m in parts.items() if hasattr(m, "text_features_test")), None)
    if name is None:
        fail("the model is not called as detectron2 calls SED (it has no text_features_test); add run() to the program")
    predictor, decoder = parts[name], parts[(name + "." if name else "") + "transformer"]
    kept = predictor.text_features_test
    predictor.text_features_test = features.to(kept.device if torch.is_tensor(kept) else "cpu")
    flags = [(model, "fast_inference", top_k is not None), (decoder, "fast_infer", top_k is not None)]
    flags += [(decoder, "topK", top_k)] if top_k is not None else []
    before = [(owner, flag, getattr(owner, flag, None)) for owner, flag, _ in flags]
    for owner, flag, value in flags:
        setattr(owner, flag, value)
    try:
        picture = image.permute(2, 0, 1).float()
        height, width = size or image.shape[:2]
        output = model([{"image": picture, "height": height, "width": width}])
        return output[0]["sem_seg"].float().cpu()
    finally:
        predictor.text_features_test = kept
        for owner, flag, value in before:
            setattr(owner, flag, value)


def kept_classes(taps, top_k, count):
    """The classes that each stage keeps: those among the best K of some pixel, by the recorded scores of that stage.

    They are recorded only where the program has kept as many."""
    alive, stages = torch.arange(count), {}
    for stage in range(3):
        scores, after = taps.get(f"aux{stage}"), taps.get(f"decoder{stage + 1}")
        if scores is None or after is None or len(scores) != len(alive):
            return {}
        best = scores.topk(min(top_k, len(scores)), dim=0).indices.unique()
        alive = alive[best]
        if len(after) != len(alive):
            return {}
        stages[f"alive{stage}"] = alive.int()
    return stages


@torch.no_grad()
def record_segmentation(parts, run, image, features, top_k, preprocess):
    size = tuple(image.shape[:2])
    with Recorder(parts) as recorder:
        if preprocess != "sed":
            scores = run(parts.model, image, features, top_k)
        else:
            scores = run(parts.model, published_resize(image), features, top_k, size=size)
    taps = shaped({name: value.cpu() if value is not None else None for name, value in recorder.taps.items()})
    if scores is not None:
        scores = torch.as_tensor(scores).float().cpu()
        expected = (len(features), *image.shape[:2])
        if tuple(scores.shape) != expected:
            fail(f"the scores have the shape {tuple(scores.shape)}, expected {expected}: classes, height, width")
        taps["scores"], taps["labels"] = scores.contiguous(), scores.argmax(0).int()
    if top_k is not None:
        taps |= kept_classes(taps, top_k, len(features))
    return taps


@torch.no_grad()
def record_classification(parts, preprocess, picture, features, device):
    """CLIP's zero-shot classification of a whole picture."""
    with Recorder(parts) as recorder:
        embedding = parts.clip.encode_image(preprocess(picture)[None].to(device))
    taps = shaped({name: value.cpu() if value is not None else None for name, value in recorder.taps.items()})
    embedding = embedding.float().cpu()
    taps["embedding"] = embedding.contiguous()
    scale = parts.clip.logit_scale.detach().float().cpu().reshape(()).exp()
    taps["logits"] = (scale * F.normalize(embedding, dim=-1) @ features[:, 0].T)[0]
    taps["scores"] = taps["logits"].softmax(-1)
    taps["labels"] = taps["scores"].argmax()[None].int()
    return taps


# --- the command ----------------------------------------------------------------------------------------

def load_program(spec):
    path, _, name = spec.rpartition(":")
    if not path:
        fail(f"--model {spec}: expected FILE.py:FUNCTION")
    if not os.path.exists(path):
        fail(f"{path}: there is no such file")
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    module_spec = importlib.util.spec_from_file_location("recorded_program", path)
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[module_spec.name] = module  # registries look a class's or function's module up
    module_spec.loader.exec_module(module)
    build = getattr(module, name, None)
    if not callable(build):
        fail(f"{path}: has no function {name}")
    return build, getattr(module, "run", None), getattr(module, "tokenize", None)


def build_model(args):
    """The model, how it is run, how texts become tokens, how CLIP prepares a picture."""
    if args.open_clip:
        import open_clip
        model, _, preprocess = open_clip.create_model_and_transforms(args.open_clip, pretrained=args.checkpoint)
        return model.eval(), None, None, preprocess
    build, run, tokenize = load_program(args.model)
    model = build(args.checkpoint) if inspect.signature(build).parameters else build()
    preprocess = None
    if isinstance(model, tuple):
        model, preprocess = model
    return model.eval(), run or run_detectron2, tokenize, preprocess


def pictures(path):
    if os.path.isdir(path):
        names = sorted(n for n in os.listdir(path) if n.lower().endswith((".png", ".jpg", ".jpeg")) and ".labels." not in n)
        return [os.path.join(path, name) for name in names] or fail(f"{path}: holds no PNG or JPEG pictures")
    return [path]


def output_path(out, picture, several):
    stem = out[:-len(".safetensors")] if out.endswith(".safetensors") else out
    name = os.path.splitext(os.path.basename(picture))[0]
    return f"{stem}-{name}.safetensors" if several else f"{stem}.safetensors"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--model", metavar="FILE.py:FUNCTION", help="your function that builds the model")
    which.add_argument("--open-clip", metavar="NAME", help="a model of OpenCLIP's, such as convnext_base_w")
    parser.add_argument("--checkpoint", metavar="FILE", help="handed to the function, or loaded into OpenCLIP's model")
    parser.add_argument("--images", required=True, metavar="PATH", help="a picture, or a folder of pictures")
    parser.add_argument("--classes", required=True, metavar="LIST", help='"sky; tree, pine" or a JSON array of names')
    parser.add_argument("--templates", metavar="LIST", help='prompts with a {} each, like --classes; OpenCLIP\'s 80')
    parser.add_argument("--top-k", default="1,2,8", metavar="K,...",
                        help="runs with early rejection, beside the one without; none for no such run (default: 1,2,8)")
    parser.add_argument("--preprocess", choices=("square", "sed"), default="square",
                        help="sed: resize pictures first as SED's published evaluation does; run() gets another argument, "
                             "size, the height and width of the scores (default: square)")
    parser.add_argument("--taps", metavar="NAME,...", help="record these results alone (default: all that are found)")
    parser.add_argument("--vocabulary", metavar="FILE", help="CLIP's merges, bpe_simple_vocab_16e6.txt.gz")
    parser.add_argument("--device", default="cpu", help="where the model runs (default: cpu)")
    parser.add_argument("--out", required=True, metavar="FILE.safetensors")
    args = parser.parse_args()
    if args.device == "cpu" and not torch.cuda.is_available():
        torch.Tensor.cuda = lambda tensor, *_, **__: tensor  # SED's early rejection asks for a GPU by name
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    model, run, own_tokenize, preprocess = build_model(args)
    model = model.to(args.device)
    parts = Parts(model)
    if args.preprocess == "sed" and parts.decoder is None:
        fail("--preprocess sed: the model is CLIP alone, which has its own preprocessing")
    if args.preprocess == "sed" and "size" not in inspect.signature(run).parameters:
        fail("--preprocess sed: run() needs another argument, size: the height and width of the scores that it returns")
    is_clip = parts.decoder is None
    if is_clip and preprocess is None:
        fail("CLIP alone needs its preprocessing: let the function return (model, preprocess), a picture to a tensor")
    known = CLIP_TAPS if is_clip else TAPS
    wanted = args.taps.split(",") if args.taps else known
    if unknown := [name for name in wanted if name not in known]:
        fail(f"--taps: {', '.join(unknown)} is none of {', '.join(known)}")
    templates = templates_of(args)
    tokens = tokens_of(read_list(args.classes, "classes"), templates, tokenizer(own_tokenize, parts, args))
    features = text_features(parts, tokens, args.device, averages=is_clip)
    paths = pictures(args.images)
    for path in paths:
        picture = Image.open(path).convert("RGB")
        image = torch.from_numpy(numpy.array(picture))
        golden = {"image": image, "tokens": tokens, "text_features": features}
        missing = None
        for top_k in [None] if is_clip else top_ks(args, parts):
            name = "full" if top_k is None else f"top{top_k}"
            try:
                taps = record_classification(parts, preprocess, picture, features, args.device) if is_clip \
                    else record_segmentation(parts, run, image, features, top_k, args.preprocess)
            except (RuntimeError, AssertionError) as error:
                if top_k is None:
                    raise
                say(f"{path}: {name} is not recorded: {error}")
                continue
            if top_k is None and run is run_detectron2 and min(image.shape[:2]) < taps["logits"].shape[-1]:
                say(f"{path}: is smaller than the scores of SED's decoder, {taps['logits'].shape[-1]} pixels; detectron2 crops "
                    "them then, which Sedge does not: record a larger picture")
            if top_k is None:
                missing = [tap for tap in wanted if tap not in taps]
            # What comes before the first rejection is the same as without.
            before = TAPS[:TAPS.index("aux0") + 1] if top_k is not None else []
            golden |= {f"{name}.{tap}": value for tap, value in taps.items()
                       if (tap in wanted or tap.startswith("alive")) and tap not in before[:-1]}
        if missing:
            say(f"{path}: not found in the model, so not recorded: {', '.join(missing)}")
        target = output_path(args.out, path, len(paths) > 1)
        tensors = {name: value.detach().cpu().clone().contiguous() for name, value in golden.items()}
        save_file(tensors, target, metadata={"sha256": digest_of(tensors)})
        print(f"{target}: {len(golden)} tensors of {path}")


def digest_of(tensors):
    """SHA-256 of name, type and shape, each with a zero byte behind it, and bytes of each tensor, by ascending name."""
    digest = hashlib.sha256()
    for name, value in sorted(tensors.items(), key=lambda item: item[0].encode()):
        for text in (name, str(value.dtype).removeprefix("torch."), ",".join(map(str, value.shape))):
            digest.update(text.encode() + b"\0")
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def templates_of(args):
    if args.templates:
        templates = read_list(args.templates, "templates")
        if odd := [template for template in templates if template.count("{}") != 1]:
            fail(f"the template {odd[0]!r} has {odd[0].count('{}')} {{}}, expected one")
        return templates
    try:
        from open_clip import OPENAI_IMAGENET_TEMPLATES
        return [template("{}") for template in OPENAI_IMAGENET_TEMPLATES]
    except ImportError:
        fail("give the prompts that the model was trained with: --templates")


def top_ks(args, parts):
    """No rejection, and then every K; a model without the heads for it has no such runs."""
    has_heads = all(parts.decoder_part(f"head{i}") is not None for i in range(3))
    asked = [] if args.top_k == "none" or not has_heads else [int(k) for k in args.top_k.split(",")]
    if any(k < 1 for k in asked):
        fail(f"--top-k {args.top_k}: expected numbers above 0")
    return [None] + asked


if __name__ == "__main__":
    main()
