"""Makes the files in Fixtures/hdf5 and Fixtures/safetensors.

Needs h5py (with HDF5 2.0), ml_dtypes, numpy and safetensors: `python make_hdf5.py` in this folder. The numbers follow a rule that the tests
repeat: element i of a float tensor is i / 4 - 3, of an integer tensor i - 3, so that every type holds them exactly.
"""

import os

import h5py
import ml_dtypes
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


def float_type(order, exponent, fraction, bias=None):
    kind = (h5py.h5t.IEEE_F32LE if order == "<" else h5py.h5t.IEEE_F32BE).copy()
    kind.set_fields(exponent + fraction, fraction, exponent, 0, fraction)
    kind.set_size((1 + exponent + fraction) // 8)
    kind.set_ebias(2 ** (exponent - 1) - 1 if bias is None else bias)
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
    custom_float(f, "bfloat16_float_le", float_type("<", 8, 7), bfloat16_bits(3, 4))
    custom_float(f, "bfloat16_float_be", float_type(">", 8, 7), bfloat16_bits(3, 4).byteswap())
    for name, kind, exponent, fraction in (("float8_e4m3fn", ml_dtypes.float8_e4m3fn, 4, 3),
                                           ("float8_e5m2", ml_dtypes.float8_e5m2, 5, 2)):
        values = floats(3, 4) if fraction == 3 else integers(3, 4)
        bits = values.astype(kind).view("u1")
        assert (bits.view(kind).astype("<f4") == values).all()
        custom_float(f, f"{name}_float", float_type("<", exponent, fraction), bits)
        for form in ("u1", "V1"):
            f[f"{name}_{form}"] = bits.view(form)
            f[f"{name}_{form}"].attrs["dtype"] = name
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
    f.create_dataset("everything", data=floats(20, 30), chunks=(7, 11), compression="lzf", shuffle=True, fletcher32=True)
    f.create_dataset("zeros", data=np.zeros((100, 100), "<f4"), chunks=(100, 100), compression="lzf")
    f.create_dataset("incompressible", data=np.frombuffer(np.random.default_rng(0).bytes(64), "<u1"), compression="lzf")
    f.create_dataset("float64", data=floats(300, dtype=">f8"), chunks=(50,), compression="lzf")

with h5py.File("hdf5/filters.h5", "w", libver=("v110", "v110")) as f:
    # What the filters' own libraries would have stored; only the numbers of the filters matter here.
    for name, number in (("blosc", 32001), ("zstandard", 32015), ("bzip2", 307), ("lz4", 32004), ("bitshuffle", 32008),
                         ("unknown", 300)):
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((20,))
        plist.set_filter(number, h5py.h5z.FLAG_OPTIONAL)
        data = h5py.h5d.create(f.id, name.encode(), h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((20,)), plist)
        data.write_direct_chunk((0,), b"coded", 0)
        if name == "blosc":  # The filter gave up on this one, which stands as it is.
            data = h5py.h5d.create(f.id, b"left_out", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((20,)), plist)
            data.write_direct_chunk((0,), floats(20).tobytes(), 1)
            h5py.h5d.create(f.id, b"unwritten", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((20,)), plist)

with h5py.File("hdf5/links.h5", "w") as f:
    f["group/weight"] = floats(2)
    f["group/cycle"] = f["/"]
    f["hard"] = f["group/weight"]
    f["other"] = f["group"]
    f["soft"] = h5py.SoftLink("/group/weight")
    f["group/relative"] = h5py.SoftLink("inner/weight")
    f["group/inner/weight"] = floats(3)
    f["soft_group"] = h5py.SoftLink("group/inner")
    f["soft_soft"] = h5py.SoftLink("soft_group/weight")
    f["dangling"] = h5py.SoftLink("/nowhere")
    f["loop"] = h5py.SoftLink("/loop")
    f["outside"] = h5py.ExternalLink("types.h5", "/float32_le")
    f["through"] = h5py.SoftLink("/outside_group/float32_le")
    f["outside_group"] = h5py.ExternalLink("types.h5", "/")

with h5py.File("hdf5/many_names.h5", "w", libver=("v110", "v110")) as f:
    # Each group stands twice in the one around it, so that the data set has 2^20 names.
    group = f.create_group("0")
    group["weight"] = floats(2)
    for i in range(1, 21):
        outer = f.create_group(str(i))
        outer["a"] = outer["b"] = f[str(i - 1)]
        del f[str(i - 1)]

with h5py.File("hdf5/foreign.h5", "w") as f:
    f["weight"] = floats(2)
    f.create_dataset("external", shape=(4,), dtype="<f4", external=[("types.h5", 0, 16)])
    layout = h5py.VirtualLayout(shape=(3, 4), dtype="<f4")
    layout[:] = h5py.VirtualSource("types.h5", "float32_le", shape=(3, 4))
    f.create_virtual_dataset("virtual", layout)

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
    f["long_double"] = np.zeros(2, np.longdouble)
    f["iteration"] = 90000
    f["epoch"] = np.array([12], "<i4")
    f["bfloat16"] = np.zeros(2, ml_dtypes.bfloat16)
    custom_float(f, "float8_fnuz", float_type("<", 4, 3, bias=8), np.zeros(2, dtype="u1"))

with h5py.File("hdf5/unwritten.h5", "w") as f:
    data = floats(20, 30)
    f["whole"] = floats(2)
    f.create_dataset("contiguous", (20, 30), "<f4")
    f.create_dataset("chunked", (20, 30), "<f4", chunks=(7, 11))
    f.create_dataset("gzip", (20, 30), "<f4", chunks=(7, 11), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("lzf", (20, 30), "<f4", chunks=(7, 11), compression="lzf")
    f.create_dataset("fill", (20, 30), ">f4", fillvalue=0.5)
    f.create_dataset("fill_gzip", (20, 30), "<f8", chunks=(7, 11), compression="gzip", fillvalue=-1.25)
    f.create_dataset("fill_chunked", (20, 30), "<f2", chunks=(7, 11), fillvalue=3)
    f.create_dataset("never_filled", (20, 30), "<f4", fill_time="never")
    f.create_dataset("never_filled_chunked", (20, 30), "<f4", chunks=(7, 11), fill_time="never")
    f.create_dataset("part", (20, 30), "<f4", chunks=(7, 11), fillvalue=9)[:7, :11] = data[:7, :11]
    f.create_dataset("part_gzip", (20, 30), "<f4", chunks=(7, 11), compression="gzip")[14:, 22:] = data[14:, 22:]
    f.create_dataset("grown", data=data[:7], chunks=(7, 11), maxshape=(None, 30), fillvalue=2).resize((20, 30))

with h5py.File("hdf5/unwritten.h5") as f:  # What the tests expect is what h5py reads.
    for name, value in (("contiguous", 0), ("chunked", 0), ("gzip", 0), ("lzf", 0), ("fill", 0.5), ("fill_gzip", -1.25),
                        ("fill_chunked", 3), ("never_filled", 0), ("never_filled_chunked", 0)):
        assert (f[name][...] == value).all(), name
    for name, rows, columns, value in (("part", slice(7), slice(11), 9), ("part_gzip", slice(14, 20), slice(22, 30), 0),
                                       ("grown", slice(7), slice(30), 2)):
        expected = np.full((20, 30), value, "<f4")
        expected[rows, columns] = data[rows, columns]
        assert (f[name][...] == expected).all(), name

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
    f["other"] = floats(2)

with h5py.File("hdf5/unallocated_chunks.h5", "w") as f:
    data = f.create_dataset("weight", shape=(1 << 20, 1 << 20), dtype="<f4", chunks=(16, 16), compression="gzip")
    data[:16, :16] = 1

with h5py.File("hdf5/unallocated_chunk.h5", "w") as f:
    f.create_dataset("weight", shape=(2,), maxshape=(None,), dtype="<f4", chunks=(1 << 29,))

with h5py.File("hdf5/unallocated_sum.h5", "w") as f:
    for i in range(3):
        f.create_dataset(f"weight{i}", shape=(1 << 14, 1 << 12), dtype="<f4")

with h5py.File("hdf5/version_2.h5", "w", libver="latest") as f:
    f["plain"] = floats(2)
    f.create_dataset("chunked", data=floats(20), chunks=(10,), compression="gzip")
    f["complex"] = np.zeros(2, dtype="<c8")

with h5py.File("hdf5/matlab.h5", "w", userblock_size=512) as f:
    f["weight"] = floats(2, 3)
with open("hdf5/matlab.h5", "r+b") as f:
    f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5 schema 1.00 .".ljust(116))

# A file that a program was writing when it ended: the flags are those that libhdf5 sets on opening.
with h5py.File("hdf5/not_closed.h5", "w", libver=("v110", "v110")) as f:
    f["weight"] = floats(2)
    f.flush()
    with open("hdf5/not_closed.h5", "rb") as g:
        flagged = g.read()
with open("hdf5/not_closed.h5", "wb") as f:
    f.write(flagged)

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
