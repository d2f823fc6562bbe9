"""Folders and special files in the place of files."""
import os
import socket


def fifo(path):
    if not os.path.lexists(path):
        os.mkfifo(path, 0o600)


def link(target, path):
    if os.path.lexists(path):
        os.remove(path)
    os.symlink(target, path)


def listening(path):
    """A socket file; nobody listens at it afterwards."""
    if os.path.lexists(path):
        os.remove(path)
    here = os.getcwd()
    os.chdir(os.path.dirname(path))  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.basename(path))
    os.chdir(here)


KINDS = {"checkpoint": "pth", "model": "sedge", "golden": "safetensors", "picture": "png", "classes": "txt", "templates": "json",
         "vocabulary": "txt", "plan": "json", "set": "json", "rows": "jsonl", "result": "json", "list": "txt"}


def make(corpus):
    # What safetensors and ONNX files of other modules refer to.
    for folder, name in [("indices", "safetensors"), ("onnx", "bin")]:
        fifo(corpus.path(f"{folder}/pipe.{name}"))
        link("../outside.safetensors", corpus.path(f"{folder}/link-outside.{name}"))
        link(f"link-loop.{name}", corpus.path(f"{folder}/link-loop.{name}"))
    link("..", corpus.path("onnx/link-folder"))
    os.makedirs(corpus.path("onnx/folder.bin"), exist_ok=True)
    for kind, ending in KINDS.items():
        base = f"places/{kind}"
        fifo(corpus.path(f"{base}-pipe.{ending}"))
        listening(corpus.path(f"{base}-socket.{ending}"))
        link("/dev/zero", corpus.path(f"{base}-device-zero.{ending}"))
        link("/dev/null", corpus.path(f"{base}-device-null.{ending}"))
        link("/dev/tty", corpus.path(f"{base}-device-terminal.{ending}"))
        link(f"{kind}-link-loop.{ending}", corpus.path(f"{base}-link-loop.{ending}"))
        link("missing", corpus.path(f"{base}-link-to-nothing.{ending}"))
        os.makedirs(corpus.path(f"{base}-folder.{ending}/x"), exist_ok=True)
        for what in ["pipe", "socket", "device-zero", "device-null", "device-terminal", "link-loop", "link-to-nothing"]:
            corpus.expect(f"{base}-{what}.{ending}", kind, "refused")
        if kind != "picture":
            corpus.expect(f"{base}-folder.{ending}", kind, "refused")
    link("/proc/self/mem", corpus.path("places/memory.pth"))
    corpus.expect("places/memory.pth", "checkpoint", "refused")
    link("/proc/self/fd/0", corpus.path("places/standard-input.pth"))
    corpus.expect("places/standard-input.pth", "checkpoint", "refused")
    # A folder as a checkpoint: its only file counts, and none that leads out of it for no reason.
    os.makedirs(corpus.path("places/empty-folder"), exist_ok=True)
    corpus.expect("places/empty-folder", "checkpoint", "refused")
    link(".", corpus.path("places/folder-of-itself/again"))
    corpus.expect("places/folder-of-itself", "checkpoint", "refused")
    fifo(corpus.path("places/folder-of-pipe/model.pth"))
    corpus.expect("places/folder-of-pipe", "checkpoint", "refused")
    link("/dev/zero", corpus.path("places/folder-of-device/model.safetensors"))
    corpus.expect("places/folder-of-device", "checkpoint", "refused")
    folder = corpus.path("places/folder-of-10000-files/0.txt").rsplit("/", 1)[0]
    for i in range(10_000):
        with open(f"{folder}/{i}.txt", "w"):
            pass
    corpus.expect("places/folder-of-10000-files", "checkpoint", "refused")
