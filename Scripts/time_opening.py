"""How long does opening a large checkpoint take, and how much memory?

    swift build -c release && python Scripts/time_opening.py [--config large] [--folder DIR] [--runs 10]

Writes a model of random weights in every format, one after the other, and runs `sedge inspect FILE --json` on each: the
best and the median time, the largest peak of memory, the model that was recognized. Exit code 1 where the median is above
100 ms or the peak above 64 MB. Needs some gigabytes, and what Fixtures/oracle/make_checkpoint.py needs.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FORMS = ["h5", "h5-nested", "safetensors", "pth", "pth-trainer", "pth-legacy", "onnx", "onnx-dynamo"]
MILLISECONDS, MEGABYTES = 100, 64


def write(config, form, path):
    """Writes a model; in a process of its own, since a process inherits its parent's peak of memory."""
    sys.path.insert(0, os.path.join(ROOT, "Fixtures", "oracle"))
    import dataclasses

    import torch

    import make_checkpoint
    import sed_torch
    # The resolution is only that of the exported graph, which exporters run.
    config = dataclasses.replace(make_checkpoint.configs()[config], resolution=128)
    model = sed_torch.init_like_trained(sed_torch.SED(config).eval(), 0)
    if form == "pth-legacy":
        torch.save({"model": model.state_dict()}, path, _use_new_zipfile_serialization=False)
    else:
        make_checkpoint.write(model, form, lambda _: path)


def run(command):
    """Seconds and peak bytes of one run."""
    start = time.monotonic()
    with open(os.devnull, "w") as quiet:
        process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        _, _, usage = os.wait4(process.pid, 0)
    return time.monotonic() - start, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--config", default="large")
    a.add_argument("--folder")
    a.add_argument("--runs", type=int, default=10)
    a.add_argument("--forms", default=",".join(FORMS))
    a.add_argument("--write", help=argparse.SUPPRESS)
    a.add_argument("--sedge", default=os.path.join(ROOT, ".build", "release", "sedge"))
    args = a.parse_args()
    if args.write:
        return write(args.config, args.forms, args.write)
    beyond = 0
    print(f"{'form':12} {'file':>14} {'best':>9} {'median':>9} {'peak':>9}  model")
    for form in args.forms.split(","):
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            path = os.path.join(folder, "model." + form.split("-")[0])
            subprocess.run([sys.executable, __file__, "--config", args.config, "--forms", form, "--write", path],
                           check=True, capture_output=True)
            size = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
            command = [args.sedge, "inspect", path, "--json"]
            report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
            runs = [run(command) for _ in range(args.runs)]
        times = [seconds * 1e3 for seconds, _ in runs]
        peak = max(peak for _, peak in runs) / 1e6
        beyond += statistics.median(times) > MILLISECONDS or peak > MEGABYTES
        print(f"{form:12} {size:14,} {min(times):6.1f} ms {statistics.median(times):6.1f} ms {peak:6.1f} MB  "
              f"{report.get('model') or report['problems'][0]['tensor']}", flush=True)
    sys.exit(beyond > 0)


if __name__ == "__main__":
    main()
