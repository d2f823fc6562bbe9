"""Pictures as the library takes them."""

from __future__ import annotations

import os
from typing import Any, Tuple, Union

import numpy as np
from numpy.typing import NDArray

from ._library import Picture

PictureLike = Union["NDArray[np.uint8]", Any]

_LAYOUTS = {"rgb": 0, "bgr": 1, "rgba": 2, "bgra": 3, "gray": 4}


def pixels_of(picture: PictureLike, order: str) -> Tuple[Picture, "NDArray[np.uint8]"]:
    """The pixels of a numpy array, a PIL image or a file, and the array that has to live as long.

    An array is height x width, height x width x 3 or height x width x 4, of uint8; ``order`` is "rgb" or "bgr".
    """
    if isinstance(picture, (str, os.PathLike)):
        raise TypeError("picture is a path: open it first, such as by PIL.Image.open(path)")
    if not isinstance(picture, np.ndarray):
        convert = getattr(picture, "convert", None)
        if convert is not None:  # PIL: palettes, 16 bits and CMYK become RGB.
            picture = convert("RGB")
        picture = np.asarray(picture)
    array: NDArray[Any] = picture
    if array.dtype != np.uint8:
        raise TypeError(f"picture has samples of {array.dtype}: expected uint8, 0 to 255")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim == 2:
        layout = "gray"
    elif array.ndim == 3 and array.shape[2] in (3, 4):
        layout = order + ("a" if array.shape[2] == 4 else "")
    else:
        raise TypeError(f"picture has the shape {array.shape}: expected height x width (x 3 or 4)")
    if layout not in _LAYOUTS:
        raise ValueError(f"order is {order!r}: expected 'rgb' or 'bgr'")
    samples = 1 if array.ndim == 2 else array.shape[2]
    inner = array.strides[1] == samples and (array.ndim == 2 or array.strides[2] == 1)
    # Lines may be apart, as those of a part of a picture; anything else is copied.
    if not inner or array.strides[0] < array.shape[1] * samples:
        array = np.ascontiguousarray(array)
    height, width = array.shape[:2]
    return Picture(array.ctypes.data, width, height, array.strides[0], _LAYOUTS[layout]), array
