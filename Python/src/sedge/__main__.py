"""The command `sedge`: that of the wheel, or the first on PATH."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def program() -> str:
    """The path of the command.

    Raises FileNotFoundError where there is none.
    """
    inside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "sedge")
    if os.path.exists(inside):
        return inside
    # This very script is on PATH, too, under the same name.
    own = os.path.realpath(sys.argv[0])
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, "sedge")
        if os.path.isabs(folder) and os.access(path, os.X_OK) and os.path.realpath(path) != own and not _is_script(path):
            return path
    raise FileNotFoundError("there is no program sedge in this package or on PATH: install the wheel, or sedge itself")


def _is_script(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def main() -> NoReturn:
    try:
        path = program()
    except FileNotFoundError as error:
        print(f"sedge: {error}", file=sys.stderr)
        sys.exit(127)
    os.execv(path, ["sedge", *sys.argv[1:]])


if __name__ == "__main__":
    main()
