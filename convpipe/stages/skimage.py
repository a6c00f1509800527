"""Functions of scikit-image as stages: those that make an image of one, of the same rows and columns.

Their parameters are those of their signatures. They see values over the full scale of the image's dtype, and
give such; what they make of other values is theirs. Each takes whole images, and is fused with nothing.
None is here whose result hangs on more than the image, as those of ``morphological_chan_vese`` do on what was
called before.
"""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import ImageError, ParameterError, nearest
from convpipe.interval import UNBOUNDED, Interval
from convpipe.ops import Frame, Op
from convpipe.ops.frame import function
from convpipe.stages.base import ImageKind, Method, library
from convpipe.stages.parameters import Parameter, is_list

_VALUES = {
    "exposure": "adjust_gamma adjust_log adjust_sigmoid equalize_adapthist equalize_hist rescale_intensity",
    "feature": "corner_harris corner_kitchen_rosenfeld corner_moravec corner_shi_tomasi hessian_matrix_det",
    "filters": "butterworth correlate_sparse difference_of_gaussians farid farid_h farid_v frangi gaussian "
    "hessian laplace median meijering prewitt prewitt_h prewitt_v roberts roberts_neg_diag roberts_pos_diag "
    "sato scharr scharr_h scharr_v sobel sobel_h sobel_v threshold_local threshold_niblack "
    "threshold_sauvola unsharp_mask",
    "morphology": "area_closing area_opening black_tophat closing diameter_closing diameter_opening dilation "
    "erosion opening white_tophat",
    "restoration": "denoise_bilateral denoise_nl_means denoise_tv_bregman denoise_tv_chambolle "
    "richardson_lucy rolling_ball",
    "segmentation": "inverse_gaussian_gradient",
}
"""Functions from values to values, by their modules."""

_TRUTHS = {
    "feature": "canny",
    "filters": "apply_hysteresis_threshold",
    "morphology": "h_maxima h_minima local_maxima local_minima",
    "segmentation": "chan_vese",
}
"""Those that give true and false: the full scale, and 0."""

_SETS = {
    "morphology": "convex_hull_image convex_hull_object isotropic_closing isotropic_dilation "
    "isotropic_erosion isotropic_opening remove_small_holes remove_small_objects skeletonize thin",
}
"""Those that take such: what is above 0 is true."""

_NOT_TAKEN = frozenset(
    [
        "image",
        "ar",
        "out",
        "channel_axis",
        "mask",
        "rng",
        "parent",
        "tree_traverser",
        "workers",
        "num_threads",
        "iter_callback",
        "indices",
        "extended_output",
        "preserve_range",
        "hist",
        "kernel_only",
        "reference",
        "num_workers",
    ]
)
"""Parameters that are the image, that a stage gives itself, or that make something else of the result."""


def _names(table: dict[str, str]) -> list[str]:
    return [f"{module}.{name}" for module, names in table.items() for name in names.split()]


NAMES = tuple(sorted((*_names(_VALUES), *_names(_TRUTHS), *_names(_SETS))))
"""All functions, as ``module.function``."""


@dataclass(frozen=True)
class Argument(Parameter):
    """A parameter of a function of Python: a value of the kind of its default."""

    like: Any = None

    def parse(self, value: Any) -> Any:
        """Return the value; lists as tuples."""
        if isinstance(self.like, bool) or isinstance(value, bool):
            if not isinstance(value, bool) or not isinstance(self.like, bool | None):
                raise self.refuse_type(value)
            return value
        if isinstance(self.like, str):
            if not isinstance(value, str):
                raise self.refuse_type(value)
            return value
        if isinstance(value, str) and self.like is None:
            return value
        return self._numbers(value)

    def _numbers(self, value: Any) -> Any:
        if is_list(value) and not isinstance(value, bool):
            return tuple(self._numbers(each) for each in value)
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise self.refuse_type(value)
        if not math.isfinite(value):
            raise self.refuse(value)
        return value.item() if isinstance(value, np.number) else value

    def kind(self) -> str:
        """Return what is needed."""
        if isinstance(self.like, bool):
            return "true or false"
        if isinstance(self.like, str):
            return "text"
        return "a number, or a list of them" + (", text, true or false" if self.like is None else "")

    def schema(self) -> dict[str, Any]:
        """Return the types."""
        if isinstance(self.like, bool):
            return {"type": "boolean"}
        if isinstance(self.like, str):
            return {"type": "string"}
        return {"type": ["number", "array", *(["string", "boolean"] if self.like is None else [])]}


@library("skimage", NAMES, "a function of scikit-image, of the whole image")
@cache
def find(name: str) -> Method:
    """Return a function of scikit-image as a method.

    Raises
    ------
    ParameterError
        If it is none that is taken, or this scikit-image has none of that name.

    Examples
    --------
    >>> [parameter.name for parameter in find("filters.sato").parameters]
    ['sigmas', 'black_ridges', 'mode', 'cval']
    """
    if name not in NAMES:
        home = [each for each in NAMES if each.partition(".")[2] == name.rpartition(".")[2]]
        hint = f"; write 'skimage: {home[0]}'" if home else nearest(name, NAMES)
        raise ParameterError(
            f"skimage {name!r} is no function that is taken: one from an image to one of its size{hint}",
            "skimage",
        )
    called = _function(name)
    parameters = tuple(_parameters(called))
    words = (inspect.getdoc(called) or name).split("\n\n")[0].replace("\n", " ").rstrip(".")
    truths = name in (*_names(_TRUTHS), *_names(_SETS))
    together = "channel_axis" in inspect.signature(called).parameters
    own = f"{name} of scikit-image"

    def lower(image: ImageKind, **given: Any) -> tuple[Op, ...]:
        # What is not given is left to scikit-image.
        chosen = tuple((key, value) for key, value in given.items() if value is not None)
        result = Interval(0, image.full_scale) if truths else UNBOUNDED
        return (Frame(own, chosen, image.full_scale, result=result, operations=100, copies=6),)

    return Method(
        family="skimage",
        name=name,
        summary=f"{words[:1].lower()}{words[1:]}",
        reference=f"skimage.{name}",
        parameters=parameters,
        lower=lower,
        example={each.name: _EXAMPLES.get(each.name, 1) for each in parameters if each.required},
        formula=f"over values from 0 to 1, {'all colours together' if together else 'each colour by itself'}",
    )


_EXAMPLES = {
    "kernel": [[0, 1, 0], [1, 1, 1], [0, 1, 0]],
    "psf": [[0.25, 0.25], [0.25, 0.25]],
    "low": 0.3,
    "high": 0.6,
}


_SIMPLE = (bool, int, float, str, tuple, range, type(None))
"""Defaults of what a config can give; others are functions, or marks of what scikit-image takes away."""


def _parameters(called: Callable[..., Any]) -> list[Argument]:
    found = []
    _, *others = inspect.signature(called).parameters.values()
    for one in others:
        if one.name in _NOT_TAKEN or one.kind is one.VAR_KEYWORD:
            continue
        if one.default is one.empty:
            found.append(Argument(one.name, "as in scikit-image"))
        elif isinstance(one.default, _SIMPLE):
            doc = f"as in scikit-image; default there: {one.default!r}"
            found.append(Argument(one.name, doc, None, one.default))
    return found


def _function(name: str) -> Callable[..., Any]:
    module, _, own = name.partition(".")
    called: Callable[..., Any] | None = getattr(importlib.import_module(f"skimage.{module}"), own, None)
    if called is None:
        from importlib.metadata import version

        raise ParameterError(f"scikit-image {version('scikit-image')} has no {name}", "skimage")
    return called


def _registered(name: str, of_sets: bool) -> None:
    @function(f"{name} of scikit-image")
    def call(colours: NDArray[np.float64], **options: Any) -> NDArray[Any]:
        called = _function(name)
        given: NDArray[Any] = colours > 0 if of_sets else colours
        arrays = {key: np.array(value) if _is_table(value) else value for key, value in options.items()}
        try:
            if "channel_axis" in inspect.signature(called).parameters and colours.shape[2] > 1:
                return np.asarray(
                    called(given, channel_axis=2, **arrays)
                )  # from -1 some take rows for channels
            planes = [np.asarray(called(given[..., k], **arrays)) for k in range(colours.shape[2])]
        except (
            ValueError,
            TypeError,
            IndexError,
            ArithmeticError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise ImageError(f"skimage.{name}: {error}") from None
        return np.stack(planes, axis=-1)


def _is_table(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(row, tuple) for row in value)


for _name in NAMES:
    _registered(_name, _name in _names(_SETS))
