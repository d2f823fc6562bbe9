"""Makes the files in Fixtures/torch.

Needs PyTorch and NumPy: `python make_torch.py` in this folder. The numbers follow a rule that the tests repeat: element i of a
float tensor is i / 4 - 3, of an integer tensor i - 3 (i where there is no sign), so that every type holds them exactly.
"""

import argparse
import collections
import datetime
import enum
import os
import pathlib
import pickle
import sys
import types as python_types
import warnings
import zipfile

import numpy
import torch

warnings.simplefilter("ignore")
os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("torch", exist_ok=True)

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
INTEGERS = [torch.int8, torch.int16, torch.int32, torch.int64]
UNSIGNED = [torch.uint8, torch.uint16, torch.uint32, torch.uint64]


def name(dtype):
    return str(dtype).removeprefix("torch.")


def floats(*shape, dtype=torch.float32):
    count = torch.Size(shape).numel()
    return (torch.arange(count) / 4 - 3).to(dtype).reshape(shape)


def integers(*shape, dtype):
    start = 0 if dtype in UNSIGNED else -3
    return torch.arange(start, start + torch.Size(shape).numel()).to(dtype).reshape(shape)


def save(value, file, **options):
    torch.save(value, f"torch/{file}", **options)


def types(dtypes):
    values = {name(t): floats(3, 4, dtype=t) for t in FLOATS}
    values |= {name(t): integers(3, 4, dtype=t) for t in dtypes}
    values["bool"] = torch.tensor([True, False, True])
    values["scalar"] = torch.tensor(-3.0)
    values["empty"] = torch.zeros(0, 4)
    return values


def views():
    base = floats(6, 8)
    cube = floats(2, 3, 4, 5)
    return {
        "base": base,
        "rows": base[2:4],
        "columns": base[:, 3:5],
        "column": base[:, 7],
        "every_other": base[1::2, ::3],
        "transposed": base.t(),
        "expanded": base[1].expand(4, 8),
        "one_value": base[3, 3].expand(2, 3),
        "element": base[5, 7],
        "no_rows": base[3:3],
        "channels_last": cube.to(memory_format=torch.channels_last),
        "permuted": cube.permute(3, 1, 0, 2),
        "diagonal": floats(5, 5).diagonal(),
        "windows": floats(10).unfold(0, 4, 2),
        "last": base.flatten()[-3:],
    }


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)
        self.norm = torch.nn.BatchNorm1d(3)

    def forward(self, x):
        return self.norm(self.linear(x))


def block():
    block = Block()
    with torch.no_grad():
        for value in block.parameters():
            value.copy_(floats(*value.shape))
    return block


def checkpoint():
    """What detectron2's trainer writes: a model, and the state of its training."""
    model = block()
    optimizer = torch.optim.AdamW(model.parameters())
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[2, 4, 4])
    model(floats(5, 4)).sum().backward()
    optimizer.step()
    scheduler.step()
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(floats(*value.shape))
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "iteration": 4999,
    }


def parameters():
    tagged = torch.nn.Parameter(floats(2))
    tagged.note = "a Python attribute"
    return collections.OrderedDict(
        weight=torch.nn.Parameter(floats(2, 3)), frozen=torch.nn.Parameter(floats(3), requires_grad=False),
        tagged=tagged)


def rewrite(source, target, method=zipfile.ZIP_DEFLATED, change=lambda name, data: data, zip64=False):
    """Writes the records of a zip archive anew."""
    with zipfile.ZipFile(f"torch/{source}") as old, zipfile.ZipFile(f"torch/{target}", "w", method) as new:
        new.comment = b"rewritten PK\x05\x06 for the tests"
        for record in old.namelist():
            info = zipfile.ZipInfo(record, (2026, 1, 1, 0, 0, 0))
            info.compress_type = method
            with new.open(info, "w", force_zip64=zip64) as out:
                out.write(change(record, old.read(record)))


def big_endian(values):
    """A change that reverses the bytes of every element, as a big-endian machine has them."""
    sizes = [value.element_size() for value in values.values()]

    def change(record, data):
        if record.endswith("/byteorder"):
            return b"big"
        folder, key = os.path.split(record)
        if not folder.endswith("/data"):
            return data
        size = sizes[int(key)]
        return b"".join(data[i : i + size][::-1] for i in range(0, len(data), size))

    return change


class Mode(enum.Enum):
    FAST = 1


class AttributeDict(dict):
    """As trainers keep their settings: a dictionary's subclass."""


class History:
    """As loggers keep their numbers: an object with attributes."""

    def __init__(self):
        self.values = numpy.arange(3.0)


class Tagged(torch.Tensor):
    """A subclass that changes nothing about the elements."""


for kind in (Mode, AttributeDict, History, Tagged):  # of a program that a reader does not have
    module = sys.modules.setdefault("trainer", python_types.ModuleType("trainer"))
    kind.__module__ = "trainer"
    setattr(module, kind.__name__, kind)


def beside():
    """A model, and what trainers keep beside it."""
    return {
        "model": {"w": floats(2, 3)},
        "namespace": argparse.Namespace(lr=0.1, w=floats(2)),
        "datetime": datetime.datetime(2024, 1, 1),
        "path": pathlib.PurePosixPath("runs/1"),
        "subclass": AttributeDict(lr=0.1, nested=AttributeDict(a=1)),
        "history": History(),
        "enum": Mode.FAST,
        "scalar": numpy.float64(0.5),
        "array": numpy.arange(5.0),
        "objects": numpy.array(["a", None], dtype=object),
        "dtype": numpy.dtype("float32"),
        "random": numpy.random.RandomState(0).get_state(),
        "generator": numpy.random.default_rng(0),
        "set": {1, 2},
        "frozenset": frozenset([1]),
        "deque": collections.deque([1]),
        "counter": collections.Counter("ab"),
        "factory": collections.defaultdict(float, a=1.0),
        "slice": slice(1, 2),
        "range": range(3),
        "complex": 1j,
        "type": numpy.float32,
        "function": torch.nn.functional.gelu,
        "builtin": len,
        "size": torch.Size([1, 2]),
        "device": torch.device("cuda:0"),
        "layout": torch.strided,
        "version": torch.__version__,
        "long": 1 << 100,
        "bytes": b"\xff",
        "text": "x" * 5000 + "\u65e5",
    }


def arrays():
    """A state dict of NumPy's arrays, with the order of elements and of bytes that arrays may have."""
    values = {str(t): (numpy.arange(12) / 4 - 3).astype(t).reshape(3, 4) for t in ("float16", "float32", "float64")}
    values |= {t: numpy.arange(12).astype(t).reshape(3, 4) for t in ("int8", "int16", "int64", "uint8", "uint32")}
    return values | {
        "bool": numpy.array([True, False, True]),
        "fortran": numpy.asfortranarray(values["float32"]),
        "big_endian": values["float32"].astype(">f4"),
        "big_endian_fortran": numpy.asfortranarray(values["float32"].astype(">f4")),
        "scalar": numpy.array(-3.0, dtype="float32"),
        "empty": numpy.zeros((0, 4), dtype="float32"),
        "permuted": numpy.arange(24, dtype="float32").reshape(2, 3, 4).transpose(1, 2, 0),
    }


def unread():
    """Tensors of every kind that is not read, beside one that is."""
    values = floats(2, 3)
    quantized = torch.quantize_per_channel(values, torch.full((2,), 0.25), torch.zeros(2, dtype=torch.long), 0, torch.qint8)
    return {
        "w": values,
        "qint8": torch.quantize_per_tensor(values, 0.25, 0, torch.qint8),
        "per_channel": quantized,
        "coo": values.to_sparse(),
        "csr": values.to_sparse_csr(),
        "meta": values.to("meta"),
        "nested": torch.nested.nested_tensor([values]),
        "complex": values.to(torch.complex64),
        "conjugate": values.to(torch.complex64).conj(),
        "exponents": torch.zeros(4, dtype=torch.uint8).view(torch.float8_e8m0fnu),
    }


def tagged():
    attribute = floats(2, 3)
    attribute.note = "a Python attribute"
    return {"attribute": attribute, "subclass": floats(2, 3).as_subclass(Tagged)}


def every_float8():
    """All numbers of 8 bits, and as PyTorch has them in float32."""
    numbers = torch.arange(256).to(torch.uint8)
    values = {}
    for dtype in (torch.float8_e4m3fn, torch.float8_e5m2):
        values[name(dtype)] = numbers.view(dtype)
        values[name(dtype) + ".float"] = numbers.view(dtype).float()
    return values


def dump(value, file, protocol):
    with open(f"torch/{file}", "wb") as out:
        pickle.dump(value, out, protocol=protocol)


torch.manual_seed(0)
everything = types(INTEGERS + UNSIGNED)
save(everything, "types.pth")
save(types(INTEGERS + [torch.uint8]), "types_legacy.pth", _use_new_zipfile_serialization=False)
for protocol in (3, 4, 5):
    save(types(INTEGERS + UNSIGNED), f"protocol{protocol}.pth", pickle_protocol=protocol)
save(types([]), "protocol4_legacy.pth", pickle_protocol=4, _use_new_zipfile_serialization=False)
rewrite("types.pth", "types_deflated.pth")
rewrite("types.pth", "types_zip64.pth", zipfile.ZIP_STORED, zip64=True)
rewrite("types.pth", "types_big_endian.pth", change=big_endian(everything))
save(views(), "views.pth")
save(views(), "views_legacy.pth", _use_new_zipfile_serialization=False)
rewrite("views.pth", "views_deflated.pth")
save(block().state_dict(), "bare.pth")
save(checkpoint(), "checkpoint.pth")
save(checkpoint(), "checkpoint_legacy.pth", _use_new_zipfile_serialization=False)
save(parameters(), "parameters.pth")
save({"model": {"a": {"weight": floats(2), "b": {"bias": floats(3)}}, "epoch": 3}}, "nested.pth")
save({"model": {"w": floats(2)}, "args": {"text_heads": 8, "pooling": [2, 2], "name": "sed", "lr": 0.5, "mixed": [1, "a"]},
      "epoch": 3, "optimizer": {"state": {0: {"step": torch.tensor(3.0), "count": 1}}}}, "arguments.pth")
save({"a.weight": torch.ones(2, dtype=torch.complex64)}, "complex.pth")
save({"model": {"w": floats(2)}, "ema": torch.ones(2, dtype=torch.complex64)}, "complex_beside.pth")
save({"w": torch.quantize_per_tensor(floats(4), 0.25, 0, torch.qint8)}, "quantized.pth")
save({"w": floats(4).to_sparse()}, "sparse.pth")
save({"w": floats(4).to(torch.float8_e4m3fn)}, "float8.pth")
save(block(), "module.pth")
torch.jit.script(torch.nn.Linear(2, 2)).save("torch/script.pth")
save({"weight": floats(2, 3)}, "small.pth")
save({"weight": floats(2, 3)}, "small_legacy.pth", _use_new_zipfile_serialization=False)
for protocol in (1, 2, 4, 5):
    save(beside(), f"beside{protocol}.pth", pickle_protocol=protocol)
save(beside(), "beside_legacy.pth", _use_new_zipfile_serialization=False)
save({"model": arrays(), "__author__": "me", "matching_heuristics": True}, "arrays.pth")
rewrite("arrays.pth", "arrays_deflated.pth")
for protocol in (0, 2, 5):
    dump({"model": arrays(), "__author__": "me", "matching_heuristics": True}, f"arrays{protocol}.pkl", protocol)
for protocol in (2, 4):
    dump({"model": {"w": floats(2, 3), "b": integers(3, dtype=torch.int64)}}, f"tensors{protocol}.pkl", protocol)
save(unread(), "unread.pth")
save(tagged(), "tagged.pth")
save(every_float8(), "every_float8.pth")
