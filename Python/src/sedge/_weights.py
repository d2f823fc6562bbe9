"""Weights under PyTorch's names."""

from __future__ import annotations

import ctypes
import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Optional, Union

import numpy as np
from numpy.typing import NDArray

from ._library import Handle, Tensor, check, library, text


def state_dict(
    path: Union[str, "os.PathLike[str]"], *, names: Optional[str] = None, torch: bool = False
) -> Dict[str, Any]:
    """The weights of a ``.sedge`` file as float32 under the names of a PyTorch checkpoint, so that
    ``load_state_dict(strict=True)`` takes them: folds are undone, codes decoded, each tensor at once into its array.

    ``names``: ``"sed"`` or ``"openclip"``, by default those of the model's own program. ``torch``: tensors of PyTorch over the same
    memory, instead of numpy arrays.
    """
    pointer = ctypes.c_void_p()
    check(library.sedge_weights_open(os.fsencode(path), None if names is None else names.encode(), pointer))
    handle = Handle(pointer, library.sedge_weights_close)

    keys, shapes = [], []
    for index in range(library.sedge_weights_count(handle.pointer)):
        tensor = Tensor()
        check(library.sedge_weights_describe(handle.pointer, index, tensor))
        keys.append(text(tensor.name))
        shapes.append(tuple(tensor.dimensions[: tensor.dimension_count]))

    def read(index: int) -> NDArray[np.float32]:
        array = np.empty(shapes[index], dtype=np.float32)
        check(library.sedge_weights_read(handle.pointer, index, array.ctypes.data, array.size))
        return array

    # The largest first, so that no thread is left with a large one at the end.
    order = sorted(range(len(keys)), key=lambda index: -math.prod(shapes[index]))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        arrays = dict(zip(order, pool.map(read, order)))
    if torch:
        import torch as pytorch

        return {key: pytorch.from_numpy(arrays[index]) for index, key in enumerate(keys)}
    return {key: arrays[index] for index, key in enumerate(keys)}
