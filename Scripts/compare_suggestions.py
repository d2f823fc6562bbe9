"""How many fewer labels change with the plans of `sedge verify --suggest`, and how many with `auto` at the same size?

    python Scripts/compare_suggestions.py [--sedge .build/release/sedge] [--work FOLDER] [--pictures 24] [--tests 100]

Converts the trained model of Fixtures/shapes to int4 and int3, plain and calibrated, lets verify suggest a plan for each on some drawn
pictures, converts with the plans, the second calibrated on the same pictures, and with `auto` at the same size. All are run on other
pictures (numbers below 100; those of plans and calibration are 100 and up, without the classes that training left out). Prints for
each file its bytes, the share of labels that differ from the source's, how much smaller that share is than the plain file's, and what
verify expected.
Needs numpy and Pillow for drawing.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SHAPES = os.path.join(ROOT, "Fixtures", "shapes")
SOURCE = os.path.join(SHAPES, "sed_shapes.h5")
CLASSES = os.path.join(SHAPES, "classes.json")
MODEL = ["--text-heads", "4", "--heads", "4", "--pooling", "1", "--norm-eps", "1e-6", "--resolution", "256", "--templates",
         os.path.join(SHAPES, "templates.json")]


def run(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(arguments)}\n{done.stderr}")
    return done.stdout


def draw(folder, count, calibration):
    """Pictures below 100 to test with, and a folder of those from 100 on without classes that training left out."""
    drawing = os.path.join(ROOT, "Fixtures", "make_pictures.py")
    tests, learned = os.path.join(folder, "tests"), os.path.join(folder, "learned")
    if not os.path.isdir(tests):
        run(sys.executable, drawing, tests, "--count", str(count))
        run(sys.executable, drawing, learned, "--count", str(100 + calibration), "--seen-only")
        for name in os.listdir(learned):
            if int(name[4:7]) < 100:
                os.remove(os.path.join(learned, name))
    return tests, learned


def expected(plan):
    """The labels by verify: measured, or expected where the file is calibrated, which verify does not repeat."""
    return f"{100 * plan['measured']['labels']:.3f} %" if plan["is_exact"] else f"about {100 * plan['expected']['labels']:.3f} %"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sedge", default=os.path.join(ROOT, ".build/release/sedge"))
    parser.add_argument("--work", help="a folder that is kept, with what it has already")
    parser.add_argument("--pictures", type=int, default=24, help="pictures of the plan and of the calibration")
    parser.add_argument("--tests", type=int, default=100, help="pictures that labels are compared on, at most 100")
    parser.add_argument("--forms", default="int4,int3")
    args = parser.parse_args()
    work = args.work or tempfile.mkdtemp()
    os.makedirs(work, exist_ok=True)
    tests, learned = draw(work, args.tests, args.pictures)
    for form in args.forms.split(","):
        path = lambda name: os.path.join(work, f"{form}-{name}")
        convert = lambda name, *options: run(
            args.sedge, "convert", SOURCE, "-o", path(f"{name}.sedge"), "--force", *MODEL, *options)
        calibrate = ["--calibrate", learned, "--calibrate-classes", CLASSES]
        plans = {}

        def suggest(name, plan):
            report = json.loads(run(
                args.sedge, "verify", path(f"{name}.sedge"), "--against", SOURCE, "--images", learned, "--classes", CLASSES,
                "--no-layers", "--exact-costs", "0", "--suggest", path(f"{plan}.json"), "--suggest-size", str(size), "--force",
                "--json"))
            plans[plan] = report["reports"][0]["costs"]["plan"]

        convert("plain", "--quantize", form)
        size = os.path.getsize(path("plain.sedge"))
        suggest("plain", "plan")
        convert("plan", "--quantize", form, "--plan", path("plan.json"))
        convert("calibrated", "--quantize", form, *calibrate)
        suggest("calibrated", "plan+cal")
        convert("plan+cal", "--quantize", form, "--plan", path("plan+cal.json"), *calibrate)
        convert("auto", "--quantize", "auto", "--max-size", str(size), *calibrate)
        names = ["plain", "plan", "calibrated", "plan+cal", "auto"]
        beside = [option for name in names for option in ("--beside", f"{name}={path(name + '.sedge')}")]
        swept = json.loads(run(
            args.sedge, "sweep", SOURCE, "--images", tests, "--classes", CLASSES, "--forms", "f16", *MODEL, *beside, "--json"))
        found = {entry["name"]: entry for entry in swept["forms"]}
        plain = found["plain"]["label_change"]
        print(f"{form:18}{'bytes':>10}{'labels changed':>16}{'fewer than plain':>18}{'scores':>9}  expected by verify")
        for name in names:
            entry, planned = found[name], plans.get(name)
            change = entry["label_change"]
            print(f"{name:18}{entry['file_bytes']:>10,}{100 * change:>14.3f} %{100 * (plain - change):>16.3f} %"
                  f"{entry['score_rms']:>9.4f}"
                  + (f"  {expected(planned)}, {planned['file_bytes']:,} bytes" if planned else ""))
        print(flush=True)
    if not args.work:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
