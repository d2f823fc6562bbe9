"""Sedge's codecs against others on trained weights: the bytes that an equal error takes.

    python weights.py WEIGHTS_DIR
    python rivals.py WEIGHTS_DIR [--sedge ../../.build/release/sedge] [--models NAMES] [--rivals NAMES] [--json OUT.json]

For each model and rival: the rival's file with its errors, tensor by tensor; then `sedge estimate` is asked for the size
at which none of its tensors has a larger error. An error is the relative root mean square, ||restored - w|| / ||w||.
Prints a table; without --sedge the rivals alone. Their files and errors are kept in WEIGHTS_DIR/rivals and made where they
are not there.

Exit code 1 where Sedge needs more than the share of the rival's bytes that SHARES allows, or has a larger error. README.md
says what is counted.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile

import zstandard
from safetensors.numpy import load_file

import quantizers

# The share of the rival's bytes that Sedge may take at the same errors; None: only shown.
SHARES = {"Q8_0": 0.92, "Q5_1": None, "Q5_0": 0.88, "Q4_1": 0.80, "Q4_0": 0.84, "MXFP4": None, quantizers.ORT: 0.85}
# Errors are float64 numbers of two programs.
ERROR_SLACK = 1 + 1e-6
HEAD = ["model", "rival", "error", "bits/weight", "bytes", "zstd -19", "Sedge bytes", "Sedge / rival", "Sedge / zstd",
        "asked", "met"]


# --- the rivals -----------------------------------------------------------------------------------------

def measure(rival, matrices, path):
    """Writes a rival's file; what is to be known of it."""
    stored = quantizers.write(rival, matrices, path)
    with open(path, "rb") as file:
        data = file.read()
    return {
        "weights": sum(m.size for m in matrices.values()),
        "file_bytes": len(data),
        "payload_bytes": sum(byte_count for byte_count, _ in stored.values()),
        "zstd_bytes": len(zstandard.ZstdCompressor(level=19).compress(data)),
        "relative_rms_error": total_error({n: (restored, matrices[n]) for n, (_, restored) in stored.items()}),
        "tensors": [{"name": name, "bytes": byte_count,
                     "relative_rms_error": quantizers.relative_rms_error(restored, matrices[name])}
                    for name, (byte_count, restored) in stored.items()],
    }


def total_error(pairs):
    """The error of all matrices as if they were one."""
    import numpy as np
    error = sum(np.square(restored - matrix, dtype=np.float64).sum() for restored, matrix in pairs.values())
    return float((error / sum(np.square(m, dtype=np.float64).sum() for _, m in pairs.values())) ** 0.5)


def measured(model, rival, weights, folder):
    """`measure`, or what it said last time."""
    stem = os.path.join(folder, f"{model}.{rival}")
    if not os.path.exists(stem + ".json"):
        print(f"{model}: {rival}", file=sys.stderr)
        facts = measure(rival, load_file(weights), f"{stem}.{quantizers.extension(rival)}")
        with open(stem + ".json.part", "w") as file:
            json.dump(facts, file, indent=1)
        os.replace(stem + ".json.part", stem + ".json")
    with open(stem + ".json") as file:
        return json.load(file)


# --- Sedge ----------------------------------------------------------------------------------------------

def estimate(sedge, weights, errors):
    """What `sedge estimate` says of tensors that may have these errors."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(errors, file)
        file.flush()
        done = subprocess.run([sedge, "estimate", weights, "--errors", file.name, "--json"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"sedge estimate {weights}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def larger_errors(ours, errors):
    """The tensors that are missing or have a larger error than allowed."""
    found = {t["name"]: t["relative_rms_error"] for t in ours["tensors"]}
    return [name for name, error in errors.items() if name not in found or not found[name] <= error * ERROR_SLACK]


def compare(sedge, weights, facts, share):
    """Adds Sedge's part to what is known of a rival."""
    errors = {t["name"]: t["relative_rms_error"] for t in facts["tensors"]}
    ours = estimate(sedge, weights, errors)
    ratio = ours["file_bytes"] / facts["file_bytes"]
    larger = larger_errors(ours, errors)
    return facts | {"sedge": ours, "ratio": ratio, "zstd_ratio": ours["file_bytes"] / facts["zstd_bytes"],
                    "asked": share, "larger_errors": larger, "met": not larger and (share is None or ratio <= share)}


# --- the table ------------------------------------------------------------------------------------------

def row(result):
    cells = [result["model"], result["rival"], f"{result['relative_rms_error']:.5f}",
             f"{8 * result['file_bytes'] / result['weights']:.3f}", f"{result['file_bytes']:,}", f"{result['zstd_bytes']:,}"]
    if "sedge" in result:
        asked = result["asked"]
        verdict = "LARGER ERROR" if result["larger_errors"] else "" if asked is None else "yes" if result["met"] else "NO"
        cells += [f"{result['sedge']['file_bytes']:,}", f"{result['ratio']:.3f}", f"{result['zstd_ratio']:.3f}",
                  "" if asked is None else f"{asked:.2f}", verdict]
    return cells


def print_table(results):
    rows = [row(result) for result in results]
    head = HEAD[:len(rows[0])]
    print("| " + " | ".join(head) + " |")
    print("|" + "|".join(["---"] * 2 + ["--:"] * (len(head) - 2)) + "|")
    for cells in rows:
        print("| " + " | ".join(cells) + " |")


def names(text):
    return text.split(",")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("weights", metavar="WEIGHTS_DIR")
    a.add_argument("--sedge", help="the program; without it the rivals alone")
    a.add_argument("--models", type=names, help="separated by commas (default: every file of WEIGHTS_DIR)")
    a.add_argument("--rivals", type=names, default=list(SHARES),
                   help=f"{', '.join(SHARES)}, or another type that gguf can quantize to: "
                        f"{', '.join(t for t in quantizers.gguf_types() if t not in SHARES)}")
    a.add_argument("--json", help="write all that was found to this file")
    args = a.parse_args()
    files = {os.path.basename(p).removesuffix(".safetensors"): p
             for p in sorted(glob.glob(os.path.join(args.weights, "*.safetensors")))}
    folder = os.path.join(args.weights, "rivals")
    os.makedirs(folder, exist_ok=True)
    for unknown in set(args.models or []) - set(files) | set(args.rivals) - {quantizers.ORT, *quantizers.gguf_types()}:
        a.error(f"no such model or rival: {unknown}")
    if not files:
        a.error(f"no weights in {args.weights}")
    results = []
    for model in args.models or files:
        for rival in args.rivals:
            facts = {"model": model, "rival": rival} | measured(model, rival, files[model], folder)
            results.append(compare(args.sedge, files[model], facts, SHARES.get(rival)) if args.sedge else facts)
    print_table(results)
    if args.json:
        with open(args.json, "w") as file:
            json.dump(results, file, indent=1)
    sys.exit(not all(result.get("met", True) for result in results))


if __name__ == "__main__":
    main()
