"""Makes the files in Fixtures/hdf5 that make libhdf5 1.10 crash, loop or recurse.

Needs h5py and numpy: `python make_hdf5_attacks.py` in this folder. h5py writes a sound file, and a few of its bytes are replaced.
"""

import os
import struct

import h5py
import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("hdf5", exist_ok=True)


def replace(name, old, new):
    """Replaces the first occurrence of some bytes by as many others."""
    with open(name, "r+b") as f:
        place = f.read().index(old)
        f.seek(place)
        assert len(old) == len(new)
        f.write(new)


# N-bit is to unpack floats of 524,200 bits, which float32 in memory has no room for.
kind = h5py.h5t.IEEE_F32LE.copy()
kind.set_fields(19, 13, 6, 0, 13)
kind.set_precision(20)
kind.set_ebias(31)
with h5py.File("hdf5/wide_float.h5", "w") as f:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((64,))
    plist.set_filter(h5py.h5z.FILTER_NBIT)
    data = h5py.h5d.create(f.id, b"weight", kind, h5py.h5s.create_simple((64,)), plist)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(64, dtype="<f4"))
replace("hdf5/wide_float.h5", struct.pack("<8I", 8, 0, 64, 1, 4, 0, 20, 0), struct.pack("<8I", 8, 0, 64, 1, 65525, 0, 524200, 0))
replace(
    "hdf5/wide_float.h5",
    bytes.fromhex("1120130004000000") + struct.pack("<HHBBBBI", 0, 20, 13, 6, 0, 13, 31),
    bytes.fromhex("11201f0004000000") + struct.pack("<HHBBBBI", 0, 32, 23, 8, 0, 23, 127),
)

# The free room in the heap of an attribute's text is 0 bytes long: it never ends.
with h5py.File("hdf5/looping_attribute.h5", "w") as f:
    f.create_dataset("weight", data=np.arange(4, dtype="<u2")).attrs["dtype"] = "bfloat16"
replace("hdf5/looping_attribute.h5", b"bfloat16" + bytes(8) + (4056).to_bytes(8, "little"), b"bfloat16" + bytes(16))

with h5py.File("hdf5/virtual_of_itself.h5", "w", libver=("v110", "v110")) as f:
    layout = h5py.VirtualLayout(shape=(4,), dtype="<f4")
    layout[:] = h5py.VirtualSource(".", "weight", shape=(4,))
    f.create_virtual_dataset("weight", layout)

# Tensors that a reader answers in several pieces: no attack.
with h5py.File("hdf5/bands.h5", "w") as f:
    rows = (np.arange(1500) // 8).astype("<f4")[:, None] + np.zeros((1, 1024), dtype="<f4")
    f.create_dataset("chunked", data=rows, chunks=(101, 600), compression="gzip", compression_opts=9, shuffle=True)
    f.create_dataset("chunked_last", data=rows[:1100], chunks=(1100, 256), compression="gzip", compression_opts=9)
    f.create_dataset("filled", shape=(1500, 1024), dtype="<f4", fillvalue=2.5)
