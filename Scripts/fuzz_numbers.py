#!/usr/bin/env python3
"""Models with extreme numbers, through every command: no trap, no hang, valid JSON, honest verdicts.

    swift build -c release --product sedge && python3 Scripts/fuzz_numbers.py [--cases 40] [--seed 1] [--first 0]
        [--sedge .build/release/sedge] [--forge .build/release/sedge-fuzz] [--report FILE] [--keep FOLDER]

A case is a small SED or CLIP of Fixtures, with a vocabulary for 49,408 tokens, in which some weights are zeros, denormals,
near the largest float, of one sign, constant, NaN and so on, converted into some format; or, with --forge (the program that
SEDGE_FUZZING=1 builds), a .sedge file with extreme numbers in its header and right checksums. Each is given to convert,
inspect, verify, segment, classify, diff, estimate, export, evaluate, bench and, at times, sweep. What must hold:

- A command ends with 0 to 3 within the limits of processor time, never by a signal.
- Exit code 2 says why in lines that begin with "sedge: ".
- What --json prints is JSON, without NaN and Infinity.
- A weight that is not finite is refused by convert, the tensor is named, and no file is left.
- Where a result is not finite, verify does not pass; where weights differ, diff does not.

Needs Python's standard library only. The same seed and number make the same case.
"""

import argparse
import array
import collections
import json
import math
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FIXTURES = os.path.join(ROOT, "Fixtures")
VOCABULARY = 49408
# Seconds of processor time for one command, and of a clock that may run on a busy machine.
PROCESSOR_LIMIT, WALL_LIMIT = 60, 600
LARGEST = 3.4028234663852886e38


class Checkpoint:
    """The tensors of a safetensors file, all float32: name -> (shape, array of floats)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(size))
            payload = file.read()
        header.pop("__metadata__", None)
        self.tensors = {}
        for name, entry in header.items():
            assert entry["dtype"] == "F32", entry
            start, end = entry["data_offsets"]
            values = array.array("f")
            values.frombytes(payload[start:end])
            self.tensors[name] = (entry["shape"], values)

    def widen_vocabulary(self):
        """Makes the token embedding as long as CLIP's, so that texts can be encoded."""
        name = next(name for name in self.tensors if name.endswith("token_embedding.weight"))
        (rows, columns), values = self.tensors[name]
        repeated = values * (VOCABULARY // rows + 1)
        self.tensors[name] = ([VOCABULARY, columns], repeated[: VOCABULARY * columns])

    def write(self, path):
        header, payload, offset = {}, [], 0
        for name, (shape, values) in self.tensors.items():
            data = values.tobytes()
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + len(data)]}
            payload.append(data)
            offset += len(data)
        text = json.dumps(header).encode()
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + b"".join(payload))

    def copy(self):
        other = object.__new__(Checkpoint)
        other.tensors = {name: (shape, values[:]) for name, (shape, values) in self.tensors.items()}
        return other


# --- Extreme weights ---------------------------------------------------------------------------------------------------


def constant(value):
    def edit(values, shape, chance):
        values[:] = array.array("f", [value]) * len(values)
    return edit


def scaled(factor):
    def edit(values, shape, chance):
        for index, value in enumerate(values):
            values[index] = min(max(value * factor, -LARGEST), LARGEST)
    return edit


def one_element(value):
    def edit(values, shape, chance):
        values[chance.randrange(len(values))] = value
    return edit


def constant_rows(values, shape, chance):
    columns = len(values) // max(shape[0] if shape else 1, 1)
    for start in range(0, len(values), max(columns, 1)):
        values[start:start + columns] = array.array("f", [values[start]]) * columns


def zero_rows(values, shape, chance):
    columns = len(values) // max(shape[0] if shape else 1, 1)
    for start in range(0, len(values), max(columns, 1)):
        if chance.random() < 0.7:
            values[start:start + columns] = array.array("f", [0]) * columns


def alternating(values, shape, chance):
    for index in range(len(values)):
        values[index] = LARGEST if index % 2 else -LARGEST


def negated(values, shape, chance):
    for index, value in enumerate(values):
        values[index] = -abs(value)


EDITS = {
    "zeros": constant(0.0), "negative zeros": constant(-0.0), "ones": constant(1.0), "smallest denormals": constant(1e-45),
    "denormals": constant(-1e-40), "1e-20": constant(1e-20), "1e38": constant(1e38), "-1e38": constant(-1e38),
    "largest floats": constant(LARGEST), "alternating largest floats": alternating, "of one sign": negated,
    "times 1e-30": scaled(1e-30), "times 1e30": scaled(1e30), "times 1e5": scaled(1e5), "constant rows": constant_rows,
    "rows of zeros": zero_rows, "one outlier": one_element(1e30), "one at float16's limit": one_element(65520.0),
    "one largest float": one_element(-LARGEST),
    "one NaN": one_element(math.nan), "one infinity": one_element(-math.inf), "NaN": constant(math.nan),
}
PARTS = {
    "layer scales": ("gamma",), "norm scales": ("norm.weight", "ln_1.weight", "ln_2.weight", "ln_final.weight"),
    "logit scale": ("logit_scale",), "biases": (".bias",), "embeddings": ("embedding",), "stem": ("stem.0.weight",),
    "fc1": ("fc1.weight", "pwconv1.weight"), "projections": ("proj.weight", "text_projection"), "all": ("",),
    "attention": ("attn", "attention"), "head": (".head",),
}
# Of all cases, so many change one tensor alone.
SHARE_OF_ONE = 0.4


def edit(checkpoint, chance):
    """Changes weights; what was done, in words, and the names of tensors that are no longer finite."""
    done, names = [], list(checkpoint.tensors)
    for _ in range(chance.choice([1, 1, 2, 3])):
        if chance.random() < SHARE_OF_ONE:
            part = chance.choice(names)
            chosen = [part]
        else:
            part = chance.choice(list(PARTS))
            chosen = [name for name in names if any(word in name for word in PARTS[part])]
        # Values that are refused at once show little: they are rarer than the others.
        kind = chance.choice(list(EDITS))
        if ("NaN" in kind or "infinity" in kind) and chance.random() < 0.5:
            kind = "zeros"
        for name in chosen:
            shape, values = checkpoint.tensors[name]
            EDITS[kind](values, shape, chance)
        done.append(f"{part}: {kind}")
    broken = [name for name in names if not all(map(math.isfinite, checkpoint.tensors[name][1]))]
    return "; ".join(done), broken


# --- Commands ------------------------------------------------------------------------------------------------------------


class Loss(Exception):
    """A promise that does not hold."""


class Runner:
    def __init__(self, sedge, folder):
        self.sedge, self.folder = sedge, folder
        self.runs, self.codes, self.refusals = 0, collections.Counter(), collections.Counter()
        # swift-backtrace prints for minutes; a crash is known by its signal.
        self.environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", TMPDIR=folder)

    def __call__(self, *words, codes=(0, 1, 2)):
        """Runs a command; its exit code, its output (parsed where --json is given) and its errors."""
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_LIMIT, PROCESSOR_LIMIT))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        line = "sedge " + " ".join(words)
        self.runs += 1
        try:
            done = subprocess.run(
                [self.sedge, *words], capture_output=True, cwd=self.folder, env=self.environment, preexec_fn=limit,
                timeout=WALL_LIMIT)
        except subprocess.TimeoutExpired:
            raise Loss(f"{line}: no end after {WALL_LIMIT} s")
        errors = done.stderr.decode(errors="replace")
        if done.returncode < 0 or done.returncode > 3:
            raise Loss(f"{line}: ended with {done.returncode}: {errors[-600:]}")
        if done.returncode not in codes:
            raise Loss(f"{line}: exit code {done.returncode}, expected {codes}: {errors[-300:]}")
        self.codes[words[0], done.returncode] += 1
        output = done.stdout.decode(errors="replace")
        if done.returncode == 2:
            lines = errors.splitlines()
            # inspect prints the problems of a checkpoint as part of its report.
            if not any(line.startswith("sedge: ") for line in lines) and not (words[0] == "inspect" and output):
                raise Loss(f"{line}: exit code 2 without a reason: {errors[-300:]}")
            self.refusals[words[0] + ": " + (lines[-1][-110:] if lines else "in the report")] += 1
        elif "--json" in words:
            def refused(word):
                raise ValueError(word)
            try:
                output = json.loads(output, parse_constant=refused)
            except ValueError as error:
                raise Loss(f"{line}: no JSON: {error}: {output[:200]}")
        return done.returncode, output, errors


def is_finite(path):
    """Whether all elements of a safetensors file's floats are finite."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        payload = file.read()
    header.pop("__metadata__", None)
    for entry in header.values():
        if entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            values = array.array("f")
            values.frombytes(payload[start:end])
            if not math.isfinite(sum(value * 0 for value in values)):
                return False
    return True


class Model:
    """A kind of model: its sound checkpoint and the options that it needs."""

    def __init__(self, name, checkpoint, options, decides):
        self.name, self.checkpoint, self.options, self.decides = name, checkpoint, options, decides


def models(sedge, folder):
    templates = os.path.join(folder, "templates.json")
    with open(templates, "w") as file:
        json.dump(["a photo of a {}.", "a {} in a scene", "{}"], file)
    made, exported = os.path.join(folder, "tiny.sedge"), os.path.join(folder, "tiny.safetensors")
    options = ["--heads", "4", "--text-heads", "2", "--resolution", "64"]
    subprocess.run(
        [sedge, "convert", os.path.join(FIXTURES, "tiny/linear.h5"), "-o", made, "--no-fold", "--allow-no-class-names",
         *options], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sedge, "export", made, "-o", exported], check=True, stdout=subprocess.DEVNULL)
    sed, clip = Checkpoint(exported), Checkpoint(os.path.join(FIXTURES, "clip/linear.safetensors"))
    for checkpoint in (sed, clip):
        checkpoint.widen_vocabulary()
    return [
        Model("SED", sed, [*options, "--templates", templates], "segment"),
        Model("CLIP", clip, ["--text-heads", "2", "--resolution", "64", "--templates", templates], "classify"),
    ]


FORMATS = [
    ["--quantize", "f32"], ["--quantize", "f16"], ["--quantize", "int8"], ["--quantize", "int4"], ["--quantize", "int2"],
    ["--quantize", "lossless"], ["--quantize", "auto", "--max-size", "2MB"], ["--quantize", "auto", "--max-size", "1200KB"],
    ["--quantize", "int8", "--store", "raw"], ["--quantize", "f32", "--no-fold"], ["--quantize", "int3", "--tensor", "fc1=f16"],
]
PICTURES = os.path.join(FIXTURES, "pictures")
CLASSES = "sky; grass, lawn; brick wall"


def examine(run, model, made, chance):
    """Gives a .sedge file to the commands that read one; whether its results are finite, None where there are none."""
    run("inspect", made, "--values", codes=(0, 2))
    run("inspect", made, "--json", codes=(0, 2))
    dump = os.path.join(run.folder, "taps.safetensors")
    picture = os.path.join(PICTURES, "sky.png")
    if os.path.exists(dump):
        os.remove(dump)
    code, _, _ = run(model.decides, made, picture, "--classes", CLASSES, "--no-text-cache", "--dump", dump, codes=(0, 2))
    finite = is_finite(dump) if code == 0 else None
    run(model.decides, made, picture, "--classes", CLASSES, "--no-text-cache", "--json", codes=(0, 2))
    if chance.random() < 0.3:
        run(model.decides, made, picture, "--classes", CLASSES, "--no-text-cache", "--compute", "int8", codes=(0, 2))
    exported = os.path.join(run.folder, "exported.safetensors")
    if run("export", made, "-o", exported, "--force", "--json", codes=(0, 2))[0] == 0:
        run("inspect", exported, "--json", codes=(0, 1))
    if chance.random() < 0.3:
        run("bench", made, "--repeats", "1", "--class-count", "3", "--json", codes=(0, 2))
    if chance.random() < 0.3 and model.decides == "segment":
        result = os.path.join(run.folder, "result.json")
        labels = os.path.join(run.folder, "labels")
        if not os.path.exists(labels):
            os.makedirs(labels)
            os.makedirs(os.path.join(run.folder, "images"))
            shutil.copy(picture, os.path.join(run.folder, "images/sky.png"))
            shutil.copy(os.path.join(PICTURES, "sky.labels.png"), os.path.join(labels, "sky.png"))
        code, _, _ = run(
            "evaluate", made, "--images", os.path.join(run.folder, "images"), "--labels", labels, "--classes",
            os.path.join(FIXTURES, "shapes/classes.json"), "-o", result, "--force", "--no-text-cache", "--json",
            codes=(0, 2, 3))
        if code == 0:
            run("gate", result, "--baseline", result, "--allow", "miou=-1%,labels=1%", "--json", codes=(0, 1, 2))
    return finite


def weights_case(run, model, chance):
    """A checkpoint with extreme weights."""
    checkpoint = model.checkpoint.copy()
    what, broken = edit(checkpoint, chance)
    source, made = os.path.join(run.folder, "source.safetensors"), os.path.join(run.folder, "model.sedge")
    checkpoint.write(source)
    form = chance.choice(FORMATS)
    print(f"{model.name}: {what}: {' '.join(form)}", end="", flush=True)
    run("inspect", source, "--json", *inspected(model), codes=(0, 1))
    _, output, _ = run("inspect", source, "--values", *inspected(model), codes=(2,) if broken else (0,))
    if broken and not any(f"{name}: " in output for name in broken):
        raise Loss("inspect --values does not name the tensor that is not finite")
    run("estimate", source, *chance.choice([["--bits", "4"], ["--rms", "0.01"]]), "--json", codes=(0, 2))
    original = os.path.join(run.folder, "original.safetensors")
    model.checkpoint.write(original)
    differs = any(
        checkpoint.tensors[name][1] != values for name, (_, values) in model.checkpoint.tensors.items())
    for files in ((original, source), (source, original)):
        tolerance = ["--tolerance", "inf"] if broken and chance.random() < 0.5 else []
        code, _, _ = run("diff", *files, *tolerance, "--json", codes=(0, 1))
        if differs and code == 0:
            raise Loss("diff finds no difference between the original weights and the changed ones")
    code, _, errors = run("convert", source, "-o", made, *model.options, *form, "--json", codes=(0, 2))
    if broken:
        if code != 2:
            raise Loss("a weight that is not finite was converted")
        # The logit scale is checked first: of an impossible one the error is about it.
        if not any(name in errors for name in broken) and "logit_scale: is " not in errors:
            raise Loss(f"the tensor that is not finite is not named: {errors[-300:]}")
    if code != 0:
        if os.path.exists(made):
            raise Loss("a refused conversion left a file")
        print(f"  [refused: {errors.splitlines()[-1][-90:]}]", end="")
        return
    finite = examine(run, model, made, chance)
    run("diff", source, made, "--json", codes=(0, 1, 2))
    run("verify", made, "--against", source, codes=(0, 1, 2))
    code, output, _ = run(
        "verify", made, "--against", source, "--images", PICTURES, "--classes", CLASSES, "--json",
        codes=(0, 1, 2))
    if finite is False and code == 0:
        raise Loss("verify passes a model whose results are not finite")
    print(f"  [verify {code}{'' if finite else ', results not finite'}]", end="")
    if chance.random() < 0.1 and model.decides == "segment":
        run("sweep", source, *model.options, "--images", PICTURES, "--classes", CLASSES, "--forms", "f32,int4", "--json",
            codes=(0, 1, 2, 3))


def inspected(model):
    """The options of inspect and verify among a model's."""
    return [word for pair in zip(model.options[::2], model.options[1::2])
            if pair[0] in ("--heads", "--text-heads") for word in pair]


def header_case(run, model, chance, forge):
    """A .sedge file with extreme numbers in its header."""
    source, made = os.path.join(run.folder, "source.safetensors"), os.path.join(run.folder, "model.sedge")
    sound = os.path.join(run.folder, f"sound-{model.name}.sedge")
    model.checkpoint.write(source)
    if not os.path.exists(sound):
        classes = os.path.join(run.folder, "classes.txt")
        with open(classes, "w") as file:
            file.write(CLASSES.replace("; ", "\n"))
        run("convert", source, "-o", sound, *model.options, "--quantize", "int8", "--classes", classes, codes=(0,))
    changes = subprocess.run(
        [forge, "forge", sound, made, str(chance.randrange(1 << 60))], check=True, capture_output=True, text=True).stdout
    print(f"{model.name}, header: {'; '.join(changes.splitlines())}", end="", flush=True)
    code, output, errors = run("inspect", made, codes=(0, 2))
    if code == 2:
        # A model that does not fit is listed all the same, with the reason behind it.
        print(f"  [refused: {(errors or output).splitlines()[-1][-90:]}]", end="")
        run("inspect", made, "--json", codes=(2,))
        run("segment", made, os.path.join(PICTURES, "sky.png"), codes=(2,))
        run("verify", made, "--against", source, codes=(2,))
        return
    examine(run, model, made, chance)
    run("verify", made, "--against", source, "--json", codes=(0, 1, 2))
    run("diff", made, sound, "--json", codes=(0, 1, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sedge", default=os.path.join(ROOT, ".build/release/sedge"))
    parser.add_argument("--forge", help="the program sedge-fuzz, for headers")
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--report", help="write counts to this file")
    parser.add_argument("--keep", help="keep the files of cases that lost in this folder")
    arguments = parser.parse_args()
    sedge = os.path.abspath(arguments.sedge)
    losses, tried = [], collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        run = Runner(sedge, folder)
        kinds = models(sedge, folder)
        for number in range(arguments.first, arguments.first + arguments.cases):
            chance = random.Random(f"{arguments.seed}/{number}")
            model = chance.choice(kinds)
            kind = "headers" if arguments.forge and chance.random() < 0.4 else "weights"
            tried[kind] += 1
            print(f"{number:5} ", end="")
            made = os.path.join(folder, "model.sedge")
            if os.path.exists(made):
                os.remove(made)
            try:
                if kind == "headers":
                    header_case(run, model, chance, os.path.abspath(arguments.forge))
                else:
                    weights_case(run, model, chance)
                print()
            except Loss as loss:
                print(f"\n      LOST: {loss}")
                losses.append((kind, number))
                if arguments.keep:
                    place = os.path.join(arguments.keep, str(number))
                    os.makedirs(place, exist_ok=True)
                    for name in ("source.safetensors", "model.sedge"):
                        if os.path.exists(os.path.join(folder, name)):
                            shutil.copy(os.path.join(folder, name), place)
        for refusal, count in run.refusals.most_common(12):
            print(f"  {count:4} {refusal}")
        print(f"{sum(tried.values())} cases, {run.runs} runs, {len(losses)} lost: {[number for _, number in losses]}")
        for (command, code), count in sorted(run.codes.items()):
            print(f"  {command:9} {code} {count:6}")
    if arguments.report:
        rows = [
            {"kind": f"extreme {kind}", "tried": tried[kind], "lost": sum(other == kind for other, _ in losses),
             "note": f"{run.runs} runs of all"} for kind in sorted(tried)]
        with open(arguments.report, "w") as file:
            json.dump({"campaign": "numbers", "rows": rows}, file, indent=2)
            file.write("\n")
    sys.exit(1 if losses else 0)


if __name__ == "__main__":
    main()
