"""libsedge by ctypes, as sedge.h declares it.

ctypes needs no compiler and no build for each version of Python, and releases Python's lock during calls.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import POINTER, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint8, c_uint64, c_void_p
from typing import Any, Callable, Optional

from ._errors import SedgeError

ABI_VERSION = 0

StepFunction = ctypes.CFUNCTYPE(c_int32, c_void_p, c_char_p, c_double)


class Progress(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("step", StepFunction), ("context", c_void_p)]


class ModelOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("threads", c_int32),
        ("arithmetic", c_int32),
        ("resizing", c_int32),
        ("text_cache", c_char_p),
    ]


class ModelFacts(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("name", c_char_p),
        ("kind", c_int32),
        ("resolution", c_int32),
        ("default_top_k", c_int32),
        ("has_text_encoder", c_int32),
        ("embedding_width", c_int32),
        ("class_lists", POINTER(c_char_p)),
        ("class_list_count", c_size_t),
        ("byte_count", c_uint64),
    ]


class Array(ctypes.Structure):
    _fields_ = [("values", POINTER(c_float)), ("dimension_count", c_size_t), ("dimensions", c_size_t * 4)]


class Tensor(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("dimension_count", c_size_t), ("dimensions", c_size_t * 4)]


class Picture(ctypes.Structure):
    _fields_ = [
        ("pixels", c_void_p),
        ("width", c_int32),
        ("height", c_int32),
        ("stride", c_size_t),
        ("layout", c_int32),
    ]


class SegmentOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("top_k", c_int32), ("scores", c_int32)]


class SegmentationValues(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("width", c_int32),
        ("height", c_int32),
        ("labels", POINTER(c_int32)),
        ("best_scores", POINTER(c_float)),
        ("kept_classes", POINTER(c_int32)),
        ("kept_class_count", c_size_t),
        ("scores", Array),
    ]


def _load() -> ctypes.CDLL:
    folder = os.path.join(os.path.dirname(__file__), "lib")
    name = "libsedge.dylib" if sys.platform == "darwin" else f"libsedge.so.{ABI_VERSION}"
    path = os.environ.get("SEDGE_LIBRARY") or os.path.join(folder, name)
    library = ctypes.CDLL(path if os.path.exists(path) else name)
    out = POINTER(c_void_p)
    progress = POINTER(Progress)
    declare: Callable[..., None] = lambda name, result, *arguments: _declare(library, name, result, arguments)
    declare("sedge_abi_version", c_int32)
    declare("sedge_version", c_char_p)
    declare("sedge_error_text", c_char_p)
    declare("sedge_text_free", None, c_void_p)
    declare("sedge_model_open", c_int32, c_char_p, POINTER(ModelOptions), out)
    declare("sedge_model_open_memory", c_int32, c_char_p, c_size_t, POINTER(ModelOptions), out)
    declare("sedge_model_close", None, c_void_p)
    declare("sedge_model_describe", c_int32, c_void_p, POINTER(ModelFacts))
    declare("sedge_classes_encode", c_int32, c_void_p, POINTER(c_char_p), c_size_t, progress, out)
    declare("sedge_classes_open", c_int32, c_void_p, c_char_p, progress, out)
    declare("sedge_classes_close", None, c_void_p)
    declare("sedge_classes_count", c_size_t, c_void_p)
    declare("sedge_classes_name", c_char_p, c_void_p, c_size_t)
    declare("sedge_classes_features", c_int32, c_void_p, POINTER(Array))
    declare("sedge_segment", c_int32, c_void_p, c_void_p, POINTER(Picture), POINTER(SegmentOptions), out)
    declare("sedge_segmentation_close", None, c_void_p)
    declare("sedge_segmentation_read", c_int32, c_void_p, POINTER(SegmentationValues))
    declare("sedge_classify", c_int32, c_void_p, c_void_p, POINTER(Picture), POINTER(c_float), c_size_t)
    declare("sedge_embed", c_int32, c_void_p, POINTER(Picture), out)
    declare("sedge_embedding_close", None, c_void_p)
    declare("sedge_embedding_values", c_int32, c_void_p, POINTER(Array))
    declare("sedge_weights_open", c_int32, c_char_p, c_char_p, out)
    declare("sedge_weights_close", None, c_void_p)
    declare("sedge_weights_count", c_size_t, c_void_p)
    declare("sedge_weights_describe", c_int32, c_void_p, c_size_t, POINTER(Tensor))
    declare("sedge_weights_read", c_int32, c_void_p, c_size_t, c_void_p, c_size_t)
    declare("sedge_run", c_int32, c_char_p, c_char_p, progress, POINTER(c_void_p))
    declare("sedge_use_reader", c_int32, c_char_p)
    if library.sedge_abi_version() != ABI_VERSION:
        raise ImportError(
            f"{path} has version {library.sedge_abi_version()} of the interface, expected {ABI_VERSION}: "
            "install the wheel again"
        )
    return library


def _declare(library: ctypes.CDLL, name: str, result: Any, arguments: Any) -> None:
    function = getattr(library, name)
    function.restype = result
    function.argtypes = list(arguments)


library = _load()


def library_version() -> str:
    """The release of the library."""
    return text(library.sedge_version())


def text(value: Optional[bytes]) -> str:
    """A text of the library."""
    return (value or b"").decode("utf-8")


def check(status: int) -> None:
    """Raises :class:`SedgeError` unless a call was successful."""
    if status != 0:
        raise SedgeError(status, text(library.sedge_error_text()))


class Handle:
    """An object of the library, released with this one."""

    def __init__(self, pointer: c_void_p, close: Callable[[c_void_p], None]) -> None:
        self.pointer = pointer
        self._close = close

    def __del__(self) -> None:
        if self.pointer:
            self._close(self.pointer)
            self.pointer = c_void_p()


class ProgressCall:
    """A function of Python that is told of progress; an exception of it stops the work and is raised again."""

    def __init__(self, function: Optional[Callable[[str, Optional[float]], Any]]) -> None:
        self._function = function
        self._error: Optional[BaseException] = None
        self._progress = Progress(ctypes.sizeof(Progress), StepFunction(self._step), None)
        self.pointer = ctypes.byref(self._progress) if function else None

    def _step(self, context: Any, name: bytes, share: float) -> int:
        try:
            assert self._function is not None
            return 1 if self._function(text(name), None if share < 0 else share) is False else 0
        except BaseException as error:
            self._error = error
            return 1

    def check(self, status: int) -> None:
        if self._error is not None:
            raise self._error
        check(status)

    def reraise(self) -> None:
        if self._error is not None:
            raise self._error
