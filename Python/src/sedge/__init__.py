"""Convert, inspect, verify and run SED, CAT-Seg (open-vocabulary segmentation) and CLIP.

    import sedge

    model = sedge.open("sed.sedge")
    result = model.segment(picture, ["sky", "grass", "red circle"])   # a numpy array or a PIL image
    result.labels                                                     # height x width, int32

    sedge.convert("sed.pth", "sed.sedge", quantize="int8")
    sedge.verify("sed.sedge", against="sed.pth")["passes"]

The functions release Python's lock while they work, and raise :class:`SedgeError`.
"""

from ._commands import Report, bench, classify, convert, diff, evaluate, export, inspect, run, segment, sweep, verify
from ._errors import SedgeError, Status
from ._library import library_version
from ._model import Classes, Model, open
from ._segmentation import Segmentation
from ._version import __version__
from ._weights import state_dict

__all__ = [
    "Classes",
    "Model",
    "Report",
    "SedgeError",
    "Segmentation",
    "Status",
    "__version__",
    "bench",
    "classify",
    "convert",
    "diff",
    "evaluate",
    "export",
    "inspect",
    "library_version",
    "open",
    "run",
    "segment",
    "state_dict",
    "sweep",
    "verify",
]
