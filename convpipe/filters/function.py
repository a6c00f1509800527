"""Functions of images, made from the declarations of filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from inspect import Parameter as Argument
from inspect import Signature
from typing import Any, NamedTuple

from convpipe.errors import ParameterError, nearest
from convpipe.filters.annotations import annotation, python_default, python_name
from convpipe.filters.document import docstring
from convpipe.filters.images import joined, parts
from convpipe.pipeline import Pipeline
from convpipe.stages import ANY_LABEL, Method, Stage, stage
from convpipe.stages.across import PROJECTION, STACK
from convpipe.stages.names import StageName, StageReference, StageReferences
from convpipe.stages.parameters import Choice, Parameter

OPTIONS = {
    "missing": ("float | None", None),
    "out": ("NDArray[Any] | None", None),
    "threads": ("int | None", None),
    "channel_axis": ("int | str | None", None),
    "alpha": ("bool", False),
    "mask": ("ArrayLike | None", None),
}
"""What a call of a pipeline takes beside its image and ``dtype``: type and default. What a filter has of its
own by such a name is that."""

OF_STACKS = {"page_axis": ("int", 0), "threads": ("int | None", None)}
"""The same where all pages of a stack are read."""


def function_name(method: Method) -> str:
    """Return the name of the function of a method: of one under a label that of what it needs.

    Examples
    --------
    >>> from convpipe.stages import find
    >>> function_name(find("edge", "sobel")), function_name(find("custom", "LABEL"))
    ('sobel', 'kernel')
    """
    return method.parameters[0].name if method.name == ANY_LABEL else method.name


class Call(NamedTuple):
    """What a call of a filter is to do.

    Parameters
    ----------
    pipeline : Pipeline
        Of the one stage.
    image : array_like
        One image; several side by side, as its channels; or the pages of a stack.
    dtype : str or None
        Of the result.
    options : dict
        What the call of the pipeline takes beside these.
    over_stack : bool
        Whether it is :meth:`convpipe.Pipeline.stack` that is called.
    """

    pipeline: Pipeline
    image: Any
    dtype: str | None
    options: dict[str, Any]
    over_stack: bool = False


class Filter:
    """One filter as a function of an image.

    Parameters
    ----------
    method : Method
    module : str
        Where it is found.

    Attributes
    ----------
    method : Method
    """

    def __init__(self, method: Method, module: str) -> None:
        self.method = method
        self.__name__ = self.__qualname__ = function_name(method)
        self.__module__ = module

    @cached_property
    def images(self) -> tuple[str, ...]:
        """Names of the images that it takes, in their order; ``*images`` where it takes any number."""
        if self.is_formula:
            return ()
        if any(isinstance(each, StageReferences) for each in self.method.parameters):
            return ("*images",)
        if self.method.family == PROJECTION:
            return ("pages",)
        return tuple("image" if each == "from" else python_name(each) for each in self.method.reads)

    @property
    def is_formula(self) -> bool:
        """Tell whether its images are named in a formula."""
        return self.method.reads == ("formula",)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it takes beside images and options: with a meaning for one stage alone."""
        none = (StageName, StageReference, StageReferences)
        return tuple(each for each in self.method.accepted if not isinstance(each, none))

    @cached_property
    def options(self) -> dict[str, tuple[str, Any]]:
        """What it hands on to the pipeline."""
        own = {each.name for each in self.method.parameters}
        known = OF_STACKS if self.method.family == PROJECTION else OPTIONS
        several = len(self.images) != 1
        unsaid = {"channel_axis", "mask"} if several else set()
        return {name: each for name, each in known.items() if name not in own | unsaid}

    @cached_property
    def __signature__(self) -> Signature:
        return Signature(list(self._arguments()), return_annotation="NDArray[Any]")

    def _arguments(self) -> Iterator[Argument]:
        optional = {each.name for each in self.method.parameters if not each.required}
        for name in self.images:
            if name == "*images":
                yield Argument("images", Argument.VAR_POSITIONAL, annotation="ArrayLike")
                continue
            default = None if name in optional else Argument.empty
            hint = "ArrayLike" if default is Argument.empty else "ArrayLike | None"
            yield Argument(name, Argument.POSITIONAL_OR_KEYWORD, default=default, annotation=hint)
        # What must be given comes first, and where it can without a name, too.
        by_place = len(self.images) == 1 and "*" not in self.images[0]
        for each in sorted(self.parameters, key=lambda each: not each.required):
            default = Argument.empty if each.required else python_default(each)
            kind = Argument.POSITIONAL_OR_KEYWORD if each.required and by_place else Argument.KEYWORD_ONLY
            yield Argument(python_name(each.name), kind, default=default, annotation=annotation(each))
        for name, (hint, default) in self.options.items():
            yield Argument(name, Argument.KEYWORD_ONLY, default=default, annotation=hint)
        if self.is_formula:
            yield Argument("images", Argument.VAR_KEYWORD, annotation="ArrayLike")

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return docstring(self)

    def __repr__(self) -> str:
        return f"<function {self.__module__}.{self.__name__}>"

    def __reduce__(self) -> str:
        return self.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the filter makes of an image; see its own docstring."""
        call = self.prepared(*args, **kwargs)
        run = call.pipeline.stack if call.over_stack else call.pipeline
        return run(call.image, call.dtype, **call.options)

    def prepared(self, *args: Any, **kwargs: Any) -> Call:
        """Return what a call with these arguments is to do, with no pixel read.

        Raises
        ------
        TypeError
            If an argument is missing, or unknown: with the nearest right name.
        ParameterError
            If a parameter is out of range, or images do not go together.
        """
        given = self._bound(args, kwargs)
        images = self._images(given)
        options = {name: given.pop(name) for name in self.options if name in given}
        dtype, missing = given.pop("dtype", None), options.pop("missing", None)
        if self.is_formula or list(images) not in (["image"], ["pages"]):
            pixels, channels = joined(images, alpha=options.get("alpha", False))
            pipeline = _pipeline(self._stage({**given, **self._references(images)}), missing, channels)
            options["channel_axis"] = -1 if pixels.ndim == 3 else None
            return Call(pipeline, pixels, dtype, options)
        (image,) = images.values()
        pipeline = _pipeline(self._stage(given), missing)
        over_stack = self.method.family == PROJECTION or given.get("axis") == STACK
        if over_stack and (other := [name for name in options if name not in OF_STACKS]):
            raise ParameterError(f"{self.__name__} takes no {other[0]} with axis='stack'", other[0])
        return Call(pipeline, image, dtype, options, over_stack)

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        known = self.__signature__.parameters
        # Said before what is missing, which is often what was meant.
        if not self.is_formula and (unknown := [name for name in kwargs if name not in known]):
            close = nearest(unknown[0], set(known) - set(self.images))
            raise TypeError(f"{self.__name__}(): got an unexpected keyword argument {unknown[0]!r}{close}")
        try:
            return self.__signature__.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{self.__name__}(): {error}") from None

    def _images(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take the images out of what is given, and return those that are there, by their names."""
        if self.is_formula:
            images: dict[str, Any] = given.pop("images", {})
            return images
        if self.images == ("*images",):
            return {f"image{at}": each for at, each in enumerate(given.pop("images", ()))}
        found = {name: given.pop(name) for name in self.images if name in given}
        return {name: each for name, each in found.items() if each is not None}

    def _references(self, images: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters by which a stage reads images that stages of these names give."""
        if self.is_formula:
            return {}
        if self.images == ("*images",):
            (several,) = (each.name for each in self.method.parameters if isinstance(each, StageReferences))
            return {several: list(images)}
        named = zip(self.method.reads, self.images, strict=True)
        return {name: each for name, each in named if each in images}

    def _stage(self, given: Mapping[str, Any]) -> Stage:
        label = self.__name__ if self.method.name == ANY_LABEL else self.method.name
        make = _remembered if all(map(self._is_plain, given, given.values())) else stage
        return make(self.method.family, label, **given)

    def _is_plain(self, name: str, value: Any) -> bool:
        """Tell whether a value means the same at any time: a number, or a word of those that are known."""
        return isinstance(value, int | float | None) or (isinstance(value, str) and name in self._choices)

    @cached_property
    def _choices(self) -> frozenset[str]:
        return frozenset(python_name(each.name) for each in self.parameters if isinstance(each, Choice))


_remembered = lru_cache(maxsize=256, typed=True)(stage)


@lru_cache(maxsize=128)
def _pipeline(one: Stage, missing: float | None, channels: tuple[tuple[str, int], ...] = ()) -> Pipeline:
    """Return the pipeline of a stage, after those that take the images apart that are its channels."""
    return Pipeline([*parts(channels), one], missing=missing)
