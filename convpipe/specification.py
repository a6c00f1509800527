"""What a pipeline is, as a value: compared, pickled, printed, and written as a config."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from convpipe import config
from convpipe.drawing.flow import flow_of
from convpipe.drawing.notebook import figure
from convpipe.formula import Measure
from convpipe.geometry import Border
from convpipe.stages import Stage
from convpipe.stages.wiring import Wiring


class Specification:
    """Stages and options, whatever is made of them.

    Two are equal if their stages and options are; their `repr` builds them.
    """

    name: str
    border: Border
    dtype: str | None
    linear_light: bool
    missing: float | str | None
    like: str | None
    outputs: Mapping[str, str]
    measures: Mapping[str, Measure]
    wiring: Wiring
    _own_stages: tuple[Stage, ...]
    _asked: str

    def to_dict(self) -> dict[str, Any]:
        """Return the pipeline as :meth:`convpipe.Pipeline.from_dict` takes it, without what has its default.

        Examples
        --------
        >>> from convpipe import Pipeline, stage
        >>> Pipeline([stage("edge", "sobel", stride=2)], border="wrap").to_dict()
        {'border': 'wrap', 'stages': [{'edge': 'sobel', 'stride': 2}]}
        """
        brought = {one.method.plugin for one in self._own_stages} - {None}
        plugins = {"plugins": sorted(filter(None, brought))} if brought else {}
        return {**self._options, **plugins, "stages": [one.to_dict() for one in self._own_stages]}

    def to_yaml(self) -> str:
        """Return the pipeline as a config file, which :meth:`convpipe.Pipeline.from_yaml` loads.

        Examples
        --------
        >>> from convpipe import Pipeline, stage
        >>> print(Pipeline([stage("blur", "gaussian", sigma=1.4)], name="soft").to_yaml())
        name: soft
        stages:
        - {blur: gaussian, sigma: 1.4}
        <BLANKLINE>
        """
        return config.dump(self.to_dict())

    @cached_property
    def _options(self) -> dict[str, Any]:
        """The options, as plain data, that differ from their defaults."""
        options: dict[str, tuple[Any, Any]] = {
            "name": (self.name, "pipeline"),
            "border": (self.border.name.lower(), "reflect"),
            "dtype": (self.dtype, None),
            "linear_light": (self.linear_light, False),
            "missing": (self.missing, None),
            "like": (self.like, None),
            "backend": (self._asked, "cpu"),
            "outputs": (self.outputs, {}),
            "measure": ({name: one.to_data() for name, one in self.measures.items()}, {}),
        }
        return {key: value for key, (value, default) in options.items() if value != default}

    def __repr__(self) -> str:
        options = "".join(f", {key}={value!r}" for key, value in self._options.items())
        return f"Pipeline([{', '.join(map(repr, self._own_stages))}]{options})"

    def _repr_html_(self) -> str:
        """Return the graph of stages, for notebooks."""
        return figure(flow_of(self.wiring), {}, self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Specification):
            return NotImplemented
        return (self._own_stages, self._options) == (other._own_stages, other._options)

    def __hash__(self) -> int:
        own = {"outputs": frozenset(self.outputs.items()), "measure": frozenset(self.measures.items())}
        options: dict[str, Any] = {**self._options, **own}
        return hash((self._own_stages, tuple(options.items())))

    def __dask_tokenize__(self) -> tuple[str, str]:
        """Return what dask names the results of the pipeline by: that of equal ones is equal."""
        return type(self).__name__, self.to_yaml()

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self._own_stages, self._options)


def _remade(kind: type, stages: tuple[Stage, ...], options: dict[str, Any]) -> Any:
    return kind(stages, **options)
