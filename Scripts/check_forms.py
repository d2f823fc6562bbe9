"""Does every form of a checkpoint lead to the same .sedge file?

    swift build -c release && python Scripts/check_forms.py [--config nano|shapes|base|large] [--seed N] [--folder DIR]

Writes one model of random weights in every form that Fixtures/oracle/make_checkpoint.py knows, converts each in float32
and int8, and compares the weights sections byte for byte: the stored payloads of all tensors, in the file's order. Forms
of float16 are compared with each other. ONNX exports lack the heads of early rejection, the last tensors of a file: what
they lead to is compared with conversions by `--parts image,text,decoder` and with the whole section less those heads, and,
completed by a file of the heads alone, with the whole section. Exit code 1 where anything differs.

Needs torch, h5py, safetensors, onnx and onnxscript, xxhash and zstandard.
"""
import argparse
import contextlib
import copy
import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import time

from safetensors.torch import save_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "Fixtures", "oracle"))
import make_checkpoint
import read_sedge
import sed_torch

FLOAT = ["pth", "pth-bare", "pth-trainer", "pth-legacy", "h5", "h5-gzip", "h5-nested", "safetensors"]
HALF = ["pth-half", "h5-half"]
ONNX = ["onnx", "onnx-dynamo"]
HEADS = ("head0.", "head1.", "head2.")
WITHOUT_HEADS = ["--parts", "image,text,decoder"]


class Section:
    """The stored payloads of a .sedge file's tensors."""

    def __init__(self, path):
        file = read_sedge.File(path)
        self.sums, self.names, self.byte_count = [], [], 0
        for raw in file.header.get(6, []):
            fields = read_sedge.message(raw)
            self.names.append(read_sedge.text(fields, 1))
            digest = hashlib.sha256(raw_facts(fields))
            for number in (6, 7):
                if number in fields:
                    segment = read_sedge.message(fields[number][-1])
                    start, size = read_sedge.one(segment, 1, 0), read_sedge.one(segment, 2, 0)
                    digest.update(file.data[start:start + size])
                    self.byte_count += size
            self.sums.append(digest.hexdigest())

    def __eq__(self, other):
        return self.names == other.names and self.sums == other.sums

    def without_last(self, count):
        """The section less its last tensors, which must be the heads of early rejection."""
        section = copy.copy(self)
        dropped = [name.removeprefix("transformer.") for name in section.names[-count:]]
        if not all(name.startswith(HEADS) for name in dropped):
            raise SystemExit(f"the last tensors are {dropped}, expected heads of early rejection")
        section.names, section.sums = self.names[:-count], self.sums[:-count]
        return section


def raw_facts(fields):
    """What the header says of a tensor and does not follow from where it is: role, layout, shape, codec, errors."""
    return repr([fields.get(number) for number in (1, 2, 3, 4, 5, 8, 9, 10)]).encode()


class Check:
    def __init__(self, model, sedge, folder):
        self.model, self.sedge, self.folder = model, sedge, folder
        c = model.cfg
        self.options = ["--heads", str(c.heads), "--text-heads", str(c.text_heads), "--pooling", str(c.pooling),
                        "--resolution", str(c.resolution), "--allow-no-class-names"]
        self.failures = 0

    def write(self, form):
        """Writes a form; its path."""
        extension = {"p": "pth", "h": "h5", "s": "safetensors", "o": "onnx"}[form[0]]
        path = os.path.join(self.folder, f"{form}.{extension}")
        if form == "pth-legacy":
            make_checkpoint.torch.save({"model": self.model.state_dict()}, path, _use_new_zipfile_serialization=False)
        elif form == "heads":
            path = os.path.join(self.folder, "heads.safetensors")
            heads = {k: v.contiguous() for k, v in self.model.state_dict().items()
                     if k.split("transformer.")[-1].startswith(HEADS)}
            save_file(heads, path)
        else:
            with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
                make_checkpoint.write(copy.deepcopy(self.model), form, lambda _: path)
        return path

    def convert(self, sources, codec, options=()):
        """The weights section that sources lead to, and the seconds that took."""
        output = os.path.join(self.folder, "model.sedge")
        start = time.monotonic()
        done = subprocess.run([self.sedge, "convert", *sources, "-o", output, "--quantize", codec, *options,
                               *self.options], capture_output=True, text=True)
        seconds = time.monotonic() - start
        if done.returncode:
            raise SystemExit(f"{' '.join(sources)}: exit code {done.returncode}\n{done.stderr}")
        section = Section(output)
        os.remove(output)
        return section, seconds

    def compare(self, label, sources, references, options=()):
        """Converts in every codec, compares with what `references` has (or makes it that), prints a row."""
        cells = []
        for codec in ("f32", "int8"):
            section, seconds = self.convert(sources, codec, options)
            if codec not in references:
                references[codec], verdict = section, "is the measure"
            else:
                same = section == references[codec]
                self.failures += not same
                verdict = "same" if same else "DIFFERS"
            cells.append(f"{verdict:14} {len(section.names):4} tensors {section.byte_count:12,} bytes {seconds:6.1f} s")
        print(f"{label:34} {'   '.join(cells)}", flush=True)

    def run(self):
        print(f"{'':34} {'f32':59}int8")
        whole, parts, half = {}, {}, {}
        for form in FLOAT:
            path = self.write(form)
            self.compare(form, [path], whole)
            if form in ("pth", "h5-nested"):
                self.compare(f"{form} without heads", [path], parts, WITHOUT_HEADS)
            os.remove(path)
        cut = {codec: section.without_last(6) for codec, section in whole.items()}
        for codec in cut:
            same = cut[codec] == parts[codec]
            self.failures += not same
            print(f"{codec}: the section without heads is {'' if same else 'NOT '}the start of the whole")
        text, heads = self.write("onnx-text"), self.write("heads")
        for form in ONNX:
            path = self.write(form)
            self.compare(f"{form} + onnx-text", [path, text], cut)
            self.compare(f"{form} + onnx-text + heads", [path, text, heads], whole)
            for name in (path, path + ".data"):
                if os.path.exists(name):
                    os.remove(name)
        for form in HALF:
            path = self.write(form)
            self.compare(form, [path], half)
            os.remove(path)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--config", default="nano")
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--folder", help="where to write the checkpoints; some gigabytes for base and large")
    a.add_argument("--sedge", default=os.path.join(ROOT, ".build", "release", "sedge"))
    args = a.parse_args()
    model = sed_torch.SED(make_checkpoint.configs()[args.config]).eval()
    sed_torch.init_like_trained(model, args.seed)
    print(f"{args.config}, seed {args.seed}")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        check = Check(model, args.sedge, folder)
        check.run()
    print("every form leads to the same weights" if not check.failures else f"{check.failures} conversions differ")
    sys.exit(check.failures > 0)


if __name__ == "__main__":
    main()
