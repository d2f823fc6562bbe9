"""Does `sedge inspect` list what the formats' own libraries list?

    swift build -c release && python Scripts/compare_listings.py FOLDER [--sedge .build/release/sedge]

Looks at every .onnx, .pth, .pt, .bin, .ckpt, .jit, .safetensors and .h5 file below FOLDER, also inside of wheels and zip
archives (unpacked to a temporary folder), and compares name, shape and type of every tensor with what onnx, torch,
safetensors and h5py say. A tensor of ONNX whose name was recovered is compared by the name that the file has, its shape
also transposed or with further ones. A refused file is counted by the kind of refusal; PyTorch is asked too, with weights_only=True, so that a
file which it loads as a state dict and Sedge refuses is told. Exit code 1 where anything differs.

Needs torch, onnx, safetensors and h5py.
"""
import argparse
import collections
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import warnings
import zipfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
ENDINGS = (".onnx", ".pth", ".pt", ".bin", ".ckpt", ".jit", ".safetensors", ".h5")
ARCHIVES = (".whl", ".zip")
# What a refusal's words say of the file.
REFUSALS = [
    ("a TorchScript program", r"TorchScript"),
    ("names a Python object", r"uses the Python object"),
    ("no state dict", r"the pickle holds"),
    ("an element type that is not read", r"has elements of type"),
    ("a feature that is not read", r"uses "),
    ("in no format that is read", r"is in no format|which is not read"),
    ("cut short", r"is cut short"),
    ("malformed", r"is malformed"),
]


def inspect(sedge, path):
    """The listing, or the words of the refusal."""
    done = subprocess.run([sedge, "inspect", path, "--json"], capture_output=True, text=True)
    report = json.loads(done.stdout) if done.stdout else {"error": {}}
    if "error" not in report:
        return report, None
    return None, done.stderr.strip().replace(path, os.path.basename(path))


def listed(report):
    """(name, shape, type) of every tensor that a report lists, by the file's own names."""
    for tensor in report["tensors"]:
        own = re.match(r"(\S+)", tensor["recovered"]).group(1) if tensor.get("recovered") else tensor["name"]
        yield own, tuple(tensor["shape"]), tensor["type"], bool(tensor.get("recovered"))


def named(pairs):
    return {name: (tuple(shape), dtype) for name, shape, dtype in pairs}


# --- What the formats' own libraries say -----------------------------------------------------------------------------

def onnx_tensors(path):
    """All initializers and Constant nodes; the tensors of subgraphs and functions are not Sedge's to list."""
    import onnx
    graph = onnx.load(path, load_external_data=False).graph
    kept = list(graph.initializer)
    for node in graph.node:
        for a in node.attribute:
            if node.op_type == "Constant" and a.name == "value":
                a.t.name = node.output[0]
                kept.append(a.t)
    types = {"float": "float32", "double": "float64"}
    names = ((t, onnx.TensorProto.DataType.Name(t.data_type).lower()) for t in kept)
    return named((t.name, t.dims, types.get(name, name)) for t, name in names)


def torch_tensors(path):
    """The state dict of a checkpoint, by the rule that Sedge documents: the dictionary with most tensors."""
    import torch
    root = torch.load(path, weights_only=True, map_location="meta" if os.path.getsize(path) > 1 << 28 else "cpu")
    if not isinstance(root, dict):
        return {}
    found = [tensors_of(root[key]) for key in ("model", "state_dict", "model_state", "model_state_dict", "module")
             if isinstance(root.get(key), dict)]
    best = max(found, key=len, default={})
    own = sum(isinstance(v, torch.Tensor) for v in root.values())
    chosen = best if best and len(best) >= own else tensors_of(root)
    return named((k, v.shape, str(v.dtype).removeprefix("torch.")) for k, v in chosen.items())


def tensors_of(values, prefix=""):
    import torch
    found = {}
    for key, value in values.items():
        if isinstance(value, torch.Tensor):
            found[f"{prefix}{key}"] = value
        elif isinstance(value, dict):
            found |= tensors_of(value, f"{prefix}{key}.")
    return found


def safetensors_tensors(path):
    from safetensors import safe_open
    types = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "BOOL": "bool"}
    with safe_open(path, "np") as f:
        slices = [(name, f.get_slice(name)) for name in f.keys()]
        return named((name, s.get_shape(), types.get(s.get_dtype()) or
                      s.get_dtype().replace("I", "int").replace("U", "u")) for name, s in slices)


def h5_tensors(path):
    """Every data set under each of its names: hard links and soft links count, links into other files do not."""
    import h5py
    found = []

    def visit(group, name, parents):
        if group.id in parents:
            return
        for key in group:
            place = f"{name}.{key}" if name else key
            if isinstance(group.get(key, getlink=True), h5py.ExternalLink):
                continue
            try:
                member = group[key]
            except (KeyError, RuntimeError):  # a link to nothing, or in a circle
                continue
            if isinstance(member, h5py.Group):
                visit(member, place, parents + [group.id])
            elif isinstance(member, h5py.Dataset) and member.shape is not None:
                found.append((place.replace("/", "."), member.shape, str(member.dtype.newbyteorder("="))))

    with h5py.File(path, "r") as f:
        visit(f, "", [])
    return named(found)


def library_of(path):
    with open(path, "rb") as f:
        start = f.read(16)
    if start.startswith(b"\x89HDF"):
        return "HDF5", h5_tensors
    if start[8:9] == b"{":
        return "safetensors", safetensors_tensors
    if start.startswith(b"PK") or start.startswith(b"\x80"):
        return "PyTorch", torch_tensors
    return ("ONNX", onnx_tensors) if path.endswith(".onnx") else ("other", None)


# --- Comparison ------------------------------------------------------------------------------------------------------

def differences(report, expected):
    """What a report lists otherwise than a library; a tensor that it tells to leave out is no difference."""
    rest = dict(expected)
    for name, shape, dtype, recovered in listed(report):
        if name not in expected:
            yield f"{name}: listed, not in the file"
            continue
        rest.pop(name, None)                 # a tensor with several names is listed several times
        own_shape, own_type = expected[name]
        if shape != own_shape and not (recovered and extents(shape) == extents(own_shape)):
            yield f"{name}: shape {list(shape)}, in the file {list(own_shape)}"
        if dtype != own_type:
            yield f"{name}: type {dtype}, in the file {own_type}"
    remarks = {remark.split(": not read, ")[0] for remark in report["remarks"]}
    for name in rest:
        if name not in remarks:
            yield f"{name}: in the file, not listed"


def extents(shape):
    """A shape without its order and its ones: exporters transpose matrices and give vectors more dimensions."""
    return sorted(extent for extent in shape if extent != 1)


class Comparison:
    def __init__(self, sedge):
        self.sedge = sedge
        self.counts = collections.Counter()
        self.refusals = []
        self.differences = 0

    def folder(self, folder, shown=""):
        for root, folders, files in os.walk(folder):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(root, name)
                label = os.path.join(shown, os.path.relpath(path, folder))
                if name.endswith(ARCHIVES):
                    with tempfile.TemporaryDirectory() as unpacked:
                        with zipfile.ZipFile(path) as archive:
                            for member in archive.namelist():
                                if member.endswith(ENDINGS + ARCHIVES + (".data",)):
                                    archive.extract(member, unpacked)
                        self.folder(unpacked, label)
                elif name.endswith(ENDINGS):
                    self.file(path, label)

    def file(self, path, label):
        kind, library = library_of(path)
        report, refusal = inspect(self.sedge, path)
        if refusal is not None:
            self.refused(kind, library, path, label, refusal)
            return
        try:
            expected = library(path)
        except Exception as error:           # whatever a library throws at a stranger's file
            self.tell(f"{label}: listed, but its own library says: {first_line(error)}")
            return
        found = list(differences(report, expected))
        for line in found:
            self.tell(f"{label}: {line}")
        recovered = sum(bool(t.get("recovered")) for t in report["tensors"])
        self.counts[kind, "listed alike" if not found else "listed otherwise"] += 1
        print(f"{label}: {kind}, {len(report['tensors'])} tensors" + (f", {recovered} names recovered" * bool(recovered)))

    def refused(self, kind, library, path, label, refusal):
        why = next((words for words, pattern in REFUSALS if re.search(pattern, refusal)), "OTHER")
        self.counts[kind, f"refused: {why}"] += 1
        self.refusals.append(f"{label}: {refusal}")
        try:
            count = len(library(path)) if library else 0
        except Exception as error:
            self.refusals.append(f"    its own library: {first_line(error)}")
            return
        if count:
            self.tell(f"{label}: refused, its own library lists {count} tensors")

    def tell(self, line):
        self.differences += 1
        print(f"DIFFERS {line}")


def first_line(error):
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"[:300]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("folder")
    a.add_argument("--sedge", default=os.path.join(ROOT, ".build", "release", "sedge"))
    args = a.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    comparison = Comparison(args.sedge)
    comparison.folder(args.folder)
    print("\nrefused:")
    for line in comparison.refusals:
        print(f"  {line}")
    print()
    for (kind, verdict), count in sorted(comparison.counts.items()):
        print(f"{count:4} {kind}: {verdict}")
    print(f"{comparison.differences} differences")
    sys.exit(comparison.differences > 0)


if __name__ == "__main__":
    main()
