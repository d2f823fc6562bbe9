#!/usr/bin/env python3
"""Compares the speed of two states of Sedge by interleaved runs: the ratio of their times, with an interval, for each stage.

    python3 regress.py BEFORE AFTER [--pairs 12] [--model FILE.sedge] [--classes 150] [--compute f32 int8] [--kernels avx2 ...]

BEFORE and AFTER are commits, which are built once in .work/regress, or paths to an executable `sedge`. Each pair runs both, in
turn first one and then the other first. Times are seconds of the processor, summed over threads; --wall compares elapsed
seconds. The interval has the median of all such pairs with a probability of at least 95 %. Exit code 1 where AFTER is slower:
where a whole interval lies above 1 + --tolerance."""
import argparse
import json
import math
import os
import subprocess
import sys

from run import Failure, processor, run

HERE = os.path.dirname(os.path.abspath(__file__))
TOTAL = "image to labels"


# --- executables --------------------------------------------------------------------------------------

def git(*arguments):
    return subprocess.run(["git", "-C", HERE, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def executable(state, work):
    """The executable of a state: a path, or a commit that is built where it was not yet."""
    if os.path.sep in state or os.path.isfile(state):
        if not os.access(state, os.X_OK):
            sys.exit(f"{state}: no executable file")
        return os.path.abspath(state)
    try:
        commit = git("rev-parse", "--verify", "--quiet", state + "^{commit}")
    except subprocess.CalledProcessError:
        sys.exit(f"{state}: neither a commit nor the path of an executable")
    folder = os.path.join(work, "regress", commit)
    built = os.path.join(folder, ".build", "release", "sedge")
    if not os.path.exists(built):
        print(f"building {state} in {folder}", file=sys.stderr)
        if not os.path.isdir(folder):
            git("worktree", "add", "--detach", folder, commit)
        subprocess.run(["swift", "build", "-c", "release", "--product", "sedge", "--package-path", folder], check=True, stdout=sys.stderr)
    return built


# --- runs ---------------------------------------------------------------------------------------------

def measure(sedge, args, compute, kernels):
    """Seconds of each stage in one timed run, and of the whole."""
    command = [sedge, "bench", args.model, "--threads", str(args.threads), "--repeats", "1", "--json", "--compute", compute]
    command += ["--input", args.input] if args.input else ["--class-count", str(args.classes)]
    report = json.loads(run(command, **({"SEDGE_KERNELS": kernels} if kernels else {}))[0])
    key = "seconds" if args.wall else "cpu_seconds"
    return {stage["name"]: stage[key] for stage in report["stages"]} | {TOTAL: report[key][0]}


def pairs(before, after, args, compute, kernels):
    """For each stage, the times of both states in each pair."""
    result = {}
    for number in range(args.pairs):
        order = [before, after] if number % 2 == 0 else [after, before]
        times = {sedge: measure(sedge, args, compute, kernels) for sedge in order}
        for stage, seconds in times[before].items():
            if stage in times[after]:
                result.setdefault(stage, []).append((seconds, times[after][stage]))
        total = result[TOTAL][-1]
        print(f"pair {number + 1} of {args.pairs}: {total[0]:.3f} s, {total[1]:.3f} s", file=sys.stderr, flush=True)
    return result


# --- statistics ---------------------------------------------------------------------------------------

def interval(values):
    """The median of values, and the narrowest interval between two of them, alike from both ends, that has the median of what they
    are drawn from with a probability of at least 95 %: each value is below it with probability 1/2, so the number below is
    binomial. Infinite where there are fewer than six values."""
    ordered, n = sorted(values), len(values)
    median = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    low, outside = -1, 0.0
    for k in range(n // 2):
        # The interval from the k-th value misses the median with twice the probability of at most k values below.
        outside += 2 * math.comb(n, k) / 2**n
        if outside > 0.05:
            break
        low = k
    if low < 0:
        return median, -math.inf, math.inf
    return median, ordered[low], ordered[n - 1 - low]


def rows(times):
    """For each stage: the least times, the ratio and its interval."""
    result = []
    for name, both in times.items():
        ratios = [b / a for a, b in both if a > 0]
        if not ratios:
            continue
        ratio, low, high = interval(ratios)
        result.append({"stage": name, "before_seconds": min(a for a, _ in both), "after_seconds": min(b for _, b in both),
                       "ratio": ratio, "low": low, "high": high})
    return result


# --- the command --------------------------------------------------------------------------------------

def verdict(row, tolerance):
    if row["low"] > 1 + tolerance:
        return "slower"
    return "faster" if row["high"] < 1 - tolerance else ""


def table(rows, tolerance):
    width = max(len(row["stage"]) for row in rows)
    lines = [f"{'stage':{width}}   before    after  ratio  95 % interval"]
    for row in rows:
        lines.append(f"{row['stage']:{width}}  {row['before_seconds']:7.3f}  {row['after_seconds']:7.3f}  {row['ratio']:5.3f}  "
                     f"{row['low']:.3f}...{row['high']:.3f}  {verdict(row, tolerance)}".rstrip())
    return "\n".join(lines)


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("before", help="a commit, or the path of an executable")
    a.add_argument("after", help="the same")
    a.add_argument("--model", default=os.path.join(HERE, ".work", "sed_base.sedge"), help="run.py makes the default")
    a.add_argument("--classes", type=int, default=150)
    a.add_argument("--input", help="picture and text features, instead of --classes")
    a.add_argument("--pairs", type=int, default=12, help="6 at least")
    a.add_argument("--compute", nargs="+", default=["f32", "int8"])
    a.add_argument("--kernels", nargs="+", default=[None], help="sets of kernels; the best by default")
    a.add_argument("--threads", type=int, default=os.cpu_count())
    a.add_argument("--wall", action="store_true", help="elapsed seconds, for a quiet machine")
    a.add_argument("--tolerance", type=float, default=0.02)
    a.add_argument("--json", action="store_true")
    args = a.parse_args()
    if args.pairs < 6:
        a.error("fewer than 6 pairs have no interval of 95 %")
    if not os.path.exists(args.model):
        a.error(f"{args.model} is missing; run.py --only sedge makes it, or name another by --model")
    return args


def main():
    args = arguments()
    before, after = (executable(state, os.path.join(HERE, ".work")) for state in (args.before, args.after))
    if before == after:
        sys.exit("both states are the same executable")
    results = []
    for compute in args.compute:
        for kernels in args.kernels:
            try:
                times = pairs(before, after, args, compute, kernels)
            except Failure as failure:
                sys.exit(f"{compute}{f', {kernels}' if kernels else ''}: {failure}")
            results.append({"compute": compute, "kernels": kernels, "rows": rows(times)})
    slower = [row for result in results for row in result["rows"] if row["stage"] == TOTAL and verdict(row, args.tolerance) == "slower"]
    if args.json:
        print(json.dumps({"before": args.before, "after": args.after, "pairs": args.pairs, "threads": args.threads, "processor": processor(),
                          "seconds": "wall" if args.wall else "processor", "results": results}, indent=2))
    else:
        for result in results:
            print(f"\n{result['compute']}{', ' + result['kernels'] if result['kernels'] else ''}\n\n{table(result['rows'], args.tolerance)}")
        print(f"\n{'Elapsed' if args.wall else 'Processor'} seconds, the least of {args.pairs} runs each, interleaved; {args.threads} threads of "
              f"{processor()}.\nThe ratio is the median of {args.pairs} pairs; below 1 is faster.")
    sys.exit(1 if slower else 0)


if __name__ == "__main__":
    main()
