#!/usr/bin/env python3
"""Runs sedge on purpose-made files of many names and the like; measures processor time and memory.

    Scripts/check_linear_time.py .build/release/sedge [--bytes 10000000] [--only TEXT] [--report FILE]

Each file is made twice, with half the bytes and with all. A file is lost where it takes more than 5 s of one processor or 256 MB, where
twice the bytes take more than three times the time (times below half a second say nothing), or where sedge ends by a signal or with
exit code 70. Ends with 1 if any is lost. Needs Python alone.
"""

import argparse
import io
import json
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECONDS, MEGABYTES = 5, 256


# Formats


def safetensors(names, count, metadata=None):
    header = {"__metadata__": metadata} if metadata else {}
    header |= {name: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for name in filled(names, count, 60)}
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text


def filled(items, count, each=0):
    """The first items that take so many bytes, with `each` more for each."""
    for item in items:
        count -= len(item) + each
        if count < 0:
            return
        yield item


def zipped(pickle, records=()):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/data/0", b"\0" * 4)
        for name in records:
            archive.writestr(name, b"")
    return file.getvalue()


def state_dict(names, count):
    start = (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x00(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000"
             b"X\x03\x00\x00\x00cpuK\x01tq\x01}(")
    entries = (text(name) + b"h\x00(h\x01QK\x00K\x01\x85K\x01\x85\x89}tR" for name in names)
    return start + b"".join(filled(entries, count)) + b"u."


def text(name):
    return b"X" + struct.pack("<I", len(name.encode())) + name.encode()


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def onnx(items, number, count):
    graph = b"".join(filled((field(number, item) for item in items), count))
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))


def png(chunks):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 32 * 97))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*c) for c in chunks) + pixels + chunk(b"IEND", b"")


# Files by name: a function of the bytes that they may take.

def numbers(form):
    return (form(i) for i in range(10 ** 8))


def block(i):
    return f"visual.trunk.stages.{i % 4}.blocks.{i // 4}.mlp.fc1.weight"


MARKS = "a" + "\u0301\u0323" * 30_000
CHECKPOINTS = {
    "short names.safetensors": lambda n: safetensors(numbers(lambda i: f"{i:x}"), n),
    "blocks.safetensors": lambda n: safetensors(numbers(block), n),
    "roots.safetensors": lambda n: safetensors(numbers(lambda i: f"trunk{i}.stages.0.blocks.0.norm.weight"), n),
    "prefixes.safetensors": lambda n: safetensors(
        numbers(lambda i: f"p{i}.sem_seg_head.predictor.clip_model.visual.trunk.stem.0.weight"), n),
    "wrappers.safetensors": lambda n: safetensors(numbers(lambda i: "module." * (i % 9) + f"a{i}._orig_mod.w"), n),
    "adapters.safetensors": lambda n: safetensors(numbers(lambda i: f"a{i}.lora_A.weight"), n),
    "long names.safetensors": lambda n: safetensors(numbers(lambda i: "x" * 60_000 + str(i)), n),
    "deep names.safetensors": lambda n: safetensors(numbers(lambda i: "text." * 3000 + str(i)), n),
    "marks.safetensors": lambda n: safetensors(numbers(lambda i: MARKS + str(i)), n),
    "metadata.safetensors": lambda n: safetensors(["a"], n, {f"image_{i}_size": "224" for i in range(n // 27)}),
    "index.safetensors.index.json": lambda n: json.dumps(
        {"weight_map": {f"w{i}": f"m{i}.safetensors" for i in range(n // 33)}}).encode(),
    "one shard.safetensors.index.json": lambda n: json.dumps({"weight_map": {f"w{i}": "m.safetensors" for i in range(n // 28)}}).encode(),
    "names.pth": lambda n: zipped(state_dict(numbers(lambda i: f"{i:x}"), min(n, 2_000_000))),
    "blocks.pth": lambda n: zipped(state_dict(numbers(block), min(n, 5_000_000))),
    "empty dictionaries.pth": lambda n: zipped(b"\x80\x02](" + b"}" * min(n, 1_000_000) + b"e."),
    "memo.pth": lambda n: zipped(b"\x80\x02]" + b"".join(b"r" + struct.pack("<I", i) for i in range(min(n // 5, 1_000_000))) + b"."),
    "texts.pth": lambda n: zipped(b"\x80\x02](" + b"".join(text(f"{i:04x}") for i in range(min(n // 9, 500_000))) + b"e."),
    "records.pth": lambda n: zipped(b"\x80\x02}.", (f"archive/data/{i}" for i in range(min(n // 111, 99_000)))),
    "initializers.onnx": lambda n: onnx(numbers(lambda i: field(1, 0) + field(2, 1) + field(8, b"%x" % i)), 5, n),
    "values.onnx": lambda n: onnx(numbers(lambda i: field(1, 1) + field(2, 1) + field(8, b"w%d" % i) + field(9, b"\0" * 4)), 5, n),
    "chain.onnx": lambda n: onnx(numbers(lambda i: field(1, b"a%d" % i) + field(2, b"a%d" % (i + 1)) + field(4, b"Identity")), 1, n),
    "products.onnx": lambda n: onnx(numbers(
        lambda i: field(1, b"x") + field(1, b"w%d" % i) + field(2, b"a%d" % i) + field(3, b"/m%d/MatMul" % i) + field(4, b"MatMul")), 1, n),
    "constants.onnx": lambda n: onnx(numbers(
        lambda i: field(2, b"c%d" % i) + field(4, b"Constant")
        + field(5, field(1, b"value") + field(5, field(1, 1) + field(2, 1) + field(9, b"\0" * 4)) + field(20, 4))), 1, n),
    "empty nodes.onnx": lambda n: onnx(numbers(lambda i: b""), 1, n),
}
LISTS = {
    "names.txt": lambda n: b"\n".join(b"c%d" % i for i in range(n // 8)),
    "one letter.txt": lambda n: b"a\n" * (n // 2),
    "one name.txt": lambda n: b"a" * n,
    "marks.txt": lambda n: ("a" + "\u0301\u0323" * (n // 4)).encode(),
    "accents.txt": lambda n: "\n".join("a\u0301" * 8 + str(i) for i in range(n // 30)).encode(),
    "synonyms.txt": lambda n: b", ".join([b"a"] * (n // 3)),
    "blanks.txt": lambda n: b" " * n,
    "lines.txt": lambda n: b"\n" * n,
    "semicolons.txt": lambda n: b";" * n,
    "equals.txt": lambda n: b"= " * (n // 2),
    "numbered.txt": lambda n: b"\n".join(b"%d: c%d" % (i, i) for i in range(n // 15)),
    "quoted.txt": lambda n: b"\n".join(b"'c%d'," % i for i in range(n // 11)),
    "names.json": lambda n: json.dumps([f"c{i}" for i in range(n // 11)]).encode(),
    "empty names.json": lambda n: b"[" + b",".join([b'""'] * (n // 3)) + b"]",
    "nested.json": lambda n: b"[" * n,
}
PLANS = {
    "plan.json": lambda n: json.dumps({"tensors": [{"name": f"w{i}", "form": "f16"} for i in range(n // 37)]}).encode(),
    "nested plan.json": lambda n: b'{"tensors":' + b"[" * n,
}
PICTURES = {
    "segments.jpg": lambda n: b"\xff\xd8" + b"\xff\xe1\x00\x09Exif\0\0x" * (n // 11) + b"\xff\xd9",
    "texts.png": lambda n: png([(b"tEXt", b"Raw profile type exif\0x")] * (n // 35)),
    "compressed texts.png": lambda n: png(
        [(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\n" * (1 << 20), 9))] * (n // 1074)),
    "packet.png": lambda n: png([(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"tiff:Orientation" * (n // 16))]),
}
DATA = {"rows.jsonl": lambda n: b'{"format":"sedge evaluation rows"}\n' * (n // 35),
        "set.json": lambda n: json.dumps({"classes": [f"c{i}" for i in range(n // 11)]}).encode(),
        "result.json": lambda n: b'{"format":"sedge evaluation","version":1,"pictures":[' + b",".join([b"{}"] * (n // 3)) + b"]}"}

CHECKPOINT = str(ROOT / "Fixtures/shapes/sed_shapes.h5")
CONVERT = ["convert", CHECKPOINT, "-o", "{out}", "--force", "--text-heads", "4", "--resolution", "256"]
COMMANDS = [
    (CHECKPOINTS, "checkpoints", ["inspect", "{file}"]),
    (LISTS, "class lists", CONVERT + ["--classes", "{file}"]),
    (PLANS, "plans", CONVERT + ["--allow-no-class-names", "--quantize", "int8", "--plan", "{file}"]),
    (PICTURES, "pictures", ["segment", "{model}", "{file}", "--classes", "sky"]),
    (DATA, "evaluations", ["merge", "{file}", "-o", "{out}.json"]),
    (DATA, "evaluations", ["gate", "{file}", "--baseline", "{file}", "--allow", "miou=-1%"]),
]


def run(command):
    """Exit code, seconds of processor time and megabytes of one run."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sedge")
    parser.add_argument("--bytes", type=int, default=10_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--report")
    arguments = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        places = {"{out}": f"{folder}/out.sedge", "{model}": f"{folder}/model.sedge"}
        subprocess.run([arguments.sedge, "convert", CHECKPOINT, "-o", places["{model}"], "--text-heads", "4", "--resolution", "256",
                        "--templates", str(ROOT / "Fixtures/shapes/templates.json"), "--allow-no-class-names"],
                       check=True, capture_output=True)
        for files, kind, command in COMMANDS:
            for name, make in files.items():
                if arguments.only not in name:
                    continue
                path = f"{folder}/{name}"
                measured = []
                for count in (arguments.bytes // 2, arguments.bytes):
                    pathlib.Path(path).write_bytes(make(count))
                    measured.append(run([arguments.sedge] + [{**places, "{file}": path}.get(word, word) for word in command]))
                os.unlink(path)
                (_, half, _), (_, seconds, _) = measured
                codes = [code for code, _, _ in measured]
                megabytes = max(size for _, _, size in measured)
                is_lost = (max(half, seconds) > SECONDS or megabytes > MEGABYTES or any(code not in (0, 2) for code in codes)
                           or seconds > 0.5 and seconds > 3 * half)
                print(f"{'LOST ' if is_lost else ''}{command[0]} {name}: {half:.2f} s, {seconds:.2f} s, {megabytes:.0f} MB, exit {codes[0]}, {codes[1]}")
                sys.stdout.flush()
                tried, lost = rows.get(kind, (0, 0))
                rows[kind] = (tried + 2, lost + is_lost)
    if arguments.report:
        report = [{"kind": kind, "tried": tried, "lost": lost, "note": f"{arguments.bytes} bytes and half of them, {SECONDS} s, {MEGABYTES} MB"}
                  for kind, (tried, lost) in rows.items()]
        pathlib.Path(arguments.report).write_text(json.dumps({"campaign": "linear time", "rows": report}, indent=1) + "\n")
    return 1 if any(lost for _, lost in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
