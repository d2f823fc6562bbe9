"""The result of segmenting a picture."""

from __future__ import annotations

import colorsys
import ctypes
import html
import io
from typing import List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from ._arrays import array_view, view
from ._library import Handle, SegmentationValues, check, library


class Segmentation:
    """The class of every pixel.

    ``labels``: height x width, int32, indices of ``names``. ``best_scores``: height x width, 0 to 1. ``kept_classes``: the classes
    that early rejection kept. ``scores``: what was asked for, ``None`` where nothing was. The arrays are views of the library's
    memory, which lives as long as they do.
    """

    def __init__(self, handle: Handle, names: Sequence[str], has_scores: bool) -> None:
        values = SegmentationValues(ctypes.sizeof(SegmentationValues))
        check(library.sedge_segmentation_read(handle.pointer, values))
        shape = (values.height, values.width)
        self.names = list(names)
        self.labels: NDArray[np.int32] = view(values.labels, shape, ctypes.c_int32, handle)
        self.best_scores: NDArray[np.float32] = view(values.best_scores, shape, ctypes.c_float, handle)
        self.kept_classes: NDArray[np.int32] = view(
            values.kept_classes, (values.kept_class_count,), ctypes.c_int32, handle
        )
        self.scores: Optional[NDArray[np.float32]] = array_view(values.scores, handle) if has_scores else None

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of the pixels of each class."""
        counts = np.bincount(self.labels.reshape(-1), minlength=len(self.names))
        return counts / max(self.labels.size, 1)

    def colors(self) -> NDArray[np.uint8]:
        """The labels as a picture: height x width x 3, a color for each class."""
        palette = np.array([_color(index) for index in range(len(self.names))], dtype=np.uint8)
        return palette[self.labels]

    def __repr__(self) -> str:
        height, width = self.labels.shape
        return f"<sedge.Segmentation {width} x {height}: {', '.join(f'{n} {s:.1%}' for n, s in self._largest(4))}>"

    def _largest(self, count: int) -> List[Tuple[str, float]]:
        shares = self.shares
        order = np.argsort(-shares, kind="stable")[:count]
        return [(self.names[i], float(shares[i])) for i in order if shares[i] > 0]

    def _repr_html_(self) -> str:
        """What Jupyter shows: the labels, and the classes with their shares."""
        import base64

        rows = []
        for name, share in self._largest(20):
            color = "#%02x%02x%02x" % _color(self.names.index(name))
            rows.append(
                f'<tr><td><span style="background:{color}">&emsp;</span></td>'
                f'<td style="text-align:left">{html.escape(name)}</td><td>{share:.1%}</td></tr>'
            )
        data = base64.b64encode(_png(self.colors())).decode("ascii")
        return (
            '<div style="display:flex;gap:1em;align-items:start">'
            f'<img style="max-width:480px" alt="labels" src="data:image/png;base64,{data}">'
            f"<table>{''.join(rows)}</table></div>"
        )


def _color(index: int) -> Tuple[int, int, int]:
    """A color for a class: hues a golden angle apart, so that neighbors differ."""
    red, green, blue = colorsys.hsv_to_rgb(index * 0.618034 % 1, 0.55 + 0.35 * (index % 3) / 2, 0.95 - 0.3 * (index // 3 % 2))
    return round(255 * red), round(255 * green), round(255 * blue)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture as PNG."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, 3 * width)], axis=1)
    file = io.BytesIO()
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
    file.write(chunk(b"IDAT", zlib.compress(lines.tobytes())) + chunk(b"IEND", b""))
    return file.getvalue()
