"""numpy arrays over memory of the library."""

from __future__ import annotations

import ctypes
from typing import Any, Tuple

import numpy as np
from numpy.typing import NDArray

from ._library import Array


def view(pointer: Any, shape: Tuple[int, ...], element: Any, owner: Any) -> NDArray[Any]:
    """An array over memory of an object, which lives as long as the array; it cannot be written."""
    count = int(np.prod(shape, dtype=np.int64))
    if count == 0 or not pointer:
        return np.zeros(shape, dtype=np.dtype(element))
    buffer = (element * count).from_address(ctypes.cast(pointer, ctypes.c_void_p).value)
    buffer._owner = owner
    array = np.frombuffer(buffer, dtype=np.dtype(element)).reshape(shape)
    array.flags.writeable = False
    return array


def array_view(array: Array, owner: Any) -> NDArray[np.float32]:
    """An array of the library."""
    return view(array.values, tuple(array.dimensions[: array.dimension_count]), ctypes.c_float, owner)
