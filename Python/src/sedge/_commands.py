"""Commands: what docs/command-line.md says holds here too.

An option is a keyword without its dashes, ``_`` for ``-``: ``text_heads=4`` for ``--text-heads 4``. A list repeats it.
"""

from __future__ import annotations

import ctypes
import json
import os
import tempfile
from typing import Any, Callable, Dict, Optional, Union

from ._errors import SedgeError, Status
from ._library import ProgressCall, library, text

Path = Union[str, "os.PathLike[str]"]


class Report(Dict[str, Any]):
    """What a command prints with ``--json`` (Schemas/report.schema.json); Jupyter shows it as a page."""

    def html(self) -> str:
        """The report as one page that loads nothing (docs/reports.md)."""
        with tempfile.TemporaryDirectory() as folder:
            source, page = os.path.join(folder, "report.json"), os.path.join(folder, "report.html")
            with open(source, "w", encoding="utf-8") as file:
                json.dump(self, file)
            run("report", source, html=page)
            with open(page, encoding="utf-8") as file:
                return file.read()

    def _repr_html_(self) -> Optional[str]:
        import html

        try:
            page = self.html()
        except SedgeError:  # Not every report has a page.
            return None
        return f'<iframe style="width:100%;height:640px;border:0" srcdoc="{html.escape(page)}"></iframe>'


def run(
    command: str, *arguments: Path, progress: Optional[Callable[[str, Optional[float]], Any]] = None, **options: Any
) -> Report:
    """Runs a command of ``sedge`` and returns its report, also where its verdict is out of tolerance or some pictures failed.

    ``progress`` is called with each step and how much of it is done, ``None`` where that is not known; ``False`` or an exception
    stops the work.
    """
    given = {key: _plain(value) for key, value in options.items() if value is not None}
    given["arguments"] = [os.fspath(argument) for argument in arguments]
    result = ctypes.c_void_p()
    call = ProgressCall(progress)
    status = library.sedge_run(command.encode(), json.dumps(given).encode(), call.pointer, result)
    error = text(library.sedge_error_text()) if status else ""
    try:
        output = text(ctypes.cast(result, ctypes.c_char_p).value)
    finally:
        library.sedge_text_free(result)
    call.reraise()
    report = Report(json.loads(output)) if output else Report()
    if status not in (Status.OK, Status.OUT_OF_TOLERANCE, Status.PARTLY_FAILED):
        raise SedgeError(status, error, report or None)
    return report


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(element) for element in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def inspect(path: Path, **options: Any) -> Report:
    """What is in a checkpoint or a ``.sedge`` file, and whether it fits. Does not raise where it does not fit."""
    try:
        return run("inspect", path, **options)
    except SedgeError as error:
        if error.report and error.report.get("report") == "inspect":
            return Report(error.report)
        raise


def convert(source: Path, output: Path, **options: Any) -> Report:
    """Converts a checkpoint into a ``.sedge`` file: ``convert("sed.pth", "sed.sedge", quantize="int8")``."""
    return run("convert", source, output=os.fspath(output), **options)


def verify(model: Path, *, against: Optional[Path] = None, golden: Optional[Path] = None, **options: Any) -> Report:
    """Compares a ``.sedge`` file with its source or with goldens; ``passes`` is the verdict."""
    return run("verify", model, against=against, golden=golden, **options)


def diff(first: Path, second: Path, **options: Any) -> Report:
    """Compares the tensors of two files."""
    return run("diff", first, second, **options)


def export(model: Path, output: Path, **options: Any) -> Report:
    """Writes the weights of a ``.sedge`` file as a checkpoint for PyTorch."""
    return run("export", model, output=os.fspath(output), **options)


def evaluate(*models: Path, **options: Any) -> Report:
    """Evaluates models on a data set."""
    return run("evaluate", *models, **options)


def sweep(model: Path, **options: Any) -> Report:
    """Compares the forms of a model: size against error."""
    return run("sweep", model, **options)


def segment(model: Path, picture: Path, **options: Any) -> Report:
    """Segments a picture of a file into files, as the command does; :meth:`Model.segment` gives arrays."""
    return run("segment", model, picture, **options)


def classify(model: Path, picture: Path, **options: Any) -> Report:
    """Classifies a picture of a file; :meth:`Model.classify` gives an array."""
    return run("classify", model, picture, **options)


def bench(model: Path, **options: Any) -> Report:
    """Times forward passes."""
    return run("bench", model, **options)
