"""Makes the files in Fixtures/torch.

Needs PyTorch: `python make_torch.py` in this folder. The numbers follow a rule that the tests repeat: element i of a
float tensor is i / 4 - 3, of an integer tensor i - 3 (i where there is no sign), so that every type holds them exactly.
"""

import collections
import os
import warnings
import zipfile

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
