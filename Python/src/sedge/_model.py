"""Models and their classes."""

from __future__ import annotations

import ctypes
import os
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

import numpy as np
from numpy.typing import NDArray

from ._arrays import array_view
from ._library import (
    Array,
    Handle,
    ModelFacts,
    ModelOptions,
    ProgressCall,
    SegmentOptions,
    check,
    library,
    text,
)
from ._pictures import PictureLike, pixels_of
from ._segmentation import Segmentation

_ARITHMETICS = {"f32": 0, "int8": 1, "reference": 2, "bf16": 3}
_RESIZINGS = {None: 0, "sed": 1, "square": 2, "windows": 3, "cat-seg": 4}
_SCORES = {None: 0, "network": 1, "picture": 2}

ProgressFunction = Callable[[str, Optional[float]], Any]


def _choice(value: Any, choices: Dict[Any, int], name: str) -> int:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}: expected one of {', '.join(map(repr, choices))}")
    return choices[value]


class Classes:
    """Class names with their text features for one model; encoded once, used for any number of pictures."""

    def __init__(self, handle: Handle, model: "Model") -> None:
        self._handle = handle
        self._model = model
        count = library.sedge_classes_count(handle.pointer)
        self.names: List[str] = [text(library.sedge_classes_name(handle.pointer, index)) for index in range(count)]

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"<sedge.Classes of {self._model.name}: {'; '.join(self.names[:8])}{'; ...' if len(self) > 8 else ''}>"

    @property
    def features(self) -> NDArray[np.float32]:
        """Classes x prompts x embedding, unit vectors."""
        array = Array()
        check(library.sedge_classes_features(self._handle.pointer, array))
        return array_view(array, self._handle)


ClassesLike = Union[Classes, Sequence[str], str, None]


class Model:
    """A loaded ``.sedge`` file. Threads may share it: forward passes run one after another, each on all threads."""

    def __init__(self, handle: Handle, path: Optional[str]) -> None:
        self._handle = handle
        self._path = path
        facts = ModelFacts(ctypes.sizeof(ModelFacts))
        check(library.sedge_model_describe(handle.pointer, facts))
        self.name: str = text(facts.name)
        self.kind: str = ("SED", "CLIP", "CAT-Seg")[facts.kind]
        self.resolution: int = facts.resolution
        self.default_top_k: Optional[int] = facts.default_top_k or None
        self.has_text_encoder: bool = bool(facts.has_text_encoder)
        self.embedding_width: int = facts.embedding_width
        self.class_lists: List[str] = [text(facts.class_lists[i]) for i in range(facts.class_list_count)]
        self.byte_count: int = facts.byte_count

    def __repr__(self) -> str:
        return f"<sedge.Model {self.name}, {self.byte_count / 1e6:.1f} MB, resolution {self.resolution}>"

    def encode(self, classes: Union[Sequence[str], str, None] = None, progress: Optional[ProgressFunction] = None) -> Classes:
        """Encodes class names: a sequence of names, a list such as ``"sky; grass"`` or the path of one, or by default the first
        list that the file has."""
        result = ctypes.c_void_p()
        call = ProgressCall(progress)
        if classes is None or isinstance(classes, (str, os.PathLike)):
            argument = None if classes is None else os.fspath(classes).encode()
            status = library.sedge_classes_open(self._handle.pointer, argument, call.pointer, result)
        else:
            names = [name.encode() for name in classes]
            pointers = (ctypes.c_char_p * len(names))(*names)
            status = library.sedge_classes_encode(self._handle.pointer, pointers, len(names), call.pointer, result)
        call.check(status)
        return Classes(Handle(result, library.sedge_classes_close), self)

    def _encoded(self, classes: ClassesLike) -> Classes:
        return classes if isinstance(classes, Classes) else self.encode(classes)

    def segment(
        self,
        picture: PictureLike,
        classes: ClassesLike = None,
        *,
        top_k: Union[int, str, None] = None,
        scores: Optional[str] = None,
        order: str = "rgb",
    ) -> Segmentation:
        """Segments a picture: a numpy array (height x width x 3, uint8, or gray, or with alpha) or a PIL image.

        ``top_k``: the classes that early rejection keeps at each pixel, ``"all"``, or by default what the file says. ``scores``:
        ``"network"`` or ``"picture"`` for the scores of classes at one of these sizes. ``order``: ``"rgb"`` or ``"bgr"``.
        """
        encoded = self._encoded(classes)
        pixels, _array = pixels_of(picture, order)
        k = -1 if top_k == "all" else 0 if top_k is None else int(top_k)
        if top_k not in (None, "all") and k < 1:
            raise ValueError(f"top_k is {top_k!r}: expected a number above 0, or 'all'")
        options = SegmentOptions(ctypes.sizeof(SegmentOptions), k, _choice(scores, _SCORES, "scores"))
        result = ctypes.c_void_p()
        check(library.sedge_segment(self._handle.pointer, encoded._handle.pointer, pixels, options, result))
        return Segmentation(Handle(result, library.sedge_segmentation_close), encoded.names, scores is not None)

    def classify(self, picture: PictureLike, classes: ClassesLike = None, *, order: str = "rgb") -> NDArray[np.float32]:
        """The probability of each class, by CLIP alone."""
        encoded = self._encoded(classes)
        pixels, _array = pixels_of(picture, order)
        probabilities = np.empty(len(encoded), dtype=np.float32)
        pointer = probabilities.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        check(library.sedge_classify(self._handle.pointer, encoded._handle.pointer, pixels, pointer, len(encoded)))
        return probabilities

    def embed(self, picture: PictureLike, *, order: str = "rgb") -> NDArray[np.float32]:
        """The embedding, unit vectors in the space of text features: embedding x lines x columns for SED, embedding for CLIP."""
        pixels, _array = pixels_of(picture, order)
        result = ctypes.c_void_p()
        check(library.sedge_embed(self._handle.pointer, pixels, result))
        handle = Handle(result, library.sedge_embedding_close)
        array = Array()
        check(library.sedge_embedding_values(handle.pointer, array))
        return array_view(array, handle)

    def inspect(self) -> Dict[str, Any]:
        """The report of ``sedge inspect``."""
        from ._commands import inspect

        return inspect(self._file())

    def state_dict(self, names: Optional[str] = None, torch: bool = False) -> Dict[str, Any]:
        """The weights under PyTorch's names; see :func:`sedge.state_dict`."""
        from ._weights import state_dict

        return state_dict(self._file(), names=names, torch=torch)

    def _file(self) -> str:
        if self._path is None:
            raise ValueError("the model was opened from memory: write it to a file first")
        return self._path


def open(
    model: Union[str, "os.PathLike[str]", bytes],
    *,
    threads: Optional[int] = None,
    arithmetic: str = "f32",
    resizing: Optional[str] = None,
    text_cache: Union[str, "os.PathLike[str]", None] = None,
) -> Model:
    """Loads a ``.sedge`` file: its path, or its bytes.

    ``threads``: of a forward pass, by default one on each processor. ``arithmetic``: ``"f32"``, ``"bf16"``, ``"int8"`` or ``"reference"``.
    ``resizing``: ``"sed"`` or ``"square"``, ``"windows"`` or ``"cat-seg"`` for CAT-Seg, by default as the file says. ``text_cache``: a file that keeps text features from one
    run of the program to the next.
    """
    options = ModelOptions(
        ctypes.sizeof(ModelOptions),
        threads or 0,
        _choice(arithmetic, _ARITHMETICS, "arithmetic"),
        _choice(resizing, _RESIZINGS, "resizing"),
        None if text_cache is None else os.fsencode(text_cache),
    )
    result = ctypes.c_void_p()
    if isinstance(model, bytes):
        check(library.sedge_model_open_memory(model, len(model), options, result))
        return Model(Handle(result, library.sedge_model_close), None)
    check(library.sedge_model_open(os.fsencode(model), options, result))
    return Model(Handle(result, library.sedge_model_close), os.fspath(model))
