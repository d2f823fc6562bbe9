#!/usr/bin/env python3
"""Lets every call of sedge to the system fail once, and ends it by signals, to see that nothing is lost.

Each command that writes is run once to count its calls (Tests/Faults/faults.c, preloaded), and then once for every call and
every fault. What must hold after each run:

- an old output is as it was, or the new one is there, whole: the bytes that a run without faults gives;
- exit code 0 means that all outputs are new; a fault that cannot be borne gives 2 and a line that says so;
- no file is left behind, except by SIGKILL and where memory fails; what is left then, the next run removes;
- inputs are as they were, and the next run works.

  Scripts/inject-faults.py [--quick] [--only COMMAND] [--calls open,read] [--sedge PATH] [--report FILE] [--seed N]
"""
import argparse, collections, concurrent.futures, json, os, random, shutil, signal, struct, subprocess, sys, tempfile, threading

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
CALLS = ["open", "read", "pread", "write", "pwrite", "close", "fsync", "rename", "fstat", "mmap", "malloc", "clock"]
FAULTS = {
    "open": ["EMFILE", "EACCES", "EINTR"],
    "read": ["EIO", "EINTR", "zero", "short"],
    "pread": ["EIO", "EINTR", "zero", "short"],
    "write": ["ENOSPC", "EIO", "EINTR", "short", "zero"],
    "pwrite": ["ENOSPC", "EIO", "EFBIG", "EINTR", "short", "zero"],
    "close": ["EIO", "EINTR"],
    "fsync": ["EIO", "ENOSPC", "EINTR"],
    "rename": ["EIO", "EACCES"],
    "fstat": ["EIO"],
    "mmap": ["ENOMEM"],
    "malloc": ["ENOMEM"],
    "clock": ["forward", "back"],
}
SIGNALS = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGPIPE"]
SIGNAL_POINTS = ["open", "pread", "write", "pwrite", "fsync", "rename", "close"]
PARTIAL = ".sedge-partial"

# What the shapes of the two models do not tell.
TINY = ["--text-heads", "3", "--resolution", "64", "--allow-no-class-names"]
SHAPES = ["--text-heads", "4", "--resolution", "256", "--templates"]


# The key of RFC 8032, 7.1, test 1: no secret.
PRIVATE_KEY = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""


class Command:
    """One command line, the files that it reads and those that it writes."""

    def __init__(self, name, arguments, inputs, outputs, most=None):
        self.name, self.arguments, self.inputs, self.outputs = name, arguments, inputs, outputs
        # Calls of each kind that fail, at most, where one run takes seconds.
        self.most = most


def commands():
    """The commands that write."""
    classes = ["--classes", "sky; sand"]
    data = ["--images", "in/data/images", "--labels", "in/data/labels", "--classes", "in/names.json"]
    shapes = [*SHAPES, "in/templates.json"]
    return [
        Command("convert-safetensors", ["convert", "in/mlp.safetensors", "-o", "out/m.sedge", "--quantize", "int8", "--force", *TINY],
                ["mlp.safetensors"], ["out/m.sedge"]),
        Command("convert-hdf5", ["convert", "in/mlp.h5", "-o", "out/m.sedge", "--force", *TINY], ["mlp.h5"], ["out/m.sedge"]),
        Command("convert-batch", ["convert", "--batch", "in/batch.json", "--force"], ["batch.json", "mlp.h5", "mlp.safetensors"],
                ["out/a.sedge", "out/b.sedge"]),
        Command("sign", ["sign", "in/tiny.sedge", "--key", "in/private.pem", "-o", "out/m.sig", "--force"],
                ["tiny.sedge", "private.pem"], ["out/m.sig"]),
        Command("export", ["export", "in/tiny.sedge", "-o", "out/m.safetensors", "--force"], ["tiny.sedge"], ["out/m.safetensors"]),
        Command("segment", ["segment", "in/m.sedge", "in/sky.png", *classes, "-o", "out/s.png", "--labels", "out/l.png",
                            "--heat-output", "out/h-{label}.png", "--no-text-cache"], ["m.sedge", "sky.png"],
                ["out/s.png", "out/l.png", "out/h-0.png", "out/h-1.png"]),
        Command("segment-cache", ["segment", "in/m.sedge", "in/sky.png", *classes, "--labels", "out/l.png"],
                ["m.sedge", "sky.png"], ["out/l.png", "in/m.sedge.text.safetensors"]),
        Command("segment-dump", ["segment", "in/m.sedge", "in/sky.png", *classes, "--dump", "out/t.safetensors"],
                ["m.sedge", "sky.png"], ["out/t.safetensors"]),
        Command("evaluate", ["evaluate", "in/m.sedge", *data, "-o", "out/r.json", "--table", "classes=out/t.csv",
                             "--save-reference", "out/ref.labels", "--no-text-cache", "--force"],
                ["m.sedge", "data", "names.json"], ["out/r.json", "out/r.rows.jsonl", "out/t.csv", "out/ref.labels"]),
        Command("report", ["report", "in/r.json", "--html", "out/r.html", "--force"], ["r.json"], ["out/r.html"]),
        Command("inspect-page", ["inspect", "in/m.sedge", "--html", "out/i.html", "--force"], ["m.sedge"], ["out/i.html"]),
        Command("merge", ["merge", "in/r.rows.jsonl", "-o", "out/r.json", "--force"], ["r.rows.jsonl"], ["out/r.json"]),
        Command("verify-suggest", ["verify", "in/int4.sedge", "--against", "in/shapes.h5", "--images", "in/data/images", *classes,
                                   "--exact-costs", "0", "--suggest", "out/plan.json", "--force"],
                ["int4.sedge", "shapes.h5", "data"], ["out/plan.json"], most=12),
        Command("sweep", ["sweep", "in/shapes.h5", "--images", "in/data/images", *classes, "--forms", "int8", "--plot", "out/p.svg",
                          "--keep", "out", *shapes], ["shapes.h5", "data", "templates.json"], ["out/p.svg", "out/int8.sedge"], most=12),
    ]


class Campaign:
    def __init__(self, options):
        self.options = options
        self.work = tempfile.mkdtemp(prefix="sedge-faults-")
        self.library = os.path.join(self.work, "faults.so")
        subprocess.run([os.environ.get("CC", "cc"), "-O1", "-shared", "-fPIC", "-o", self.library,
                        os.path.join(ROOT, "Tests/Faults/faults.c"), "-ldl"], check=True)
        self.tried = collections.Counter()
        self.missed = collections.Counter()
        self.losses = []
        self.lock = threading.Lock()

    # What sedge reads.

    def prepare(self):
        """Inputs made once, with sedge itself."""
        self.pool = os.path.join(self.work, "pool")
        os.makedirs(os.path.join(self.pool, "data/images"))
        os.makedirs(os.path.join(self.pool, "data/labels"))
        copy = lambda source, name: shutil.copy(os.path.join(ROOT, "Fixtures", source), os.path.join(self.pool, name))
        copy("tiny/mlp.h5", "mlp.h5")
        copy("shapes/sed_shapes.h5", "shapes.h5")
        copy("shapes/templates.json", "templates.json")
        copy("pictures/sky.png", "sky.png")
        for name in ["sky", "sand"]:
            copy(f"pictures/{name}.png", f"data/images/{name}.png")
        run = lambda *arguments: subprocess.run([self.options.sedge, *arguments], cwd=self.pool, check=True, capture_output=True, text=True)
        run("convert", "mlp.h5", "-o", "tiny.sedge", *TINY)
        run("convert", "shapes.h5", "-o", "m.sedge", "--quantize", "int8", *SHAPES, "templates.json")
        run("convert", "shapes.h5", "-o", "int4.sedge", "--quantize", "int4", *SHAPES, "templates.json")
        run("export", "tiny.sedge", "-o", "mlp.safetensors")
        tiny = {"options": TINY, "conversions": [{"sources": [f"mlp.{ending}"], "output": f"../out/{name}.sedge"}
                                                 for name, ending in [("a", "h5"), ("b", "safetensors")]]}
        with open(os.path.join(self.pool, "batch.json"), "w") as file:
            json.dump(tiny, file)
        key = os.open(os.path.join(self.pool, "private.pem"), os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(key, PRIVATE_KEY)
        os.close(key)
        with open(os.path.join(self.pool, "names.json"), "w") as file:
            json.dump(["sky", "sand"], file)
        for name in ["sky", "sand"]:
            run("segment", "m.sedge", f"data/images/{name}.png", "--classes", "names.json", "--labels", f"data/labels/{name}.png", "--no-text-cache")
        run("evaluate", "m.sedge", "--images", "data/images", "--labels", "data/labels", "--classes", "names.json", "-o", "r.json", "--no-text-cache")

    # One run.

    def folder(self, command, old=True):
        """A folder with the inputs of a command and old outputs."""
        place = tempfile.mkdtemp(prefix=command.name + "-", dir=self.work)
        os.makedirs(os.path.join(place, "in"))
        os.makedirs(os.path.join(place, "out"))
        os.makedirs(os.path.join(place, "tmp"))
        for name in command.inputs:
            source = os.path.join(self.pool, name)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, os.path.join(place, "in", name))
        if old:
            for path in command.outputs:
                with open(os.path.join(place, path), "wb") as file:
                    file.write(b"old " + path.encode())
        return place

    def run(self, command, place, fault=None, limit=120):
        counters = os.path.join(place, "counters")
        with open(counters, "wb") as file:
            file.write(bytes(4096))
        environment = dict(os.environ, LD_PRELOAD=self.library, SEDGE_FAULT_COUNTERS=counters, TMPDIR=os.path.join(place, "tmp"),
                           SEDGE_FAULT_DONE=os.path.join(place, "done"))
        if fault:
            environment["SEDGE_FAULT"] = fault
        result = subprocess.run([self.options.sedge, *command.arguments], cwd=place, env=environment, capture_output=True, timeout=limit)
        with open(counters, "rb") as file:
            numbers = struct.unpack(f"<{len(CALLS)}Q", file.read(8 * len(CALLS)))
        isDone = os.path.exists(os.path.join(place, "done"))
        if isDone:
            os.remove(os.path.join(place, "done"))
        os.remove(counters)
        return result, dict(zip(CALLS, numbers)), isDone

    @staticmethod
    def contents(place):
        found = {}
        for folder, _, names in os.walk(place):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, place)] = file.read()
        return found

    # Judgement.

    def steady(self, command, path, content):
        """An output without what differs between sound runs: times."""
        if path.endswith(".jsonl"):
            lines = []
            for line in content.split(b"\n"):
                try:
                    row = json.loads(line)
                except ValueError:
                    lines.append(line)
                    continue
                lines.append(json.dumps(self.timeless(row), sort_keys=True).encode())
            return b"\n".join(lines)
        return content

    def timeless(self, value):
        if isinstance(value, dict):
            return {key: self.timeless(item) for key, item in value.items() if key not in ("microseconds", "milliseconds", "check", "checksum", "times", "xxh3", "hash")}
        if isinstance(value, list):
            return [self.timeless(item) for item in value]
        return value

    def judge(self, command, fault, result, before, after, new):
        """What is wrong after a run with a fault."""
        faults = []
        kind, _, effect = fault.split(":")
        code = result.returncode
        error = result.stderr.decode(errors="replace")
        signals = {f"{name}": -getattr(signal, name) for name in SIGNALS}
        if effect in signals:
            if code not in (signals[effect], 0, 2):
                faults.append(f"exit code {code}, expected the signal {effect}")
        elif code < 0 or code > 128:
            if kind not in ("malloc", "mmap"):
                faults.append(f"ended by signal, code {code}")
        elif code not in (0, 2, 3):
            faults.append(f"exit code {code}")
        elif code != 0 and not error.strip():
            faults.append("no error text")
        growing = ".jsonl", ".labels"
        for path in command.outputs:
            old, now = before.get(path), after.get(path)
            isNew = now is not None and self.steady(command, path, now) == self.steady(command, path, new[path])
            # Rows and saved labels grow, and are continued with --resume; a cache may be missing.
            isOptional = path.endswith(".text.safetensors")
            if code == 0 and not isNew and not isOptional and effect not in signals:
                faults.append(f"exit 0, but {path} is not what a sound run writes")
            # Exit code 3 says that a picture could not be used, so that a result of the others is complete.
            if not isNew and now != old and not path.endswith(growing) and not (code == 3 and self.isComplete(path, now)):
                faults.append(f"{path} is neither old nor new ({'gone' if now is None else len(now)})")
        left = [path for path in after if path not in before and path not in command.outputs]
        mayLeave = effect == "SIGKILL" or kind in ("malloc", "mmap")
        if left and not (mayLeave and all(path.endswith(PARTIAL) or path.startswith("tmp/") for path in left)):
            faults.append("left behind: " + ", ".join(left))
        changed = [path for path in before if path.startswith("in/") and path not in command.outputs and after.get(path) != before[path]]
        if changed:
            faults.append("inputs changed: " + ", ".join(changed))
        return faults, left

    @staticmethod
    def isComplete(path, content):
        """Whether a result that differs from that of a sound run is whole."""
        if content is None:
            return False
        if path.endswith(".json"):
            try:
                return "models" in json.loads(content)
            except ValueError:
                return False
        return content.endswith(b"\n")

    def attempt(self, command, fault, new):
        kind, number, effect = fault.split(":")
        place = self.folder(command)
        try:
            before = self.contents(place)
            try:
                result, _, isDone = self.run(command, place, fault)
            except subprocess.TimeoutExpired:
                self.lose(command, fault, ["did not end"], kind, effect, b"")
                return
            after = self.contents(place)
            faults, left = self.judge(command, fault, result, before, after, new)
            # The next run works, and removes what is left.
            if left or (effect == "SIGKILL" and random.random() < 0.2):
                again, _, _ = self.run(command, place)
                later = self.contents(place)
                if again.returncode != 0:
                    faults.append(f"the next run ends with {again.returncode}: {again.stderr.decode(errors='replace')[-200:]}")
                still = [path for path in left if path in later and path.startswith(("out/", "in/"))]
                if still:
                    faults.append("the next run leaves " + ", ".join(still))
            with self.lock:
                self.tried[(kind, effect)] += 1
                if not isDone:
                    self.missed[(kind, effect)] += 1
            if faults:
                self.lose(command, fault, faults, kind, effect, result.stderr)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def lose(self, command, fault, faults, kind, effect, error):
        with self.lock:
            self.losses.append((kind, effect))
            print(f"LOST {command.name} {fault}: {'; '.join(faults)} [{error.decode(errors='replace').strip()[-160:]}]", flush=True)

    def cases(self, command, numbers):
        """The faults of a command: every call with one effect, in turn, and some calls with all of them."""
        chosen = self.options.calls.split(",") if self.options.calls else CALLS
        quick = self.options.quick
        for kind in chosen:
            moments = list(range(1, numbers[kind] + 1))
            if kind in ("malloc", "mmap") or quick:
                limit = (3 if command.most else 6) if quick else self.options.memory
                moments = sorted(random.sample(moments, min(limit, len(moments))))
            if command.most and not quick:
                moments = sorted(random.sample(moments, min(command.most, len(moments))))
            thorough = set(random.sample(moments, min((1 if command.most else 3) if quick else command.most and 2 or self.options.thorough, len(moments))))
            for number in moments:
                effects = FAULTS[kind] if number in thorough else [FAULTS[kind][number % len(FAULTS[kind])]]
                for effect in effects:
                    yield f"{kind}:{number}:{effect}"
        for kind in SIGNAL_POINTS:
            if kind not in chosen:
                continue
            moments = list(range(1, numbers[kind] + 1))
            for number in sorted(random.sample(moments, min(2 if quick else self.options.signals, len(moments)))):
                for effect in random.sample(SIGNALS, 2) if quick else SIGNALS:
                    yield f"{kind}:{number}:{effect}"

    def campaign(self):
        self.prepare()
        for command in commands():
            if self.options.only and self.options.only not in command.name:
                continue
            place = self.folder(command)
            result, numbers, _ = self.run(command, place)
            if result.returncode != 0:
                sys.exit(f"{command.name}: a run without faults ends with {result.returncode}: {result.stderr.decode()}")
            contents = self.contents(place)
            missing = [path for path in command.outputs if path not in contents or contents[path].startswith(b"old ")]
            if missing:
                sys.exit(f"{command.name}: a run without faults does not write {missing}")
            new = {path: contents[path] for path in command.outputs}
            shutil.rmtree(place)
            cases = list(self.cases(command, numbers))
            print(f"{command.name}: {len(cases)} faults ({', '.join(f'{kind} {count}' for kind, count in numbers.items())})", flush=True)
            with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as executor:
                for future in [executor.submit(self.attempt, command, fault, new) for fault in cases]:
                    future.result()
            self.moments(command, new)
            self.places(command, new)
        self.together()

    def moments(self, command, new):
        """SIGKILL at moments of the clock, which need not be calls."""
        for _ in range(2 if self.options.quick else self.options.kills):
            place = self.folder(command)
            before = self.contents(place)
            process = subprocess.Popen([self.options.sedge, *command.arguments], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=dict(os.environ, TMPDIR=os.path.join(place, "tmp")))
            try:
                process.wait(random.uniform(0, 0.4))
            except subprocess.TimeoutExpired:
                process.kill()
            process.wait()
            after = self.contents(place)
            result = subprocess.CompletedProcess([], process.returncode, b"", b"-")
            faults, left = self.judge(command, "clock:0:SIGKILL", result, before, after, new)
            again, _, _ = self.run(command, place)
            later = self.contents(place)
            if again.returncode != 0:
                faults.append(f"the next run ends with {again.returncode}: {again.stderr.decode()[-200:]}")
            still = [path for path in left if path in later and not path.startswith("tmp/")]
            if still:
                faults.append("the next run leaves " + ", ".join(still))
            self.tried[("moment", "SIGKILL")] += 1
            if faults:
                self.lose(command, "clock:0:SIGKILL", faults, "moment", "SIGKILL", b"")
            shutil.rmtree(place, ignore_errors=True)

    def places(self, command, new):
        """A file system that is full or cannot be written; it exists for one run only (unshare, mount)."""
        needed = sum(len(content) for path, content in new.items() if path.startswith("out/"))
        shares = [0.3] if self.options.quick else [0.05, 0.2, 0.4, 0.6, 0.8, 0.95]
        cases = [(f"{share:.0%} of the room", f"size={max(int(needed * share), 4096 * (len(command.outputs) + 1))}") for share in shares] + [("read-only", "ro")]
        for name, option in cases:
            place = self.folder(command, old=False)
            for folder in ["old", "back"]:
                os.makedirs(os.path.join(place, folder))
            mount = "mount -t tmpfs -o size=1g none out" if option == "ro" else f"mount -t tmpfs -o {option} none out"
            line = (f"{mount} && for f in $OLD; do echo old > $f; done" + (" && mount -o remount,ro out" if option == "ro" else "")
                    + '; "$@" > stdout 2> stderr; code=$?; cp -a out/. back/; exit $code')
            outputs = [path for path in command.outputs if path.startswith("out/")]
            if subprocess.run(["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True).returncode != 0:
                print("file systems cannot be mounted here: not tried", flush=True)
                return
            result = subprocess.run(["unshare", "-rm", "sh", "-c", line, "sh", self.options.sedge, *command.arguments], cwd=place,
                                    env=dict(os.environ, OLD=" ".join(outputs), TMPDIR=os.path.join(place, "tmp")))
            back = self.contents(os.path.join(place, "back"))
            with open(os.path.join(place, "stderr")) as file:
                error = file.read()
            faults = []
            if result.returncode not in (0, 2, 3):
                faults.append(f"exit code {result.returncode}")
            if result.returncode in (2, 3) and not error.strip():
                faults.append("no error text")
            for path in outputs:
                now = back.pop(path[len("out/"):], None)
                isNew = now is not None and self.steady(command, path, now) == self.steady(command, path, new[path])
                isGrowing = path.endswith((".jsonl", ".labels"))
                if not isNew and now != b"old\n" and not isGrowing or result.returncode == 0 and not isNew:
                    faults.append(f"{path} is neither old nor new")
            if back:
                faults.append("left behind: " + ", ".join(back))
            self.tried[("place", name)] += 1
            if faults:
                self.lose(command, f"place:0:{name}", faults, "place", name, error.encode())
            shutil.rmtree(place, ignore_errors=True)

    def together(self):
        """Eight processes that share a text cache, and eight that write one output."""
        for command in commands():
            if command.name not in ("segment-cache", "convert-safetensors") or self.options.only and self.options.only not in command.name:
                continue
            for _ in range(2 if self.options.quick else 10):
                place = self.folder(command, old=False)
                before = set(self.contents(place))
                processes = [subprocess.Popen([self.options.sedge, *command.arguments], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                             for _ in range(8)]
                errors = [process.communicate()[1].decode() for process in processes]
                codes = [process.returncode for process in processes]
                faults = []
                if not set(codes) <= {0, 2} or 0 not in codes:
                    faults.append(f"exit codes {codes}")
                if any(code == 2 and "another process is writing it" not in error for code, error in zip(codes, errors)):
                    faults.append("refused in other words")
                after = self.contents(place)
                left = set(after) - before - set(command.outputs)
                if left:
                    faults.append("left behind: " + ", ".join(left))
                result, _, _ = self.run(command, place)
                if result.returncode != 0:
                    faults.append(f"the next run ends with {result.returncode}")
                self.tried[("together", "8 processes")] += 1
                if faults:
                    self.lose(command, "together:0:8 processes", faults, "together", "8 processes", b"")
                shutil.rmtree(place, ignore_errors=True)

    def report(self):
        lost = collections.Counter(self.losses)
        rows = []
        kinds = collections.OrderedDict()
        for (kind, effect), count in sorted(self.tried.items()):
            row = kinds.setdefault(kind, {"kind": kind, "tried": 0, "lost": 0, "effects": []})
            row["tried"] += count
            row["lost"] += lost[(kind, effect)]
            row["effects"].append(effect)
        for row in kinds.values():
            effects = row.pop("effects")
            rows.append(dict(row, note=", ".join(effects)))
            print(f"{row['kind']:8} {row['tried']:6} tried  {row['lost']:4} lost  {', '.join(effects)}")
        missed = sum(self.missed.values())
        print(f"in all   {sum(self.tried.values()):6} tried  {len(self.losses):4} lost; in {missed} the call did not come to pass")
        if self.options.report:
            with open(self.options.report, "w") as file:
                json.dump({"campaign": "faults", "rows": rows}, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sedge", default=os.path.join(ROOT, ".build/release/sedge"))
    parser.add_argument("--quick", action="store_true", help="some calls of each kind, for every change")
    parser.add_argument("--only", help="commands whose name contains this")
    parser.add_argument("--calls", help="kinds of calls, separated by commas")
    parser.add_argument("--memory", type=int, default=150, help="allocations that fail, for each command")
    parser.add_argument("--thorough", type=int, default=20, help="calls of each kind that fail in every way; the others fail in one")
    parser.add_argument("--signals", type=int, default=6, help="calls of each kind at which signals come")
    parser.add_argument("--kills", type=int, default=30, help="SIGKILLs at moments of the clock, for each command")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report")
    options = parser.parse_args()
    options.sedge = os.path.realpath(options.sedge)
    random.seed(options.seed)
    campaign = Campaign(options)
    try:
        campaign.campaign()
        campaign.report()
    finally:
        shutil.rmtree(campaign.work, ignore_errors=True)
    sys.exit(1 if campaign.losses else 0)


main()
