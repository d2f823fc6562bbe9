"""Runs one peer of Sedge in this process and prints what it took, as JSON.

    python peer.py NAME --weights FILE --inputs FILE [--config base] [--threads 2] [--repeats 1]

`--weights` is a .safetensors checkpoint for PyTorch, an .onnx graph for the others; prepare.py makes both and the inputs.
One run is not timed, then `--repeats` are: picture and text features go in, probabilities come out. JSON: `seconds`, one
a run; `load_seconds`; `precision`, what the peer computes in; `version`; `classes`; `probe`, some of the probabilities."""
import argparse
import json
import os
import sys
import time

PROBES = 499


class PyTorch:
    """PyTorch as it comes; `layout` is how feature maps lie in memory, `compiled` whether Inductor makes the kernels."""

    def __init__(self, args, layout="contiguous_format", compiled=False):
        import torch
        from safetensors.torch import load_file

        import segmenter
        self.torch, self.precision, self.version = torch, "float32", "PyTorch " + torch.__version__
        torch.set_num_threads(args.threads)
        layout = getattr(torch, layout)
        model = segmenter.segmenter(args.config, args.weights).eval().to(memory_format=layout)
        inputs = load_file(args.inputs)
        self.inputs = inputs["image"].contiguous(memory_format=layout), inputs["text_features"]
        self.model = torch.compile(model) if compiled else model

    def run(self):
        with self.torch.inference_mode():
            return self.model(*self.inputs).numpy()


class ONNXRuntime:
    """ONNX Runtime with its graph optimizations, the number of classes known to them."""

    def __init__(self, args, precision="float32"):
        import onnxruntime
        from safetensors.numpy import load_file
        self.precision, self.version = precision, "ONNX Runtime " + onnxruntime.__version__
        self.inputs = load_file(args.inputs)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = args.threads, 1
        options.log_severity_level = 3
        options.add_free_dimension_override_by_name("classes", len(self.inputs["text_features"]))
        self.session = onnxruntime.InferenceSession(args.weights, options, providers=["CPUExecutionProvider"])

    def run(self):
        return self.session.run(None, self.inputs)[0]


class OpenVINO:
    """OpenVINO, compiled for latency and for the very shapes; without `precision` it chooses its own."""

    def __init__(self, args, precision=None):
        import openvino
        from openvino import properties
        from safetensors.numpy import load_file
        self.version = "OpenVINO " + openvino.__version__.split("-")[0]
        self.inputs = load_file(args.inputs)
        core = openvino.Core()
        model = core.read_model(args.weights)
        model.reshape({name: list(value.shape) for name, value in self.inputs.items()})
        options = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": str(args.threads)}
        if precision:
            options["INFERENCE_PRECISION_HINT"] = precision
        compiled = core.compile_model(model, "CPU", options)
        used = compiled.get_property(properties.hint.inference_precision).to_string()
        self.precision = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}.get(used, used)
        self.request = compiled.create_infer_request()

    def run(self):
        return self.request.infer(self.inputs, share_inputs=True, share_outputs=True)[0]


PEERS = {
    "pytorch": PyTorch,
    "pytorch-channels-last": lambda args: PyTorch(args, layout="channels_last"),
    "pytorch-compile": lambda args: PyTorch(args, compiled=True),
    "onnxruntime": ONNXRuntime,
    "onnxruntime-int8": lambda args: ONNXRuntime(args, precision="int8"),
    "openvino": lambda args: OpenVINO(args, precision="f32"),
    "openvino-default": OpenVINO,
}


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("name", choices=PEERS)
    a.add_argument("--weights", required=True)
    a.add_argument("--inputs", required=True)
    a.add_argument("--config", default="base")
    a.add_argument("--threads", type=int, default=os.cpu_count())
    a.add_argument("--repeats", type=int, default=1)
    args = a.parse_args()
    start = time.perf_counter()
    peer = PEERS[args.name](args)
    load_seconds = time.perf_counter() - start
    peer.run()
    seconds = []
    for _ in range(args.repeats):
        start = time.perf_counter()
        probabilities = peer.run()
        seconds.append(time.perf_counter() - start)
    flat = probabilities.reshape(-1)
    probe = [float(flat[i * (len(flat) - 1) // (PROBES - 1)]) for i in range(PROBES)]
    json.dump({"seconds": seconds, "load_seconds": load_seconds, "precision": peer.precision, "version": peer.version,
               "classes": len(probabilities), "probe": probe}, sys.stdout)


if __name__ == "__main__":
    main()
