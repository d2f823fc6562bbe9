#!/usr/bin/env python3
"""Compares the statistics of `sedge inspect --stats` with numpy's, tensor by tensor.

    python3 Scripts/check_statistics.py [FILE.h5|FILE.safetensors ...]

Without files it checks the trained fixture, and a file of planted faults that it makes in HDF5, safetensors, PyTorch and ONNX as far
as their packages are installed. Needs numpy; h5py, torch, onnx for their formats. Counts, ranges and histograms must be equal; sums
of n terms in another order may differ by n units of the last place.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SEDGE = os.environ.get("SEDGE", os.path.join(ROOT, ".build/release/sedge"))
BINS = 64


def close(actual, expected, count, scale):
    """Whether two sums of so many terms, of so large a magnitude, are equal but for the order of their terms."""
    return abs(actual - expected) <= max(count, 4) * 2.0**-52 * scale


def half_is_changed(values):
    """What float16 rounds to an infinity, and to zero, by numpy's own conversion."""
    with numpy.errstate(over="ignore"):
        half = values.astype(numpy.float16)
    return int(numpy.isinf(half).sum()), int(((half == 0) & (values != 0)).sum())


def expected(values, axis):
    """The statistics of a tensor as numpy computes them; float32 in, float64 within."""
    flat = values.reshape(-1)
    finite = flat[numpy.isfinite(flat)]
    found = {
        "nan": int(numpy.isnan(flat).sum()),
        "infinite": int(numpy.isinf(flat).sum()),
    }
    if not finite.size:
        return found
    wide = finite.astype(numpy.float64)
    mean, deviation = wide.mean(), wide.std()
    distances = wide - mean
    found.update(
        minimum=float(finite.min()),
        maximum=float(finite.max()),
        mean=mean,
        standard_deviation=deviation,
        zero_share=(finite == 0).mean(),
    )
    if finite.min() < finite.max():
        found["kurtosis"] = (distances**4).mean() / (distances**2).mean() ** 2
    overflow, underflow = half_is_changed(finite)
    found.update(float16_overflow=overflow, float16_underflow=underflow, beyond_float16=overflow + underflow)
    if values.ndim > axis and values.shape[axis] >= 2 and values.size // values.shape[axis] >= 2:
        rows = numpy.moveaxis(values, axis, 0).reshape(values.shape[axis], -1) + 0.0
        same = (rows == rows[:, :1]).all(axis=1) & numpy.isfinite(rows[:, 0])
        zero = same & (rows[:, 0] == 0)
        found.update(channels=len(rows), dead_channels=int(same.sum()), zero_channels=int(zero.sum()))
        others = rows[~same & numpy.isfinite(rows).all(axis=1)]
        found["duplicated_rows"] = len(others) - len({row.tobytes() for row in others})
    return found


def check_histogram(name, values, statistics, faults):
    """Recounts the histogram between the edges that were reported; the edges themselves must be those of the rule."""
    histogram = statistics["histogram"]
    wide = values.reshape(-1).astype(numpy.float64)
    wide = wide[numpy.isfinite(wide)]
    lowest, highest = histogram["lowest"], histogram["highest"]
    reach = 6 * statistics["standard_deviation"]
    for edge, wanted in [
        (lowest, max(wide.min(), statistics["mean"] - reach)),
        (highest, min(wide.max(), statistics["mean"] + reach)),
    ]:
        if not close(edge, wanted, 4, abs(statistics["mean"]) + reach):
            faults.append(f"{name}: the edge {edge}, expected {wanted}")
    inside = wide[(wide >= lowest) & (wide <= highest)]
    scale = BINS / (highest - lowest) if highest > lowest else 0.0
    bins = numpy.minimum(((inside - lowest) * scale).astype(numpy.int64), BINS - 1)
    counts = numpy.bincount(bins, minlength=BINS).tolist()
    if counts != histogram["counts"]:
        faults.append(f"{name}: the histogram differs")
    below, above = int((wide < lowest).sum()), int((wide > highest).sum())
    if (below, above) != (histogram["below"], histogram["above"]):
        faults.append(f"{name}: {below} below and {above} above, reported {histogram['below']}, {histogram['above']}")
    if not close(statistics["outlier_share"] * wide.size, below + above, 4, wide.size):
        faults.append(f"{name}: outliers are not what is outside")


def check(path, tensors, axes):
    """The faults in what sedge says of a file's tensors."""
    output = subprocess.run([SEDGE, "inspect", path, "--stats", "--json"], capture_output=True, text=True)
    if output.returncode not in (0, 2) or not output.stdout:
        return [f"{path}: {output.stderr.strip()}"]
    faults, checked = [], 0
    for entry in json.loads(output.stdout)["tensors"]:
        name, statistics = entry["name"], entry.get("statistics")
        if name not in tensors or statistics is None:
            continue
        checked += 1
        values = tensors[name].astype(numpy.float32)
        transposed = entry.get("role") == "transposedConvolution"
        wanted = expected(values, axes.get(name, 1 if transposed else 0))
        largest = max(abs(wanted.get("minimum", 0)), abs(wanted.get("maximum", 0)))
        for key, value in wanted.items():
            actual = statistics.get(key)
            if actual is None:
                faults.append(f"{name}: {key} is missing, expected {value}")
            elif key in ("minimum", "maximum"):
                # Written with as many digits as float32 needs.
                if numpy.float32(actual) != numpy.float32(value):
                    faults.append(f"{name}: {key} is {actual}, expected {value}")
            elif key in ("mean", "standard_deviation"):
                if not close(actual, value, values.size, largest):
                    faults.append(f"{name}: {key} is {actual}, expected {value}")
            elif key == "kurtosis":
                # Relative: both are quotients of sums of positive terms.
                if abs(actual - value) > 1e-9 * value:
                    faults.append(f"{name}: {key} is {actual}, expected {value}")
            elif actual != value:
                faults.append(f"{name}: {key} is {actual}, expected {value}")
        if "minimum" in wanted:
            check_histogram(name, values, statistics, faults)
    if not checked:
        faults.append(f"{path}: nothing was measured")
    print(f"{path}: {checked} tensors, {len(faults)} faults")
    return faults


def planted():
    """Tensors with everything that is counted; one of them is larger than a block."""
    random = numpy.random.default_rng(1)
    normal = lambda *shape: random.standard_normal(shape).astype(numpy.float32)
    tensors = {
        "normal": normal(64, 100),
        "large": normal(4700, 1000),
        "filters": normal(8, 3, 5, 5),
        "vector": normal(1000),
        "few": normal(3),
        "scalar": numpy.array(3.5, numpy.float32),
        "constant": numpy.full((4, 9), 0.25, numpy.float32),
        "tiny": normal(16, 16) * numpy.float32(2.0**-24),
        "huge": normal(16, 16) * numpy.float32(60000),
        "not_finite": normal(9, 9),
        "half": normal(40, 40).astype(numpy.float16),
        "double": random.standard_normal((30, 30)),
        "outliers": normal(100, 100),
    }
    tensors["not_finite"][2, 3:6] = [numpy.nan, numpy.inf, -numpy.inf]
    tensors["outliers"][3, 4] = 90
    tensors["normal"][5] = 0
    tensors["normal"][6] = -0.0
    tensors["normal"][9] = 2
    tensors["normal"][12] = tensors["normal"][3]
    tensors["normal"][13, ::3] = 0
    tensors["large"][4650] = tensors["large"][7]
    tensors["large"][4651] = tensors["large"][4600]
    tensors["large"][20] = tensors["large"][7]
    return tensors


def write_safetensors(path, tensors):
    """The format is a length, a JSON object and the bytes."""
    names = {"float16": "F16", "float32": "F32", "float64": "F64"}
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {
            "dtype": names[values.dtype.name],
            "shape": list(values.shape),
            "data_offsets": [offset, offset + values.nbytes],
        }
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(numpy.ascontiguousarray(values).tobytes())


def read(path):
    """The tensors of an HDF5 or safetensors file."""
    if path.endswith(".safetensors"):
        from safetensors.numpy import load_file

        return load_file(path)
    import h5py

    tensors = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: tensors.update({name.replace("/", "."): item[()]})
            if isinstance(item, h5py.Dataset)
            else None
        )
    return tensors


def main(paths):
    faults = []
    for path in paths or [os.path.join(ROOT, "Fixtures/shapes/sed_shapes.h5")]:
        faults += check(path, read(path), {})
    with tempfile.TemporaryDirectory() as folder:
        tensors = {} if paths else planted()
        if tensors:
            path = os.path.join(folder, "planted.safetensors")
            write_safetensors(path, tensors)
            faults += check(path, tensors, {})
        try:
            import h5py

            path = os.path.join(folder, "planted.h5")
            with h5py.File(path, "w") as file:
                for name, values in tensors.items():
                    options = {"compression": "gzip", "chunks": True} if values.size > 5000 else {}
                    file.create_dataset(name, data=values, **options)
            faults += check(path, tensors, {}) if tensors else []
        except ImportError:
            print("h5py is not installed: HDF5 was left out")
        try:
            import torch

            path = os.path.join(folder, "planted.pth")
            state = {name: torch.from_numpy(numpy.array(values)) for name, values in tensors.items()}
            if "normal" in state:
                # A view whose elements do not follow each other.
                state["large"] = state["large"].t().contiguous().t()
            torch.save(state, path)
            faults += check(path, tensors, {}) if tensors else []
        except ImportError:
            print("torch is not installed: PyTorch was left out")
        try:
            import onnx
            from onnx import helper, numpy_helper

            path = os.path.join(folder, "planted.onnx")
            initializers = [numpy_helper.from_array(values, name) for name, values in tensors.items()]
            graph = helper.make_graph([], "planted", [], [], initializers)
            onnx.save(helper.make_model(graph), path)
            faults += check(path, tensors, {}) if tensors else []
        except ImportError:
            print("onnx is not installed: ONNX was left out")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
