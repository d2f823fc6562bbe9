"""Makes what the peers read: a random checkpoint, its ONNX graphs, and inputs. What exists is kept.

    python prepare.py FOLDER [--config nano|base|large|catseg-nano|catseg-base|catseg-large] [--checkpoint FILE] [--classes 150 ...] [--input FILE] [--graphs]

  sed_CONFIG.safetensors      random weights from the oracle's seed; not made where --checkpoint names others
  sed_CONFIG.onnx             with --graphs: `Segmenter`, float32, opset 18; the number of classes stays open
  catseg_CONFIG_T.onnx        with --graphs: `CATSegmenter`, for each of --classes
  sed_CONFIG.int8.onnx        with --graphs: the same, linear layers dynamically quantized by ONNX Runtime
  inputs_CONFIG_T.safetensors for each of --classes: `image` 1 x 3 x R x R as the network sees it, `text_features`
                              T x P x C; of --input (`image` H x W x 3 uint8, `text_features`) the same, made anew
"""
import argparse
import os
import tempfile
import warnings

import torch
from safetensors.torch import load_file, save_file

import segmenter

warnings.filterwarnings("ignore")


def write_checkpoint(name, path):
    segmenter.make_checkpoint.write(segmenter.init_like_trained(name), "safetensors", lambda _: path)


def write_onnx(name, checkpoint, classes, path):
    """`classes`: those of the graph; None for any number."""
    model = segmenter.segmenter(name, checkpoint)
    inputs = segmenter.network_input(name, segmenter.random_picture(name, 1)), segmenter.random_text(name, classes or 3, 1)
    axes = {} if classes else {"text_features": {0: "classes"}, "probabilities": {0: "classes"}}
    torch.onnx.export(model, inputs, path, dynamo=False, opset_version=18,
                      input_names=["image", "text_features"], output_names=["probabilities"], dynamic_axes=axes)


def write_int8(source, path):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
        prepared = os.path.join(folder, "prepared.onnx")
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        # ONNX Runtime has integer convolutions too, but no fast ones.
        quantize_dynamic(prepared, path, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True,
                         weight_type=QuantType.QInt8)


def write_inputs(name, picture, text, path):
    save_file({"image": segmenter.network_input(name, picture), "text_features": text}, path)


def write_random_inputs(name, classes, path):
    write_inputs(name, segmenter.random_picture(name, 1), segmenter.random_text(name, classes, 1), path)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("folder")
    a.add_argument("--config", default="base")
    a.add_argument("--checkpoint")
    a.add_argument("--classes", type=int, nargs="*", default=[])
    a.add_argument("--input")
    a.add_argument("--graphs", action="store_true")
    args = a.parse_args()
    os.makedirs(args.folder, exist_ok=True)

    def make(name, write, *arguments):
        path = os.path.join(os.path.abspath(args.folder), name)
        if not os.path.exists(path):
            write(*arguments, path + ".part")
            os.replace(path + ".part", path)
            print(f"made {name}: {os.path.getsize(path) / 1e6:.1f} MB", flush=True)
        return path

    stem = segmenter.stem(args.config)
    checkpoint = args.checkpoint or make(f"{stem}.safetensors", write_checkpoint, args.config)
    for classes in args.classes if segmenter.is_catseg(args.config) else [None]:
        if args.graphs:
            name = stem if classes is None else f"{stem}_{classes}"
            graph = make(f"{name}.onnx", write_onnx, args.config, checkpoint, classes)
            make(f"{name}.int8.onnx", write_int8, graph)
    for classes in args.classes:
        make(f"inputs_{args.config}_{classes}.safetensors", write_random_inputs, args.config, classes)
    if args.input:
        given = load_file(args.input)
        path = os.path.join(args.folder, f"inputs_{args.config}_given.safetensors")
        write_inputs(args.config, given["image"], given["text_features"], path)


if __name__ == "__main__":
    main()
