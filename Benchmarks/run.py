#!/usr/bin/env python3
"""Measures Sedge against PyTorch, ONNX Runtime and OpenVINO: the same weights, the same machine, one after another.

    python3 run.py [--config base] [--classes 150 ...] [--rounds 3] [--threads N] [--only NAMES] [--skip NAMES]
    python3 run.py --kernels all
    python3 run.py --isa avx512 avx2

Needs only Python itself and a built `sedge`; the first run installs the peers into .venv and makes weights in .work, both
beside this file. Every round runs each contender once, in a process of its own that warms up once and is then timed. Prints
a table for each number of classes; exit code 1 where a contender failed. README.md says what is timed."""
import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ["pytorch", "pytorch-channels-last", "pytorch-compile", "onnxruntime", "onnxruntime-int8", "openvino",
         "openvino-default"]
# The options of `sedge bench`, beside model, classes and threads. Early rejection needs --input: with random text features
# it keeps about every class.
SEDGES = {"sedge": [], "sedge-int8": ["--compute", "int8"], "sedge-top8": ["--top-k", "8"],
          "sedge-int8-top8": ["--compute", "int8", "--top-k", "8"]}
# What shapes do not tell of a model that is not the published one.
CONVERT = {"nano": ["--resolution", "128", "--text-heads", "2", "--templates"],
           "catseg-nano": ["--class-length", "8", "--sliding-window", "48", "--image-heads", "3", "--text-heads", "2"]}
# The peers with fewer instructions: oneDNN is part of PyTorch and OpenVINO, ATen and Inductor are PyTorch's. ONNX Runtime has no limit.
LIMITS = {"avx512": {}, "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}}
NANO_TEMPLATES = ["{}", "a {}", "the {}", "one {}"]


class Failure(Exception):
    """A contender or a step did not work; the text is the last that it said."""


def run(command, **variables):
    """Standard output and the peak of resident bytes of a process with these environment variables."""
    environment = os.environ | variables
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+", errors="replace") as err:
        try:
            process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
        except OSError as error:
            raise Failure(f"{command[0]}: {error.strerror}") from None
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            said = err.read().strip().splitlines() or [""]
            raise Failure(f"ended with {process.returncode}: {said[-1][:200]}")
        return out.read(), usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


# --- preparation --------------------------------------------------------------------------------------

def environment_python(args):
    """The interpreter with the peers; installs them where needed."""
    if args.python:
        return args.python
    folder = os.path.join(HERE, ".venv")
    wanted, installed = os.path.join(HERE, "requirements.txt"), os.path.join(folder, "installed.txt")
    python = os.path.join(folder, "bin", "python")
    with open(wanted) as f:
        text = f.read()
    if not os.path.exists(installed) or open(installed).read() != text:
        print("installing the peers into Benchmarks/.venv", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True, stdout=sys.stderr)
        with open(installed, "w") as f:
            f.write(text)
    return python


def prepare(args, python, names):
    """Makes weights, graphs and inputs in the work folder, where they are not there yet."""
    command = [python, os.path.join(HERE, "prepare.py"), args.work, "--config", args.config]
    if args.checkpoint:
        command += ["--checkpoint", args.checkpoint]
    if any(name.startswith(("onnx", "openvino")) for name in names):
        command.append("--graphs")
    if any(name.partition(":")[0] in PEERS for name in names):
        command += ["--input", args.input] if args.input else ["--classes", *map(str, args.classes)]
    subprocess.run(command, check=True, stdout=sys.stderr)


def stem(args):
    """The start of the names of a configuration's files, as prepare.py names them."""
    return args.config.replace("-", "_") if args.config.startswith("catseg-") else f"sed_{args.config}"


def sedge_model(args):
    """The checkpoint as a .sedge file in float32 that keeps all classes, made once."""
    path = os.path.join(args.work, f"{stem(args)}.sedge")
    if not os.path.exists(path):
        options = list(CONVERT.get(args.config, []))
        if "--templates" in options:
            options.append(os.path.join(args.work, "templates.json"))
            with open(options[-1], "w") as f:
                json.dump(NANO_TEMPLATES, f)
        run([args.sedge, "convert", args.checkpoint, "-o", path, "--top-k", "all", *options])
    return path


# --- contenders ---------------------------------------------------------------------------------------

def measure_peer(name, args, python, classes):
    name, _, isa = name.partition(":")
    weights = args.checkpoint
    if not name.startswith("pytorch"):
        graph = f"{stem(args)}_{classes}" if args.config.startswith("catseg-") else stem(args)
        weights = os.path.join(args.work, f"{graph}{'.int8' if name.endswith('int8') else ''}.onnx")
    inputs = os.path.join(args.work, f"inputs_{args.config}_{'given' if args.input else classes}.safetensors")
    out, peak = run([python, os.path.join(HERE, "peer.py"), name, "--weights", weights, "--inputs", inputs, "--config",
                     args.config, "--threads", str(args.threads), "--repeats", str(args.repeats)],
                    OMP_NUM_THREADS=str(args.threads), TORCHINDUCTOR_CACHE_DIR=os.path.join(args.work, "inductor" + isa),
                    **LIMITS.get(isa, {}))
    return json.loads(out) | {"peak_bytes": peak}


def kernel_sets(args):
    """The sets of kernels that --kernels names; all: those that the command says this machine has."""
    if args.kernels != "all":
        return args.kernels.split(",") if args.kernels else []
    try:
        run([args.sedge, "inspect", "-"], SEDGE_KERNELS="none")
    except Failure as refusal:
        found = re.search(r"; take (.*), or leave it unset", str(refusal))
        if found:
            return found[1].split(", ")
        raise
    raise Failure("an unknown set of kernels was not refused")


def measure_sedge(name, args, classes):
    name, _, kernels = name.partition(":")
    given = ["--input", args.input] if args.input else ["--class-count", str(classes)]
    out, peak = run([args.sedge, "bench", sedge_model(args), *given, "--threads", str(args.threads), "--json",
                     *SEDGES[name]], **({"SEDGE_KERNELS": kernels} if kernels else {}))
    report = json.loads(out)
    if kernels and report["kernels"] != kernels:
        raise Failure(f"computed with {report['kernels']}")
    seconds = report.get("total_seconds")
    if isinstance(seconds, dict):
        seconds = list(seconds.values())
    elif isinstance(seconds, (int, float)):
        seconds = [seconds]
    if not seconds:
        raise Failure("its JSON has no total_seconds")
    return {"seconds": seconds, "precision": "int8" if "int8" in name else "float32", "version": "Sedge",
            "classes": report.get("classes", classes), "peak_bytes": peak, "report": report}


def measure(args, python, names, classes):
    """All rounds of all contenders: a list of runs for each, or the text of its failure."""
    results = {name: [] for name in names}
    for number in range(1, args.rounds + 1):
        for name in list(results):
            if isinstance(results[name], str):
                continue
            try:
                peer = name.partition(":")[0] in PEERS
                result = measure_peer(name, args, python, classes) if peer else measure_sedge(name, args, classes)
                results[name].append(result)
                said = f"{min(result['seconds']):.3f} s"
            except (Failure, ValueError) as error:
                results[name] = said = f"failed: {error}"
            print(f"round {number} of {args.rounds}: {name}, {said}", file=sys.stderr, flush=True)
        for name in [name for name in results if name.startswith("openvino-default")]:
            runs = results[name]
            if name.replace("-default", "") in results and isinstance(runs, list) and runs[-1]["precision"] == "float32":
                del results[name]  # the same as openvino on this machine
    return results


# --- the table ----------------------------------------------------------------------------------------

def summary(results):
    """A row for each contender."""
    reference = next((runs[0]["probe"] for runs in results.values() if not isinstance(runs, str) and "probe" in runs[0]
                      and runs[0]["precision"] == "float32"), None)
    rows = []
    for name, runs in results.items():
        if isinstance(runs, str):
            rows.append({"contender": name, "failure": runs})
            continue
        seconds = [s for run in runs for s in run["seconds"]]
        row = {"contender": name, "precision": runs[0]["precision"], "version": runs[0]["version"], "seconds": seconds,
               "best_seconds": min(seconds), "median_seconds": statistics.median(seconds),
               "peak_bytes": max(run["peak_bytes"] for run in runs)}
        if all("cpu_seconds" in run.get("report", {}) for run in runs):
            row["best_cpu_seconds"] = min(s for run in runs for s in run["report"]["cpu_seconds"])
        if reference and "probe" in runs[0]:
            row["largest_difference"] = max(abs(a - b) for run in runs for a, b in zip(run["probe"], reference))
        if "report" in runs[0]:
            row["reports"] = [run["report"] for run in runs]
        rows.append(row)
    done = {row["contender"]: row for row in rows if "failure" not in row}
    for name, row in done.items():
        # A set of kernels or instructions is held against its own float32.
        base = done.get("sedge" + "".join(name.partition(":")[1:]))
        if base:
            row["ratio_to_sedge"] = row["best_seconds"] / base["best_seconds"]
            if "best_cpu_seconds" in row and "best_cpu_seconds" in base:
                row["cpu_ratio_to_sedge"] = row["best_cpu_seconds"] / base["best_cpu_seconds"]
    return rows


HEADINGS = ["contender", "precision", "best", "median", "ratio", "processor", "ratio", "peak memory", "differs by"]


def cells(row):
    if "failure" in row:
        return [row["contender"], row["failure"]] + [""] * (len(HEADINGS) - 2)
    ratio, difference = row.get("ratio_to_sedge"), row.get("largest_difference")
    cpu, cpu_ratio = row.get("best_cpu_seconds"), row.get("cpu_ratio_to_sedge")
    return [row["contender"], row["precision"], f"{row['best_seconds']:.3f} s", f"{row['median_seconds']:.3f} s",
            f"{ratio:.2f}" if ratio else "", f"{cpu:.3f} s" if cpu else "", f"{cpu_ratio:.2f}" if cpu_ratio else "", f"{row['peak_bytes'] / 1e6:,.0f} MB",
            "" if difference is None else f"{difference:.1e}"]


def text_table(rows):
    lines = [HEADINGS] + [cells(row) for row in rows]
    whole = [line for line in lines if not line[1].startswith("failed")]
    widths = [max(len(line[i]) for line in whole) for i in range(len(HEADINGS))]
    widths[0] = max(len(line[0]) for line in lines)
    return "\n".join("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


def markdown_table(rows):
    rule = ["---"] * 2 + ["---:"] * (len(HEADINGS) - 2)
    return "\n".join("| " + " | ".join(line) + " |" for line in [HEADINGS, rule] + [cells(row) for row in rows])


def stage_table(rows, markdown):
    """Sedge's stages: for each contender the median seconds, and the share of the peak in registers that the arithmetic took."""
    contenders = [row for row in rows if "reports" in row]
    if not contenders:
        return ""
    lines = [["stage", *(row["contender"] for row in contenders)]]
    for stage in dict.fromkeys(stage["name"] for row in contenders for stage in row["reports"][0]["stages"]):
        line = [stage]
        for row in contenders:
            runs = [(s["seconds"], s["gflop_done"] / s["seconds"] / report["peak_gflops"] if s["seconds"] else 0) for report in row["reports"]
                    for s in report["stages"] if s["name"] == stage]
            if not runs:
                line.append("")
                continue
            share = statistics.median(share for _, share in runs)
            line.append(f"{statistics.median(seconds for seconds, _ in runs):.3f} s" + (f", {share:.0%}" if share else ""))
        lines.append(line)
    if markdown:
        lines.insert(1, ["---"] + ["---:"] * len(contenders))
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(line, widths))).rstrip()
                     for line in lines)


def processor():
    try:
        with open("/proc/cpuinfo") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def footer(args, table):
    versions = sorted({row["version"] for row in table["rows"] if "version" in row and row["version"] != "Sedge"})
    return [
        f"{'CAT-Seg' if args.config.startswith('catseg-') else 'SED'}, {args.config.removeprefix('catseg-')}, {'given' if args.given else 'random'} weights, {table['classes']} classes, {args.threads} "
        f"threads of {processor()}, rounds in turn: {args.rounds}; load before the first {table['load_average']:.1f}.",
        "Sedge is timed from the picture to the label map; its peers from the network's input to probabilities at a quarter "
        "of the size, without the last resize and argmax. Text features are given.",
        "The ratio is that of the best times; above 1 is slower than Sedge in float32, with the same kernels where they are "
        "named. Processor: seconds of all threads together, which a busy machine changes less. Memory is the process's peak, loading "
        "included. `differs by`: largest difference of 499 probabilities from those of the first float32 peer.",
        *([", ".join(versions) + "."] if versions else []),
    ]


def report(args, tables):
    if args.json:
        print(json.dumps({"config": args.config, "threads": args.threads, "rounds": args.rounds, "processor": processor(),
                          "tables": tables}, indent=2))
        return
    for table in tables:
        show = markdown_table if args.markdown else text_table
        print(f"\n{show(table['rows'])}\n")
        print("\n".join(("\n" if args.markdown else "").join(["", line]) for line in footer(args, table)))
        if stages := stage_table(table["rows"], args.markdown):
            print(f"\n{stages}\n\nMedian seconds of each stage; share of the peak that was measured in registers by the same process.")


# --- the command --------------------------------------------------------------------------------------

def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--config", default="base", choices=["nano", "base", "large", "catseg-nano", "catseg-base", "catseg-large"])
    a.add_argument("--classes", type=int, nargs="+", default=[150], help="a table for each")
    a.add_argument("--input", help="picture and text features for all, as make_survivors.py writes; instead of --classes")
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--repeats", type=int, default=1, help="timed runs of a peer in each round")
    a.add_argument("--kernels", help="sets of kernels, separated by commas, or all: Sedge alone, float32 and int8 with each")
    a.add_argument("--isa", nargs="+", choices=LIMITS, help="each contender with each of these instruction sets at most; ONNX Runtime has no limit")
    a.add_argument("--threads", type=int, default=os.cpu_count())
    a.add_argument("--only", help="contenders, separated by commas: " + ", ".join([*SEDGES, *PEERS]))
    a.add_argument("--skip", default="", help="contenders, separated by commas")
    a.add_argument("--sedge", default=os.path.join(HERE, "..", ".build", "release", "sedge"))
    a.add_argument("--checkpoint", help="safetensors, random weights by default; needs a --work folder of its own")
    a.add_argument("--python", help="an interpreter that has the peers, instead of .venv")
    a.add_argument("--work", help="where weights, graphs and inputs lie, .work by default")
    a.add_argument("--json", action="store_true")
    a.add_argument("--markdown", action="store_true")
    args = a.parse_args()
    if args.checkpoint and not args.work:
        a.error("--checkpoint needs --work: what is made from other weights must not be taken for this one's")
    if min(args.rounds, args.repeats, args.threads, *args.classes) < 1:
        a.error("rounds, repeats, threads and classes are 1 or more")
    args.work = args.work or os.path.join(HERE, ".work")
    if args.kernels:
        if args.only or args.skip or args.isa:
            a.error("--kernels says what runs; --only, --skip and --isa do not go with it")
        return args, [f"{name}:{kernels}" for kernels in kernel_sets(args) for name in ("sedge", "sedge-int8")]
    usual = [name for name in SEDGES if args.input or "top8" not in name] + PEERS
    names, skipped = args.only.split(",") if args.only else usual, args.skip.split(",") if args.skip else []
    for name in names + skipped:
        if name not in SEDGES and name not in PEERS:
            a.error(f"no contender {name}")
    names = [name for name in names if name not in skipped]
    return args, [f"{name}:{isa}" for isa in args.isa for name in names] if args.isa else names


def main():
    args, names = arguments()
    random_weights = os.path.join(args.work, f"{stem(args)}.safetensors")
    python = None
    if any(name.partition(":")[0] in PEERS for name in names) or not os.path.exists(args.checkpoint or random_weights):
        python = environment_python(args)
        prepare(args, python, names)
    args.given = args.checkpoint is not None
    args.checkpoint = args.checkpoint or random_weights
    tables = []
    for classes in ["given"] if args.input else args.classes:
        load = os.getloadavg()[0]
        results = measure(args, python, names, classes)
        if args.input:
            counts = [runs[0]["classes"] for runs in results.values() if not isinstance(runs, str)]
            classes = counts[-1] if counts else "unknown"
        tables.append({"classes": classes, "load_average": load, "rows": summary(results)})
    report(args, tables)
    sys.exit(any("failure" in row for table in tables for row in table["rows"]))


if __name__ == "__main__":
    main()
