"""The structs of the package against the layout that C programs are compiled with."""

import ctypes
import re
from pathlib import Path

import pytest

from sedge import _library

LAYOUT = Path(__file__).resolve().parents[2] / "Tests" / "Interface" / "layout.c"


def structs():
    """The size and the members' places of each struct of layout.c."""
    found = {}
    for kind, name, member, number in re.findall(r"^(SIZE|OFFSET)\((\w+), (?:(\w+), )?(\d+)\);", LAYOUT.read_text(), re.M):
        found.setdefault(name, {})[member if kind == "OFFSET" else None] = int(number)
    return found


@pytest.mark.parametrize("name", structs())
def test_layout_is_that_of_c(name):
    own = getattr(_library, "".join(part.capitalize() for part in name.split("_")[1:]))
    expected = structs()[name]
    assert ctypes.sizeof(own) == expected.pop(None)
    assert {field[0]: getattr(own, field[0]).offset for field in own._fields_} == expected
