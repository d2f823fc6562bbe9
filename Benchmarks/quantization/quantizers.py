"""The rivals: each stores the matrices of a model in a file of its own format and says what became of them.

- A GGUF type, by the quantizers of the Python package `gguf`, and written by its GGUFWriter. A type has blocks of 32
  elements along a row (TQ1_0 and TQ2_0: 256). Where rows are no multiple of that, GGUF has no such tensor, and programs
  fall back to larger types; here the matrix is laid out as one row and filled up with zeros to a whole block.
- ORT-int8: ONNX Runtime's dynamic quantization of a graph of one MatMul for each matrix: 8 bits, a scale and a zero point
  for each row.

The prefix that all names of a model share is dropped, since ggml knows no names of 64 characters.
"""
import logging
import os
import tempfile

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

ORT = "ORT-int8"


def relative_rms_error(restored, matrix):
    """||restored - matrix|| / ||matrix||, Frobenius norms."""
    reference = matrix.astype(np.float64)
    return float(np.linalg.norm(restored - reference) / np.linalg.norm(reference))


def write(rival, matrices, path):
    """Writes the file. Returns for each matrix the bytes of its codes, scales and zero points, and what they decode to."""
    prefix = shared_prefix(list(matrices))
    short = {name[len(prefix):]: matrix for name, matrix in matrices.items()}
    stored = write_onnx(short, path) if rival == ORT else write_gguf(rival, short, path)
    return {name: stored[name[len(prefix):]] for name in matrices}


def extension(rival):
    return "onnx" if rival == ORT else "gguf"


def shared_prefix(names):
    """What all names begin with, up to a dot."""
    return os.path.commonprefix(names).rpartition(".")[0] + "." if "." in os.path.commonprefix(names) else ""


# --- GGUF -----------------------------------------------------------------------------------------------

def gguf_types():
    """The names of the types that the package can quantize to."""
    names = []
    for kind in GGMLQuantizationType:
        try:
            gguf.quantize(np.ones((1, GGML_QUANT_SIZES[kind][0]), np.float32), kind)
        except NotImplementedError:
            continue
        names.append(kind.name)
    return names


def in_whole_blocks(matrix, block):
    if matrix.shape[1] % block == 0:
        return matrix
    return np.pad(matrix.reshape(1, -1), ((0, 0), (0, -matrix.size % block)))


def write_gguf(type_name, matrices, path):
    kind = GGMLQuantizationType[type_name]
    writer = gguf.GGUFWriter(path, "weights")
    for name, matrix in matrices.items():
        blocks = gguf.quantize(in_whole_blocks(matrix, GGML_QUANT_SIZES[kind][0]), kind)
        writer.add_tensor(name, blocks, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return {t.name: gguf_stored(t, kind, matrices[t.name]) for t in gguf.GGUFReader(path).tensors}


def gguf_stored(tensor, kind, matrix):
    if tensor.tensor_type != kind:
        raise SystemExit(f"{tensor.name} is {tensor.tensor_type.name} in the file")
    restored = gguf.dequantize(tensor.data, kind).reshape(-1)[:matrix.size].reshape(matrix.shape)
    return int(tensor.n_bytes), restored


# --- ONNX Runtime ---------------------------------------------------------------------------------------

def products(matrices):
    """A graph of one MatMul for each matrix. Matrices of as many columns share an input."""
    from onnx import TensorProto, helper, numpy_helper
    # MatMul multiplies from the right: a row of the matrix is a column there, and one channel of the quantizer.
    weights = [numpy_helper.from_array(np.ascontiguousarray(m.T), name) for name, m in matrices.items()]
    inputs = [helper.make_tensor_value_info(f"x{k}", TensorProto.FLOAT, [1, k])
              for k in sorted({m.shape[1] for m in matrices.values()})]
    nodes, outputs = [], []
    for i, (name, matrix) in enumerate(matrices.items()):
        nodes.append(helper.make_node("MatMul", [f"x{matrix.shape[1]}", name], [f"y{i}"], name=f"m{i}"))
        outputs.append(helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, [1, len(matrix)]))
    graph = helper.make_graph(nodes, "weights", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def write_onnx(matrices, path):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "float.onnx")
        onnx.save(products(matrices), source)
        # It would advise to simplify the graph first; there is nothing to simplify.
        logging.disable(logging.WARNING)
        quantize_dynamic(source, path, op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=False,
                         weight_type=QuantType.QInt8)
    return {name: onnx_stored(onnx.load(path), name, matrix) for name, matrix in matrices.items()}


def onnx_stored(model, name, matrix):
    from onnx import numpy_helper
    tensors = {t.name: t for t in model.graph.initializer}
    multiplied = any(n.op_type == "MatMulInteger" and n.input[1] == f"{name}_quantized" for n in model.graph.node)
    if name in tensors or not multiplied:
        raise SystemExit(f"ONNX Runtime did not quantize {name}")
    codes, scales, zeros = (numpy_helper.to_array(tensors[f"{name}_{part}"])
                            for part in ("quantized", "scale", "zero_point"))
    if codes.dtype != np.int8 or codes.shape != matrix.T.shape or len(scales) != len(matrix):
        raise SystemExit(f"ONNX Runtime stored {name} as {codes.dtype} of {codes.shape} with {len(scales)} scales")
    restored = (codes.astype(np.float32) - zeros.astype(np.float32)) * scales
    return codes.nbytes + scales.nbytes + zeros.nbytes, np.ascontiguousarray(restored.T)
