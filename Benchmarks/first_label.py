#!/usr/bin/env python3
"""From the start of a process to its first label, and pictures a second after that: Sedge beside ONNX Runtime.

    python3 Benchmarks/first_label.py [--rounds 5] [--pictures 4] [--classes 50] [--threads 2] [--only NAMES]

SED-B with random weights. Every contender is a process of its own that loads its model, segments the same PNG files, of the
model's size, and says when each label map was there; each round runs all in turn. On a busy machine the processor seconds of
the whole process mean more. Needs the library (`Scripts/build-library.sh .build/libsedge`), a C++ compiler, and the Python
of run.py with Pillow; makes the model and the graphs as run.py does, in .work.

The Sedge file is int8 and has the text features of the classes. ONNX Runtime gets other features, of the same size, from a
file, and the picture as the network's input. Its graph (segmenter.py) ends with probabilities at a quarter of the size;
labels are their argmax there. Sedge decodes, resizes and normalizes the picture, and its labels have the picture's size."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import run as benchmark

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
CONTENDERS = ["command", "command-int8", "cpp", "cpp-int8", "python", "python-int8", "onnxruntime", "onnxruntime-int8"]

CPP = r"""
#include <sedge.hpp>
#include <cstdio>
#include <cstdlib>
int main(int count, char **arguments) {
  sedge_model_options options = SEDGE_MODEL_OPTIONS;
  options.threads = std::atoi(arguments[2]);
  options.arithmetic = std::atoi(arguments[3]);
  const sedge::Model model(arguments[1], options);
  const auto classes = model.classes();
  for (int i = 4; i < count; ++i) {
    const auto result = model.segment(sedge::PictureFile(arguments[i]).picture(), classes);
    std::printf("label %d\n", result.labels()[0]);
    std::fflush(stdout);
  }
}
"""

PYTHON_SEDGE = """
import sys
from PIL import Image
import sedge
model = sedge.open(sys.argv[1], threads=int(sys.argv[2]), arithmetic=["f32", "int8"][int(sys.argv[3])])
classes = model.encode()
for path in sys.argv[4:]:
    print("label", model.segment(Image.open(path), classes).labels[0, 0], flush=True)
"""

PYTHON_ONNX = """
import sys
import numpy as np
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads = int(sys.argv[2]), 1
options.log_severity_level = 3
text = np.load(sys.argv[3])
options.add_free_dimension_override_by_name("classes", len(text))
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
for path in sys.argv[4:]:
    probabilities = session.run(None, {"image": np.load(path), "text_features": text})[0]
    print("label", probabilities.argmax(axis=0)[0, 0], flush=True)
"""


def times(command, environment, files):
    """When each label map was there, in seconds after the start of the process: when a line came, or a file was written. With that the
    processor seconds of the whole process."""
    start, clock = time.monotonic(), time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    found = [time.monotonic() - start for line in process.stdout if line.startswith("label")]
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise benchmark.Failure(said.strip()[-300:] or f"ended with {process.returncode}")
    return [os.stat(path).st_mtime - clock for path in files] if files else found, usage.ru_utime + usage.ru_stime


def prepare(args, folder):
    """The commands of all contenders."""
    import numpy as np
    from PIL import Image
    from safetensors.numpy import load_file, save_file

    python = args.python or benchmark.environment_python(args)
    subprocess.run([python, os.path.join(HERE, "prepare.py"), args.work, "--config", args.config, "--graphs", "--classes",
                    str(args.classes)], check=True, stdout=sys.stderr)
    inputs = load_file(os.path.join(args.work, f"inputs_{args.config}_{args.classes}.safetensors"))
    size = inputs["image"].shape[-1]
    random = np.random.default_rng(1)
    pictures, arrays = [], []
    for index in range(args.pictures + 1):
        coarse = random.integers(0, 256, (12, 12, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((size, size), Image.BICUBIC)
        pictures.append(os.path.join(folder, f"{index}.png"))
        picture.save(pictures[-1])
        arrays.append(os.path.join(folder, f"{index}.npy"))
        np.save(arrays[-1], np.roll(inputs["image"], index, axis=-1))
    text = os.path.join(folder, "text.npy")
    np.save(text, inputs["text_features"])

    names = os.path.join(folder, "classes.json")
    with open(names, "w") as file:
        json.dump([f"thing {index}" for index in range(args.classes)], file)
    model = os.path.join(args.work, f"sed_{args.config}_int8_{args.classes}.sedge")
    if not os.path.exists(model):
        benchmark.run([args.sedge, "convert", os.path.join(args.work, f"sed_{args.config}.safetensors"), "-o", model, "--quantize",
                       "int8", "--top-k", "all", "--classes", names])
    library = os.path.abspath(args.library)
    program, source = os.path.join(folder, "segment"), os.path.join(folder, "segment.cpp")
    with open(source, "w") as file:
        file.write(CPP)
    subprocess.run(["c++", "-std=c++17", "-O2", source, "-I", os.path.join(ROOT, "Sources", "CSedge", "include"), "-L", library,
                    "-lsedge", f"-Wl,-rpath,{library}", "-o", program], check=True)

    commands = {}
    threads = str(args.threads)
    for name, number, compute in [("", "0", "f32"), ("-int8", "1", "int8")]:
        commands["command" + name] = ([args.sedge, "segment", model, *pictures, "--labels", os.path.join(folder, "{stem}.labels.png"),
                                       "--threads", threads, "--compute", compute],
                                      [path.replace(".png", ".labels.png") for path in pictures])
        commands["cpp" + name] = ([program, model, threads, number, *pictures], [])
        commands["python" + name] = ([python, "-c", PYTHON_SEDGE, model, threads, number, *pictures], [])
        graph = os.path.join(args.work, f"sed_{args.config}{'.int8' if name else ''}.onnx")
        commands["onnxruntime" + name] = ([python, "-c", PYTHON_ONNX, graph, threads, text, *arrays], [])
    environment = dict(os.environ) | {
        "SEDGE_LIBRARY": os.path.join(library, "libsedge.so"), "PYTHONPATH": os.path.join(ROOT, "Python", "src"),
        "OMP_NUM_THREADS": threads}
    return commands, environment


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--config", default="base", choices=["nano", "base", "large"])
    a.add_argument("--rounds", type=int, default=5)
    a.add_argument("--pictures", type=int, default=4, help="after the first")
    a.add_argument("--classes", type=int, default=50)
    a.add_argument("--threads", type=int, default=os.cpu_count())
    a.add_argument("--only", default=",".join(CONTENDERS), help="contenders, separated by commas")
    a.add_argument("--sedge", default=os.path.join(ROOT, ".build", "release", "sedge"))
    a.add_argument("--library", default=os.path.join(ROOT, ".build", "libsedge"))
    a.add_argument("--python", help="an interpreter that has the peers, instead of .venv")
    a.add_argument("--work", default=os.path.join(HERE, ".work"))
    args = a.parse_args()
    names = args.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        commands, environment = prepare(args, folder)
        first, later, processor = ({name: [] for name in names} for _ in range(3))
        for number in range(args.rounds):
            for name in names:
                command, files = commands[name]
                found, seconds = times(command, environment, files)
                if len(found) != args.pictures + 1:
                    raise SystemExit(f"{name}: {len(found)} labels of {args.pictures + 1} pictures")
                processor[name].append(seconds)
                first[name].append(found[0])
                later[name].append(args.pictures / (found[-1] - found[0]))
                print(f"round {number + 1}: {name}, {found[0]:.2f} s, {later[name][-1]:.2f} a second", file=sys.stderr, flush=True)
    print(f"SED, {args.config}, {args.pictures + 1} pictures, {args.classes} classes, {args.threads} threads of "
          f"{benchmark.processor()}; medians of {args.rounds} rounds\n")
    print("| | to the first label | range | pictures a second after | range | processor, all |\n|---|---:|---:|---:|---:|---:|")
    for name in names:
        cells = [(statistics.median(values), min(values), max(values)) for values in (first[name], later[name])]
        (a, low, high), (b, slow, fast) = cells
        print(f"| {name} | {a:.2f} s | {low:.2f}-{high:.2f} | {b:.2f} | {slow:.2f}-{fast:.2f} | "
              f"{statistics.median(processor[name]):.1f} s |")


if __name__ == "__main__":
    main()
