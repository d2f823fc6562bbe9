"""Files that nobody here wrote: does Sedge read or refuse each, and does it see what the formats' own libraries see?

    python Scripts/compare_foreign.py FOLDER [--sedge .build/release/sedge] [--report FILE] [--jobs N] [--only GLOB]

FOLDER has the test files of other projects, such as those of HDF5, jHDF, ONNX, picklescan, libpng, libtiff, libwebp and Pillow; names of
folders directly below it are the projects in the report. Every file is given to the commands of its kind, within the limits of
Scripts/run-attacks.py: it must end with 0 or 2, in time, without control characters and without leaving a file. Then

- the tensors of a checkpoint that is listed are compared with h5py, onnx, PyTorch and safetensors by name, shape and type, as in
  Scripts/compare_listings.py; where all are floats or integers, so is the verdict whether every value is finite,
- the pixels of a picture that is read are compared with Pillow's, by the input of the network that `segment --dump` writes.

The libraries run in a process of their own, since some of the files crash them. Needs torch, onnx, safetensors, h5py, numpy and pillow.
The exit code is 1 where something was lost or differs.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import importlib.util
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY_SECONDS = 60
# What segmenting may take for each pixel beside the limit of every file: colours, labels, scores, what a decoder keeps.
BYTES_A_PIXEL = 20
PICTURES = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF", b"RIFF": "WebP", b"BM": "BMP"}
# The largest difference of a pixel from Pillow's in 0...255 that counts as equal: resizing is computed in float32 here.
PIXEL_TOLERANCE = 0.01


def script(name):
    """Another script as a module."""
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), os.path.join(HERE, f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


attacks, listings = script("run-attacks"), script("compare_listings")


def kind_of(path):
    with open(path, "rb") as file:
        start = file.read(16)
    for mark, name in PICTURES.items():
        if start.startswith(mark) and (mark != b"RIFF" or start[8:12] == b"WEBP"):
            return name
    if path.lower().endswith((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".dib", ".gif")):
        return "other pictures"
    if start.startswith(b"\x89HDF") or path.lower().endswith((".h5", ".hdf5", ".he5")) or "cve" in path.lower():
        return "HDF5"
    if path.endswith(".onnx"):
        return "ONNX"
    if path.endswith(".safetensors"):
        return "safetensors"
    return "PyTorch and pickles" if start.startswith((b"PK", b"\x80")) or path.endswith((".pth", ".pt", ".pkl", ".pickle", ".bin", ".ckpt")) else "other files"


# --- In a process of its own -----------------------------------------------------------------------------------------

def library_tensors(path):
    """Names, shapes and types by the format's own library, and whether every value is finite (None where not asked)."""
    warnings.filterwarnings("ignore")
    _, library = listings.library_of(path)
    if library is None:
        return None
    return library(path)


def library_pixels(path, size, mean, deviation):
    """The network's input by Pillow's pixels: bilinear, half-pixel centres, no antialiasing; and the picture's size."""
    import numpy as np
    from PIL import Image, ImageOps
    warnings.filterwarnings("ignore")
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as image:
        high = image.mode.startswith(("I;16", "I"))
        image = ImageOps.exif_transpose(image)
        if high:
            pixels = np.repeat((np.asarray(image).astype(np.int64) >> 8).clip(0, 255)[..., None], 3, 2).astype(np.float64)
        else:
            pixels = np.asarray(image.convert("RGBA").convert("RGB") if image.mode in ("P", "PA", "LA") else image.convert("RGB")).astype(np.float64)
    for axis in (0, 1):
        count = pixels.shape[axis]
        place = ((np.arange(size) + 0.5) * count / size - 0.5).clip(0, count - 1)
        low = np.floor(place).astype(int)
        share = (place - low).reshape([-1 if i == axis else 1 for i in range(3)])
        high_part = pixels.take(np.minimum(low + 1, count - 1), axis)
        pixels = pixels.take(low, axis) * (1 - share) + high_part * share
    return ((pixels - mean) / deviation).transpose(2, 0, 1)


def pixel_difference(path, dump):
    """The largest difference of a pixel in 0...255 between the input of the network and Pillow's."""
    import numpy as np
    from safetensors.numpy import load_file
    mean, deviation = np.array([122.7709383, 116.7460125, 104.09373615]), np.array([68.5005327, 66.6321579, 70.3231630])
    found = load_file(dump)["input"][0]
    expected = library_pixels(path, found.shape[-1], mean, deviation)
    return float(np.abs((found - expected) * deviation[:, None, None]).max())


def pixel_count(path):
    from PIL import Image
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as image:
        return image.width * image.height


def can_open(path):
    return library_pixels(path, 8, 0.0, 1.0) is not None


class Library:
    """Calls functions in another process, which is made anew where a file kills it or takes too long.

    This process stays small by that, too: what it has in memory counts for the programs that it starts.
    """

    def __init__(self):
        self.pool, self.lock = None, threading.Lock()

    def call(self, function, *arguments):
        with self.lock:
            if self.pool is None:
                self.pool = concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            try:
                return self.pool.submit(function, *arguments).result(LIBRARY_SECONDS), None
            except concurrent.futures.process.BrokenProcessPool:
                self.close()
                return None, "crashed"
            except concurrent.futures.TimeoutError:
                self.close()
                return None, f"took more than {LIBRARY_SECONDS} s"
            except BaseException as error:  # whatever a library throws at a stranger's file
                return None, listings.first_line(error)

    def close(self):
        if self.pool is not None:
            for process in list(self.pool._processes.values()):
                process.kill()
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = None


# --- Comparison ------------------------------------------------------------------------------------------------------

class Comparison:
    def __init__(self, args):
        self.args, self.library = args, Library()
        self.counts = collections.defaultdict(collections.Counter)
        self.lock = threading.Lock()
        arguments = argparse.Namespace(sedge=args.sedge, attacks=args.folder, sanitized=False, list=[])
        self.campaign = attacks.Campaign(arguments)
        self.campaign.prepare()

    def tell(self, kind, verdict, line):
        with self.lock:
            self.counts[kind][verdict] += 1
            print(f"{verdict.upper()} {line}", flush=True)

    def file(self, path):
        name, kind = os.path.relpath(path, self.args.folder), kind_of(path)
        self.counts[kind]["tried"] += 1
        is_picture = kind in {*PICTURES.values(), "other pictures"}
        attack = attacks.Attack(name, "picture" if is_picture else "checkpoint", "either", "", "")
        templates = [attacks.KINDS["picture-brief"][0]] if is_picture else attacks.CHECKPOINT
        for template, sound in templates:
            result = self.campaign.run(attack, template)
            megabytes = attacks.MEGABYTES
            if is_picture and result.megabytes > megabytes:
                pixels, _ = self.library.call(pixel_count, path)
                megabytes += (pixels or 0) * BYTES_A_PIXEL / 1e6
            for loss in self.campaign.losses(attack, template, sound, result, megabytes):
                self.tell(kind, "lost", f"{name}: {template}: {loss}")
            if result.seconds > attacks.SECONDS:
                return
        if is_picture:
            self.picture(path, name, kind, result)
        else:
            self.tensors(path, name, kind)

    def tensors(self, path, name, kind):
        report, refusal = listings.inspect(self.args.sedge, path)
        expected, error = self.library.call(library_tensors, path)
        if refusal is not None:
            self.counts[kind]["refused"] += 1
            if expected:
                self.tell(kind, "refused here alone", f"{name}: {refusal[:300]}; its library lists {len(expected)} tensors")
            return
        self.counts[kind]["read"] += 1
        if error is not None:
            self.tell(kind, "read here alone", f"{name}: its library says: {error[:200]}")
        elif expected is not None:
            different = list(listings.differences(report, expected))
            self.counts[kind]["listed alike"] += not different
            for line in different[:5]:
                self.tell(kind, "differs", f"{name}: {line}")

    def picture(self, path, name, kind, result):
        if result.code != 0:
            self.counts[kind]["refused"] += 1
            _, error = self.library.call(can_open, path)
            if error is None:
                self.tell(kind, "refused here alone", f"{name}: {attacks.first_line(result.errors)}")
            return
        self.counts[kind]["read"] += 1
        with tempfile.TemporaryDirectory() as folder:
            dump = os.path.join(folder, "taps.safetensors")
            done = subprocess.run([self.args.sedge, "segment", os.path.join(self.campaign.models, "shapes.sedge"), path, "--classes", "sky;tree", "--no-text-cache",
                                   "--dump", dump], capture_output=True, text=True)
            if done.returncode != 0:
                self.tell(kind, "differs", f"{name}: refused only with --dump: {attacks.first_line(done.stderr)}")
                return
            difference, error = self.library.call(pixel_difference, path, dump)
        if error is not None:
            self.tell(kind, "read here alone", f"{name}: Pillow says: {error[:200]}")
            return
        if difference <= PIXEL_TOLERANCE:
            self.counts[kind]["equal"] += 1
        else:
            self.tell(kind, "differs", f"{name}: pixels differ by up to {difference:.2f} of 255 from Pillow's")

    def all(self):
        paths = [os.path.join(folder, name) for folder, _, names in os.walk(self.args.folder) for name in names]
        paths = sorted(path for path in paths if not os.path.islink(path) and fnmatch.fnmatch(os.path.relpath(path, self.args.folder), self.args.only)
                       and not path.endswith((".md", ".yml", ".yaml", ".sh", ".py", ".c", ".txt", ".list", ".done")))
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            list(pool.map(self.file, paths))
        self.library.close()
        shutil.rmtree(self.campaign.scratch)
        return paths


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("folder")
    a.add_argument("--sedge", default=os.path.join(HERE, "..", ".build", "release", "sedge"))
    a.add_argument("--report", metavar="FILE")
    a.add_argument("--jobs", type=int, default=os.cpu_count())
    a.add_argument("--only", default="*", metavar="GLOB")
    args = a.parse_args()
    args.folder, args.sedge = os.path.realpath(args.folder), os.path.realpath(args.sedge)
    comparison = Comparison(args)
    paths = comparison.all()
    rows = []
    for kind, counts in sorted(comparison.counts.items()):
        note = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()) if verdict not in ("tried", "lost"))
        rows.append({"kind": kind, "tried": counts["tried"], "lost": counts["lost"], "note": note})
        print(f"{kind:20} {counts['tried']:5} tried {counts['lost']:4} lost; {note}")
    if args.report:
        with open(args.report, "w") as file:
            json.dump({"campaign": "foreign files", "rows": rows}, file, indent=1)
    sys.exit(any(counts["lost"] or counts["differs"] for counts in comparison.counts.values()))


if __name__ == "__main__":
    main()
