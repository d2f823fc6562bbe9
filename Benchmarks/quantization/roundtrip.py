"""Puts the weights of a checkpoint through the rivals and back, to see what their errors do to a model's output.

    python roundtrip.py OUT_DIR [--checkpoint sed_shapes.h5] [--rivals NAMES] [--float depthwise,stem]

  OUT_DIR/RIVAL.safetensors    all tensors under their names, as `sedge convert` takes them, the quantized ones decoded
  OUT_DIR/RIVAL.gguf (.onnx)   the quantized tensors as the rival stores them
  OUT_DIR/sizes.json           what each takes; see `sizes`

Quantized are the tensors of two or more dimensions and at least 1,024 elements but for the positional embedding, as
matrices of first dimension x rest. All others stay float32; with --float depthwise convolutions and the stem too.
"""
import argparse
import json
import os

import numpy as np
import zstandard
from safetensors.numpy import save_file

import quantizers
import weights

RIVALS = ["Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0", "MXFP4", quantizers.ORT]
KINDS = ["depthwise", "stem"]


def is_kind(kind, name, array):
    if kind == "stem":
        return name.endswith("stem.0.weight")
    return array.ndim == 4 and array.shape[1] == 1 and array.shape[2] > 1 and array.shape[0] > 1


def quantized_names(arrays, kept):
    return [name for name, array in arrays.items()
            if array.ndim >= 2 and array.size >= weights.SMALLEST_COUNT and not name.endswith("positional_embedding")
            and not any(is_kind(kind, name, array) for kind in kept)]


def sizes(arrays, stored, path):
    """Bytes by what they are for. `zero_row_bytes` of the quantized ones are for rows of zeros in the token embedding."""
    with open(path, "rb") as file:
        data = file.read()
    quantized = sum(byte_count for byte_count, _ in stored.values())
    as_float = sum(array.nbytes for name, array in arrays.items() if name not in stored)
    weight_count = sum(arrays[name].size for name in stored)
    zero_bytes = zero_weights = 0
    for name, (byte_count, _) in stored.items():
        if name.endswith(weights.TOKEN_EMBEDDING):
            zero_rows = int((~arrays[name].any(axis=1)).sum())
            zero_weights = zero_rows * arrays[name].shape[1]
            zero_bytes = byte_count * zero_rows // len(arrays[name])
    return {
        "quantized_weights": weight_count, "zero_row_weights": zero_weights,
        "quantized_bytes": quantized, "zero_row_bytes": zero_bytes, "float_bytes": as_float,
        "total_bytes": quantized + as_float, "total_bytes_without_zero_rows": quantized - zero_bytes + as_float,
        "bits_per_weight": 8 * quantized / weight_count,
        "file_bytes": len(data), "file_zstd_bytes": len(zstandard.ZstdCompressor(level=19).compress(data)),
        "tensors": [{"name": name, "bytes": byte_count, "relative_rms_error":
                     quantizers.relative_rms_error(restored, arrays[name].reshape(restored.shape))}
                    for name, (byte_count, restored) in stored.items()],
    }


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out")
    a.add_argument("--checkpoint", default=weights.SHAPES, help=".h5, .pth or .safetensors")
    a.add_argument("--rivals", type=lambda text: text.split(","), default=RIVALS)
    a.add_argument("--float", type=lambda text: text.split(","), default=[], help=f"any of {', '.join(KINDS)}")
    args = a.parse_args()
    for unknown in set(args.float) - set(KINDS) | set(args.rivals) - {quantizers.ORT, *quantizers.gguf_types()}:
        a.error(f"no such kind or rival: {unknown}")
    arrays = weights.read_file(args.checkpoint)
    names = quantized_names(arrays, args.float)
    matrices = {name: np.ascontiguousarray(arrays[name].reshape(len(arrays[name]), -1)) for name in names}
    os.makedirs(args.out, exist_ok=True)
    found = {}
    for rival in args.rivals:
        path = os.path.join(args.out, f"{rival}.{quantizers.extension(rival)}")
        stored = quantizers.write(rival, matrices, path)
        restored = {name: matrix.reshape(arrays[name].shape) for name, (_, matrix) in stored.items()}
        save_file({name: array.copy(order="C") for name, array in (arrays | restored).items()},
                  os.path.join(args.out, f"{rival}.safetensors"))
        found[rival] = sizes(arrays, stored, path)
        size = found[rival]
        print(f"{rival}: {len(stored)} of {len(arrays)} tensors, {size['bits_per_weight']:.3f} bits a weight, "
              f"{size['total_bytes']:,} bytes, {size['total_bytes_without_zero_rows']:,} without rows of zeros")
    with open(os.path.join(args.out, "sizes.json"), "w") as file:
        json.dump(found, file, indent=1)


if __name__ == "__main__":
    main()
