"""How calls fail."""

from __future__ import annotations

import enum
from typing import Any, Dict, Optional


class Status(enum.IntEnum):
    """How a call ended; the numbers up to 70 are the exit codes of the command ``sedge``."""

    OK = 0
    OUT_OF_TOLERANCE = 1
    UNUSABLE_INPUT = 2
    PARTLY_FAILED = 3
    WRONG_SIGNATURE = 4
    WRONG_ARGUMENT = 64
    BUG = 70
    OUT_OF_MEMORY = 71
    STOPPED = 130


class SedgeError(Exception):
    """A call that failed: its text names the file, the tensor, what was expected and found, and what to do.

    ``status`` is its kind; ``report`` what the command prints with ``--json``, where a command failed.
    """

    def __init__(self, status: int, text: str, report: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(text)
        self.status = Status(status)
        self.report = report

    def __reduce__(self) -> Any:
        return type(self), (int(self.status), str(self), self.report)
