#!/usr/bin/env python3
"""Gives each hostile file of Fixtures/make_attacks.py to every command that reads such a file, and checks what happens.

    python3 Fixtures/make_attacks.py && python3 Scripts/run-attacks.py
        [--sedge .build/release/sedge] [--sanitized] [--one] [--every N] [--only GLOB] [--jobs N] [--report FILE] [--attacks .build/attacks]

Each run must end with the exit code that Fixtures/attacks/expected.tsv calls for, never by a signal, within 5 s of processor time and
256 MB of memory of the largest of its processes; an error must be one line that names the file; neither stream may have a control
character; no file may be left, changed or made but the named outputs. --sanitized is for a build with AddressSanitizer: no limit of
memory, six times the time, and any report is a loss. --report writes one JSON object for docs/security.md. The exit code is 1 where
something was lost.

Needs Python's standard library alone.
"""
import argparse
import collections
import concurrent.futures
import csv
import dataclasses
import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
SECONDS, MEGABYTES = 5, 256
WALL_SECONDS = 300  # of a process that waits; a busy machine does not get here
SANITIZER_CODE = 99
MARKER = "/tmp/sedge-was-here"  # what the attacks would make if anything were executed

# {file}: the hostile file. {folder}: its folder. {models}: sound models. {fixtures}: Fixtures. {out}: an empty folder for outputs.
EVALUATED = "--images {models}/images --labels {models}/truth --classes {fixtures}/shapes/classes.json --no-text-cache"
TINY = "--text-heads 2 --resolution 64 --allow-no-class-names"
PICTURE = "{fixtures}/pictures/sky.png"
SHAPES = "{fixtures}/shapes/sed_shapes.h5 --text-heads 4 --resolution 256"

# The command lines of each kind of file: the command, and its exit code where the file is sound.
CHECKPOINT = [
    ("inspect {file} --json", 2), ("inspect {file} --values", 2), ("convert {file} -o {out}/a.sedge", 2), ("estimate {file} --bits 4", 0),
]
MODEL = [
    ("inspect {file} --json", 0), ("inspect {file} --values", 0), ("verify {file} --golden {fixtures}/clip/mlp.golden.safetensors", 0),
    ("export {file} -o {out}/a.safetensors", 0),
]
KINDS = {
    "checkpoint": CHECKPOINT + [
        ("diff {file} {models}/clip.sedge", 2), ("diff {models}/clip.sedge {file}", 2), ("verify {models}/clip.sedge --against {file}", 2),
        ("sweep {file} --forms int8 --images {models}/images", 2), ("evaluate {file} " + EVALUATED, 2), (f"segment {{file}} {PICTURE}", 2),
    ],
    "checkpoint-brief": CHECKPOINT,
    "clip": [
        ("inspect {file} --json", 0), ("inspect {file} --values", 0), (f"convert {{file}} -o {{out}}/a.sedge {TINY}", 0), ("estimate {file} --bits 4", 0),
        (f"convert {{file}} -o {{out}}/a.sedge --quantize int4 {TINY}", 0), ("diff {file} {fixtures}/clip/linear.safetensors", 0),
    ],
    "model": MODEL + [
        ("verify {file} --against {fixtures}/clip/mlp.safetensors", 2), ("diff {file} {models}/clip.sedge", 0), ("diff {models}/clip.sedge {file}", 0),
        (f"segment {{file}} {PICTURE} --no-text-cache", 2), (f"classify {{file}} {PICTURE} --classes sky --no-text-cache", 2), ("evaluate {file} " + EVALUATED, 2),
        ("bench {file} --repeats 1", 0), ("estimate {file} --bits 4", 2), ("convert {file} -o {out}/a.sedge", 2),
    ],
    "model-brief": MODEL,
    "report": MODEL[:2],
    "golden": [("verify {models}/clip.sedge --golden {file}", 0)],
    "picture": [
        (f"segment {{models}}/shapes.sedge {{file}} --classes sky;tree --no-text-cache -o {{out}}/a.png --labels {{out}}/b.png", 0),
        (f"segment {{models}}/shapes.sedge {{file}} {PICTURE} --classes sky;tree --no-text-cache --labels {{out}}/{{index}}.png", 0),
    ],
    "picture-brief": [(f"segment {{models}}/shapes.sedge {{file}} --classes sky;tree --no-text-cache --labels {{out}}/b.png", 0)],
    "labels": [
        ("evaluate {models}/shapes.sedge --images {folder}/../images --labels {folder} --classes {fixtures}/shapes/classes.json --no-text-cache -o {out}/a.json", 0),
        (f"sweep {SHAPES} --forms int8 --images {{folder}}/../images --labels {{folder}} --classes {{fixtures}}/shapes/classes.json "
         "--templates {fixtures}/shapes/templates.json --strict", 0),
    ],
    "classes": [
        (f"segment {{models}}/shapes.sedge {PICTURE} --classes {{file}} --no-text-cache", 0),
        ("evaluate {models}/shapes.sedge --images {models}/images --labels {models}/zeros --classes {file} --no-text-cache", 0),
    ],
    "distinct": [(f"segment {{models}}/shapes.sedge {PICTURE} --classes {{file}} --no-text-cache", 0)],
    "templates": [(f"convert {SHAPES} -o {{out}}/a.sedge --templates {{file}}", 0)],
    "vocabulary": [(f"convert {SHAPES} -o {{out}}/a.sedge --vocabulary {{file}}", 0)],
    "plan": [(f"convert {{fixtures}}/clip/linear.safetensors -o {{out}}/a.sedge {TINY} --quantize int8 --plan {{file}}", 0)],
    "signature": [("verify {models}/clip.sedge --key {fixtures}/attacks/public.pem --signature {file}", 4)],
    "key": [("verify {models}/clip.sedge --key {file} --signature {fixtures}/attacks/public.pem", 2)],
    "conversions": [("convert --batch {file}", 3)],
    "errors": [("estimate {fixtures}/clip/linear.safetensors --errors {file}", 0)],
    "set": [("evaluate {models}/shapes.sedge --data {file} --no-text-cache", 0)],
    "rows": [("merge {file} -o {out}/a.json", 0)],
    "reference": [("evaluate {models}/shapes.sedge --reference {file} " + EVALUATED, 0)],
    "result": [
        ("gate {file} --baseline {fixtures}/attacks/result.json --allow miou=-1%", 0), ("gate {fixtures}/attacks/result.json --baseline {file} --allow miou=-1%", 0),
    ],
    "cache": [(f"segment {{folder}}/shapes.sedge {PICTURE} --classes sky;tree", 0)],
    "config": [("inspect {folder}/model.safetensors", 0), (f"convert {{folder}}/model.safetensors -o {{out}}/a.sedge --allow-no-class-names", 0)],
    "list": [("segment {models}/shapes.sedge --list {file} --classes sky;tree --no-text-cache --labels {out}/{index}.png", 0)],
}
# Commands that read every payload of a file.
READERS = ("inspect {file} --values", "convert", "verify", "export", "sweep", "evaluate", "diff")


@dataclasses.dataclass
class Attack:
    """A row of the list."""
    file: str
    kind: str
    outcome: str
    lists: str
    words: str

    def codes(self, template, sound):
        """The exit codes that a command may end with."""
        reads = template.startswith(READERS)
        return {
            "refused": {3} if self.kind == "picture" and "{index}" in template else {2},
            "listed": {0, 2} if template.startswith("estimate") else {2},
            "payload": {1, 2} if template.startswith(("verify", "diff")) else {2} if reads else {0, 2},
            "read": {sound}, "noted": {0}, "ignored": {0}, "skipped": {3}, "either": {0, 1, 2, 3},
        }[self.outcome]


@dataclasses.dataclass
class Result:
    """What a run left behind."""
    code: int
    output: str
    errors: str
    seconds: float
    megabytes: float
    left: list
    control: str


class Campaign:
    def __init__(self, args):
        self.args = args
        self.scratch = tempfile.mkdtemp(prefix="attacks-")
        self.models = os.path.join(self.scratch, "models")
        self.seconds = SECONDS * (6 if args.sanitized else 1)
        self.lock = threading.Lock()
        self.heaviest = collections.Counter()

    # --- Runs --------------------------------------------------------------------------------------------------------

    def prepare(self):
        """Sound models for the commands that need one, made by the program itself."""
        fixtures = os.path.join(ROOT, "Fixtures")
        for name in ["images", "truth", "zeros"]:
            os.makedirs(os.path.join(self.models, name))
        shutil.copy(os.path.join(fixtures, "pictures", "sky.png"), os.path.join(self.models, "images"))
        shutil.copy(os.path.join(fixtures, "pictures", "sky.labels.png"), os.path.join(self.models, "truth", "sky.png"))
        shutil.copy(os.path.join(fixtures, "attacks", "zeros.png"), os.path.join(self.models, "zeros", "sky.png"))
        shutil.copy(os.path.join(fixtures, "attacks", "clip.sedge"), self.models)
        shapes = os.path.join(self.models, "shapes.sedge")
        done = subprocess.run(
            [self.args.sedge, "convert", *SHAPES.format(fixtures=fixtures).split(), "-o", shapes, "--quantize", "f16", "--top-k", "2", "--templates",
             os.path.join(fixtures, "shapes", "templates.json")], capture_output=True, text=True, env=self.environment(self.scratch))
        if done.returncode != 0:
            sys.exit(f"the sound model was not converted: {done.stderr}")
        for folder in self.attacked("cache"):
            if not os.path.exists(os.path.join(folder, "shapes.sedge")):
                shutil.copy(shapes, folder)

    def attacked(self, kind):
        return [os.path.dirname(os.path.join(self.args.attacks, attack.file)) for attack in self.args.list if attack.kind == kind]

    def environment(self, scratch):
        environment = {**os.environ, "TMPDIR": scratch, "NO_COLOR": "1", "COLUMNS": "10000"}
        if self.args.sanitized:
            environment["ASAN_OPTIONS"] = f"detect_leaks=0:exitcode={SANITIZER_CODE}:allocator_may_return_null=1:handle_segv=1"
        return environment

    def run(self, attack, template):
        scratch = tempfile.mkdtemp(dir=self.scratch)
        out, temporary = os.path.join(scratch, "out"), os.path.join(scratch, "tmp")
        os.makedirs(out)
        os.makedirs(temporary)
        path = os.path.join(self.args.attacks, attack.file)
        places = {"file": path, "folder": os.path.dirname(path), "models": self.models, "fixtures": os.path.join(ROOT, "Fixtures"), "out": out}
        command = [re.sub(r"\{(\w+)\}", lambda found: places.get(found[1], found[0]), word) for word in template.split(" ")]
        streams = [os.path.join(scratch, name) for name in ("output", "errors")]
        with open(streams[0], "wb") as output, open(streams[1], "wb") as errors:
            # The shell sets the limit and becomes the program.
            process = subprocess.Popen(
                ["/bin/sh", "-c", f'ulimit -c 0; ulimit -t {self.seconds + 3}; exec "$@"', "sh", self.args.sedge, *command], stdin=subprocess.DEVNULL,
                stdout=output, stderr=errors, cwd=out, env=self.environment(temporary), start_new_session=True)
        guard = threading.Timer(WALL_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        guard.start()
        _, status, usage = os.wait4(process.pid, 0)
        guard.cancel()
        process.returncode = code = os.waitstatus_to_exitcode(status)
        written = os.listdir(out)
        left = [f"$TMPDIR/{name}" for name in os.listdir(temporary)] + (written if code not in (0, 1, 3) else [n for n in written if not re.fullmatch(r"\w+\.\w+", n)])
        output, errors = (self.text(stream) for stream in streams)
        result = Result(code, output, errors, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, left, self.control(*streams))
        shutil.rmtree(scratch)
        return result

    @staticmethod
    def text(path):
        """A stream, without the middle of a long one."""
        with open(path, "rb") as file:
            data = file.read(1 << 20)
            if os.path.getsize(path) > 2 << 20:
                file.seek(-(1 << 20), os.SEEK_END)
            return (data + file.read()).decode("utf-8", "replace")

    @staticmethod
    def control(*paths):
        """The first character of a stream that a terminal would obey; read in pieces, so that this process stays small."""
        for path in paths:
            with open(path, "rb") as file:
                rest = b""
                while piece := file.read(1 << 20):
                    whole = rest + piece
                    found = re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]", whole)
                    if found:
                        return f"{os.path.basename(path)} has {found[0]!r}"
                    rest = whole[-3:]
        return ""

    # --- Judgement ---------------------------------------------------------------------------------------------------

    def losses(self, attack, template, sound, result, megabytes=MEGABYTES):
        """What a run has lost, in words."""
        codes = attack.codes(template, sound)
        if result.code < 0:
            name = signal.Signals(-result.code).name
            if result.seconds <= self.seconds:
                yield f"ended by {name}"
        elif result.code in (132, 133, 134, 136, 139):
            yield f"ended by a signal: exit code {result.code}"
        elif result.code not in codes:
            yield f"exit code {result.code}, expected {' or '.join(map(str, sorted(codes)))}: {first_line(result.errors) or first_line(result.output)}"
        if result.seconds > self.seconds:
            yield f"{result.seconds:.1f} s of processor time, and the file was given to no further command"
        if self.args.sanitized:
            if result.code == SANITIZER_CODE or "AddressSanitizer" in result.errors or "runtime error:" in result.errors:
                yield "AddressSanitizer: " + next((line for line in result.errors.splitlines() if "Sanitizer" in line), "")
        elif result.megabytes > megabytes:
            yield f"{result.megabytes:.0f} MB of memory"
        if result.control:
            yield f"a control character: {result.control}"
        for name in result.left:
            yield f"left {name}"
        yield from self.faults_of_error(attack, template, result)
        if attack.outcome == "listed" and template == "inspect {file} --json" and result.seconds <= self.seconds:
            for name in attack.lists.split():
                if f'"name" : {json.dumps(name).replace("/", "/")}' not in result.output and len(result.output) < 1 << 20:
                    yield f"does not list {name}"
        if attack.outcome == "noted" and os.path.basename(attack.file) not in result.output + result.errors:
            yield "no note of the file"
        if attack.words and result.code == 2 and not any(word in result.errors + result.output for word in attack.words.split("|")):
            yield f"the error has not the words {attack.words}: {first_line(result.errors)}"

    def faults_of_error(self, attack, template, result):
        """An error is one line, with indented ones for its parts, and names the file."""
        if result.code != 2:
            return
        heads = [line for line in result.errors.splitlines() if line.startswith("sedge: ")]
        if not heads and template.startswith("inspect") and "does not fit" in result.output or '"fits" : false' in result.output:
            return
        if not heads:
            yield f"no error: {first_line(result.errors)}"
        elif len(heads) > 1 and "{index}" not in template:
            yield f"{len(heads)} errors"
        for line in result.errors.splitlines():
            if line and not line.startswith(("sedge: ", "note: ", "assumed: ", "warning: ", "nothing else is wrong", "  ")):
                yield f"a line that is no error or note: {line[:100]}"
                break
        name = os.path.basename(attack.file)
        # What is wrong may be a file that this one refers to.
        others = os.path.dirname(os.path.join(self.args.attacks, attack.file)) + "/"
        named = [name, others, *filter(None, attack.words.split("|"))]
        if heads and not any(part in heads[0] for part in named) and attack.outcome in ("refused", "listed", "payload"):
            yield f"the error does not name the file: {heads[0][:200]}"

    def judged(self, attack):
        """Runs all commands of a file; one that takes too long ends them, for the others would as well."""
        runs = []
        commands = KINDS[attack.kind]
        place = self.args.list.index(attack)
        if self.args.one:
            commands = [commands[place % len(commands)]]
        elif self.args.every > 1:
            commands = [command for number, command in enumerate(commands) if (number + place) % min(self.args.every, len(commands)) == 0]
        for template, sound in commands:
            result = self.run(attack, template)
            with self.lock:
                self.heaviest["seconds"] = max(self.heaviest["seconds"], result.seconds)
                self.heaviest["megabytes"] = max(self.heaviest["megabytes"], result.megabytes)
            runs.append((template, list(self.losses(attack, template, sound, result))))
            if result.seconds > self.seconds:
                break
        return attack, runs

    def snapshot(self):
        """Every file of the corpus, with what changes where it is written; caches of text features may be."""
        found = {}
        for folder, folders, names in os.walk(self.args.attacks):
            for name in names + folders:
                path = os.path.join(folder, name)
                facts = os.lstat(path)
                if "/cache/" not in path:
                    found[path] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ino) if not os.path.isdir(path) else facts.st_mode
        return found

    def all(self):
        self.prepare()
        before = self.snapshot()
        if os.path.exists(MARKER):
            sys.exit(f"{MARKER} exists: remove it first")
        lost, counts, broken = [], collections.Counter(), collections.Counter()
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            for attack, runs in pool.map(self.judged, self.args.list):
                counts[attack.kind] += len(runs)
                for template, losses in runs:
                    broken[attack.kind] += bool(losses)
                    for loss in losses:
                        lost.append(f"{attack.file}: {template}: {loss}")
                        print(f"LOST {lost[-1]}", flush=True)
        after = self.snapshot()
        for path in sorted(before.keys() | after.keys()):
            if before.get(path) != after.get(path):
                lost.append(f"{path}: {'changed' if path in before and path in after else 'made' if path in after else 'removed'}")
                broken["folders"] += 1
        if os.path.exists(MARKER):
            lost.append(f"{MARKER}: something was executed")
        shutil.rmtree(self.scratch)
        return lost, counts, broken


def first_line(text):
    return text.strip().splitlines()[0][:160] if text.strip() else ""


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--sedge", default=os.path.join(ROOT, ".build", "release", "sedge"))
    a.add_argument("--attacks", default=os.path.join(ROOT, ".build", "attacks"))
    a.add_argument("--sanitized", action="store_true", help="the program was built with AddressSanitizer")
    a.add_argument("--one", action="store_true", help="one command for each file, in turn")
    a.add_argument("--every", type=int, default=1, metavar="N", help="every Nth command of each file, in turn, at least one")
    a.add_argument("--only", default="*", metavar="GLOB", help="the files to run, such as 'torch/*'")
    a.add_argument("--jobs", type=int, default=os.cpu_count())
    a.add_argument("--report", metavar="FILE")
    args = a.parse_args()
    args.sedge, args.attacks = os.path.realpath(args.sedge), os.path.realpath(args.attacks)
    with open(os.path.join(ROOT, "Fixtures", "attacks", "expected.tsv")) as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    args.list = [Attack(**row) for row in rows if fnmatch.fnmatch(row["file"], args.only)]
    campaign = Campaign(args)
    lost, counts, broken = campaign.all()
    files = collections.Counter(attack.kind for attack in args.list)
    for kind in sorted(files):
        print(f"{kind:18} {files[kind]:5} files {counts[kind]:6} runs {broken[kind]:5} lost")
    print(f"{len(args.list)} files in {sum(counts.values())} runs, {len(lost)} losses; "
          f"at most {campaign.heaviest['seconds']:.1f} s and {campaign.heaviest['megabytes']:.0f} MB")
    if args.report:
        report = [{"kind": kind, "tried": counts[kind], "lost": broken[kind], "note": f"{files[kind]} files"} for kind in sorted(files)]
        with open(args.report, "w") as file:
            json.dump({"campaign": "attacks", "rows": report}, file, indent=1)
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
