"""Makes the files in Fixtures/hdf5 and Fixtures/safetensors.

Needs h5py, numpy and safetensors: `python make_hdf5.py` in this folder. The numbers follow a rule that the tests
repeat: element i of a float tensor is i / 4 - 3, of an integer tensor i - 3, so that every type holds them exactly.
"""

import os

import h5py
import numpy as np
from safetensors.numpy import save_file

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("hdf5", exist_ok=True)
os.makedirs("safetensors", exist_ok=True)


def floats(*shape, dtype="<f4"):
    count = int(np.prod(shape, dtype=int))
    return (np.arange(count) / 4 - 3).astype(dtype).reshape(shape)


def integers(*shape, dtype="<i4"):
    count = int(np.prod(shape, dtype=int))
    return (np.arange(count) - 3).astype(dtype).reshape(shape)


def bfloat16_bits(*shape):
    return (floats(*shape).view("<u4") >> 16).astype("<u2")


def bfloat16_type(order):
    kind = (h5py.h5t.IEEE_F32LE if order == "<" else h5py.h5t.IEEE_F32BE).copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_size(2)
    kind.set_ebias(127)
    return kind


def custom_float(file, name, kind, raw):
    space = h5py.h5s.create_simple(raw.shape)
    data = h5py.h5d.create(file.id, name.encode(), kind, space)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, raw, kind)


with h5py.File("hdf5/types.h5", "w") as f:
    for order, word in (("<", "le"), (">", "be")):
        for bits in (16, 32, 64):
            f[f"float{bits}_{word}"] = floats(3, 4, dtype=f"{order}f{bits // 8}")
        for bits in (8, 16, 32, 64):
            f[f"int{bits}_{word}"] = integers(3, 4, dtype=f"{order}i{bits // 8}")
            f[f"uint{bits}_{word}"] = (integers(3, 4) + 3).astype(f"{order}u{bits // 8}")
    f["bool"] = np.array([True, False, True])
    for name, data in (
        ("bfloat16_uint16", bfloat16_bits(3, 4)),
        ("bfloat16_int16_be", bfloat16_bits(3, 4).astype(">u2").view(">i2")),
        ("bfloat16_opaque", bfloat16_bits(3, 4).view("V2")),
    ):
        f[name] = data
        f[name].attrs["dtype"] = "bfloat16"
    f["bfloat16_fixed_attribute"] = bfloat16_bits(3, 4)
    f["bfloat16_fixed_attribute"].attrs["dtype"] = np.bytes_("bfloat16")
    f["uint16_other_attribute"] = (integers(3, 4) + 3).astype("<u2")
    f["uint16_other_attribute"].attrs["dtype"] = "uint16"
    custom_float(f, "bfloat16_float_le", bfloat16_type("<"), bfloat16_bits(3, 4))
    custom_float(f, "bfloat16_float_be", bfloat16_type(">"), bfloat16_bits(3, 4).byteswap())
    f["scalar"] = np.float32(-3)
    f["empty"] = floats(0, 4)

with h5py.File("hdf5/names.h5", "w") as f:
    f["plain"] = floats(2)
    f["dotted.name.weight"] = floats(2)
    f["nested/name/weight"] = floats(2)
    f["mixed.group/name.weight"] = floats(2)
    f["ünïcode/重み"] = floats(2)

with h5py.File("hdf5/collision.h5", "w") as f:
    f["a.b/c"] = floats(2)
    f["a/b.c"] = floats(2)

with h5py.File("hdf5/layouts.h5", "w") as f:
    data = floats(20, 30)
    options = dict(data=data, chunks=(7, 11))
    f.create_dataset("contiguous", data=data)
    f.create_dataset("chunked", **options)
    f.create_dataset("gzip", compression="gzip", **options)
    f.create_dataset("gzip_shuffle", compression="gzip", shuffle=True, **options)
    f.create_dataset("fletcher32", fletcher32=True, **options)
    f.create_dataset("everything", compression="gzip", shuffle=True, fletcher32=True, **options)
    f.create_dataset("resizable", data=data, maxshape=(None, 30), chunks=(64, 30), compression="gzip")
    f.create_dataset("scale_offset", data=integers(20, 30), chunks=(7, 11), scaleoffset=0)
    if h5py.h5z.get_filter_info(h5py.h5z.FILTER_SZIP) & h5py.h5z.FILTER_CONFIG_ENCODE_ENABLED:
        f.create_dataset("szip", data=data, chunks=(8, 16), compression="szip")
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    compact = h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((20, 30)), plist)
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    narrow = h5py.h5t.STD_I32LE.copy()
    narrow.set_precision(20)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((7, 11))
    plist.set_filter(h5py.h5z.FILTER_NBIT)
    nbit = h5py.h5d.create(f.id, b"nbit", narrow, h5py.h5s.create_simple((20, 30)), plist)
    nbit.write(h5py.h5s.ALL, h5py.h5s.ALL, integers(20, 30))

with h5py.File("hdf5/latest.h5", "w", libver=("v110", "v110")) as f:
    for i in range(20):
        f[f"block/{i:02}.weight"] = floats(2, 3)
    f.create_dataset("gzip", data=floats(20, 30), chunks=(7, 11), compression="gzip")

with h5py.File("hdf5/userblock.h5", "w", userblock_size=1024) as f:
    f["weight"] = floats(2, 3)

with h5py.File("hdf5/lzf.h5", "w") as f:
    f["plain"] = floats(2)
    f.create_dataset("lzf", data=floats(20, 30), chunks=(20, 30), compression="lzf")

with h5py.File("hdf5/links.h5", "w") as f:
    f["group/weight"] = floats(2)
    f["group/cycle"] = f["/"]
    f["hard"] = f["group/weight"]
    f["other"] = f["group"]
    f["soft"] = h5py.SoftLink("/group/weight")
    f["dangling"] = h5py.SoftLink("/nowhere")
    f["loop"] = h5py.SoftLink("/loop")

with h5py.File("hdf5/external_link.h5", "w") as f:
    f["group/other"] = h5py.ExternalLink("types.h5", "/float32_le")

with h5py.File("hdf5/external_storage.h5", "w") as f:
    f.create_dataset("weight", shape=(4,), dtype="<f4", external=[("types.h5", 0, 16)])

with h5py.File("hdf5/virtual.h5", "w") as f:
    layout = h5py.VirtualLayout(shape=(3, 4), dtype="<f4")
    layout[:] = h5py.VirtualSource("types.h5", "float32_le", shape=(3, 4))
    f.create_virtual_dataset("weight", layout)

with h5py.File("hdf5/skipped.h5", "w") as f:
    f["weight"] = floats(2)
    f["text"] = "words"
    f["record"] = np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")])
    f["complex"] = np.zeros(2, dtype="<c8")
    f["reference"] = f["weight"].ref
    f["opaque"] = np.zeros(2, dtype="V3")
    f["choice"] = np.zeros(2, dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="u1"))
    f["ragged"] = np.array([floats(2), floats(3)], dtype=h5py.vlen_dtype("<f4"))
    f.create_dataset("array", shape=(2,), dtype=np.dtype("(3,)<f4"))
    f["null"] = h5py.Empty("<f4")
    f["type"] = np.dtype("<f4")
    eight = h5py.h5t.IEEE_F32LE.copy()
    eight.set_fields(7, 3, 4, 0, 3)
    eight.set_size(1)
    eight.set_ebias(7)
    custom_float(f, "float8", eight, np.zeros(2, dtype="u1"))

with h5py.File("hdf5/attributes.h5", "w") as f:
    f["model/weight"] = floats(2)
    f.create_group("settings")
    f.attrs["text_heads"] = 8
    f.attrs["norm_eps"] = 1e-6
    f.attrs["half"] = np.float32(0.1)
    f.attrs["big_endian"] = np.array(-3, dtype=">i2")
    f.attrs["pooling"] = np.array([2, 2], dtype="<i4")
    f.attrs["mean"] = np.array([0.5, 0.25, 1e-9])
    f.attrs["name"] = "SED \u2713"
    f.attrs["fixed"] = np.bytes_("convnext ")
    f.attrs["one"] = np.array(["a"], dtype=h5py.string_dtype())
    f.attrs["many"] = np.arange(17)
    f.attrs["two"] = np.array(["a", "b"], dtype=h5py.string_dtype())
    f.attrs["square"] = np.zeros((2, 2))
    f.attrs["complex"] = 1j
    f.attrs["empty"] = h5py.Empty("<f4")
    f.attrs["reference"] = f["model"].ref
    f["model"].attrs["heads"] = np.uint64(4)
    f["settings"].attrs["resolution"] = np.int8(64)
    f["model/weight"].attrs["heads"] = 5

with h5py.File("hdf5/unallocated.h5", "w") as f:
    f.create_dataset("weight", shape=(1_000_000, 1_000_000), dtype="<f4")

with h5py.File("hdf5/unallocated_chunks.h5", "w") as f:
    data = f.create_dataset("weight", shape=(1 << 20, 1 << 20), dtype="<f4", chunks=(16, 16), compression="gzip")
    data[:16, :16] = 1

with h5py.File("hdf5/corrupt.h5", "w") as f:
    f.create_dataset("weight", data=floats(20, 30), chunks=(20, 30), compression="gzip", fletcher32=True)
    place = f["weight"].id.get_chunk_info(0).byte_offset
with open("hdf5/corrupt.h5", "r+b") as f:
    f.seek(place + 20)
    f.write(b"\xff" * 16)

types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1"}
tensors = {name: integers(3, 4, dtype=kind) for name, kind in types.items()}
tensors |= {name: (integers(3, 4) + 3).astype(kind) for name, kind in
            {"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1"}.items()}
tensors |= {"BOOL": np.array([True, False, True]), "scalar": np.array(-3, dtype="<f4"), "empty": floats(0, 4)}
save_file(tensors, "safetensors/types.safetensors", metadata={"format": "np", "quote\"": "\u2713 \\ \n"})
