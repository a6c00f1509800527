"""Pipeline: stages, planned for an image and run on it as one compiled loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convpipe import batch, config
from convpipe.compile.backend import BACKENDS, Backend, Executable
from convpipe.errors import ConfigError, ParameterError, ParameterTypeError
from convpipe.geometry import BORDER_NAMES, Border, Extent
from convpipe.ops import COMPUTE
from convpipe.plan import Plan, make_plan
from convpipe.stages import Stage, nearest, stage

if TYPE_CHECKING:
    from convpipe.report import Report


class Pipeline:
    """A chain of filter stages that runs as one fused loop.

    Parameters
    ----------
    stages : sequence of Stage
        Made by :func:`convpipe.stage`.
    border : str, default 'reflect'
        How pixels outside the image are made, for stages that name no border of their own; one of
        constant, edge, reflect, symmetric, wrap.
    dtype : str, optional
        Of the result; default: the last stage's ``dtype``, or that of the image.
    linear_light : bool
        Decode sRGB to linear light before the first stage, and encode it again after the last.
    backend : {'auto', 'cpu', 'cuda'}
        Where it runs; ``auto`` takes what is estimated to be quicker for each image size.
    name : str
        For reports.

    Raises
    ------
    ParameterError
        If there is no stage, or a name is unknown.
    BackendError
        If the backend cannot run here.

    Notes
    -----
    Images are (rows, cols) or (rows, cols, channels); the last channel is alpha where the caller says so.
    Arithmetic is float32 (float64 for float64 and 32-bit integer images); the result is
    rounded half to even and saturated once, at the end.

    Examples
    --------
    >>> import numpy as np, convpipe
    >>> p = convpipe.Pipeline([convpipe.stage("blur", "box", size=3)])
    >>> p(np.eye(3, dtype="uint8") * 90)
    array([[50, 30, 40],
           [30, 30, 30],
           [40, 30, 50]], dtype=uint8)
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        *,
        border: str | Border = "reflect",
        dtype: str | None = None,
        linear_light: bool = False,
        backend: str = "auto",
        name: str = "pipeline",
    ) -> None:
        if isinstance(stages, Stage) or not isinstance(stages, Sequence):
            raise ParameterTypeError(f"stages need a list of convpipe.stage(...); given {stages!r}", "stages")
        if not stages:
            raise ParameterError("a pipeline needs at least one stage", "stages")
        for item in stages:
            if not isinstance(item, Stage):
                raise ParameterTypeError(f"stages need convpipe.stage(...); given {item!r}", "stages")
        if not isinstance(border, (Border, str)) or border not in {*Border, *BORDER_NAMES}:
            raise ParameterError(f"unknown border {border!r}{nearest(border, BORDER_NAMES)}", "border")
        ends = (stage("light", "linear"), stage("light", "srgb"))
        self.stages = (ends[0], *stages, ends[1]) if linear_light else tuple(stages)
        self.border = border if isinstance(border, Border) else BORDER_NAMES[border]
        self.dtype = None if dtype is None else _dtype_name(dtype)
        if backend not in BACKENDS:
            raise ParameterError(f"unknown backend {backend!r}{nearest(backend, BACKENDS)}", "backend")
        self._backend = Backend(backend)
        self.backend = self._backend.name
        self.name = name
        self._planned = lru_cache(maxsize=64)(self._plan)
        self._executable = lru_cache(maxsize=64)(self._compile)

    @classmethod
    def from_yaml(cls, path: str | Path, *, backend: str | None = None) -> Pipeline:
        """Return the pipeline of a config file that holds one job.

        Raises
        ------
        ConfigError
            If the file is wrong, or holds several jobs; the message has file, line and column.
        """
        jobs = config.load(path)
        if len(jobs) > 1:
            names = ", ".join(job.name for job in jobs)
            raise ConfigError(f"holds {len(jobs)} jobs ({names}); one is needed here", str(path))
        return cls.from_job(jobs[0], backend=backend)

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any], *, backend: str | None = None) -> Pipeline:
        """Return the pipeline of a config given as a mapping, with the keys of the YAML file.

        Examples
        --------
        >>> Pipeline.from_dict({"stages": [{"edge": "sobel", "stride": 2}]}).plan((480, 640)).extent
        (240, 320)
        """
        return cls.from_job(config.from_dict(mapping), backend=backend)

    @classmethod
    def from_job(cls, job: config.Job, *, backend: str | None = None) -> Pipeline:
        """Return the pipeline of a validated job; `backend` overrides the job's."""
        return cls(
            job.stages,
            border=job.border,
            dtype=job.dtype,
            linear_light=job.linear_light,
            backend=job.backend if backend is None else backend,
            name=job.name,
        )

    def plan(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> Plan:
        """Work out every stage's output extent, range, halo and cost, with no pixel read.

        Parameters
        ----------
        shape : (rows, cols) or (rows, cols, channels)
        dtype : str
            Of the image.
        alpha : bool
            Whether the last channel is alpha.

        Raises
        ------
        PlanError
            If a stage's window does not fit in its input.

        Examples
        --------
        >>> import convpipe
        >>> p = Pipeline([convpipe.stage("edge", "sobel", padding=0)])
        >>> p.plan((480, 640), dtype="uint8").stages[-1].extent
        (478, 638)
        """
        return self._planned(tuple(shape), _dtype_name(dtype), self.dtype, alpha)

    def _plan(self, shape: tuple[int, ...], dtype: str, output_dtype: str | None, alpha: bool) -> Plan:
        if len(shape) not in (2, 3) or not all(hasattr(size, "__index__") for size in shape):
            raise ParameterError(
                f"an image is (rows, cols) or (rows, cols, channels); given {shape}", "shape"
            )
        shape = tuple(int(size) for size in shape)
        extent: Extent = (shape[0], shape[1])
        channels = shape[2] if len(shape) == 3 else 1
        return make_plan(
            self.stages,
            extent,
            channels=channels,
            alpha=alpha,
            dtype=dtype,
            border=self.border,
            output_dtype=output_dtype,
        )

    def __call__(self, image: ArrayLike, dtype: str | None = None, *, alpha: bool = False) -> NDArray[Any]:
        """Filter one image.

        Parameters
        ----------
        image : array_like, shape (rows, cols) or (rows, cols, channels)
        dtype : str, optional
            Of the result: ``"float32"`` gives it unrounded.
        alpha : bool
            Whether the last channel is alpha; otherwise all channels are data.

        Returns
        -------
        ndarray
            Of the planned extent; of the image's dtype unless `dtype` or the pipeline says otherwise.
        """
        return self.apply(image, dtype=dtype, alpha=alpha)

    def apply(
        self,
        image: ArrayLike,
        *,
        dtype: str | None = None,
        threads: int | None = None,
        alpha: bool = False,
    ) -> NDArray[Any]:
        """Filter one image, on `threads` threads.

        Parameters
        ----------
        image : array_like, shape (rows, cols) or (rows, cols, channels)
        dtype : str, optional
            Of the result.
        threads : int, optional
            1 runs on the calling thread and releases the GIL, so that many threads filter an image
            each; None uses every core. The result has the same bytes either way.
        alpha : bool
            Whether the last channel is alpha.
        """
        return self.filter(np.asarray(image), threads, dtype, alpha=alpha)[0]

    def filter(
        self,
        image: NDArray[Any],
        threads: int | None = None,
        dtype: str | None = None,
        *,
        alpha: bool = False,
    ) -> tuple[NDArray[Any], int]:
        """Return what :meth:`apply` returns, and the number of NaNs that became 0 in it."""
        if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
            raise ParameterError(f"threads needs an int of at least 1, or None; given {threads!r}", "threads")
        output_dtype = self.dtype if dtype is None else _dtype_name(dtype)
        run = self._executable(image.shape, image.dtype, output_dtype, alpha)  # its name takes longer to make
        return run(image, threads)

    def source(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> str:
        """Return the generated Python that filters an image of `shape` and `dtype`."""
        return self._executable(tuple(shape), np.dtype(_dtype_name(dtype)), self.dtype, alpha).source

    def warm(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> None:
        """Compile what filters an image of `shape` and `dtype`, on one core and on all."""
        run = self._executable(tuple(shape), np.dtype(_dtype_name(dtype)), self.dtype, alpha)
        run.warm()

    def _compile(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], output_dtype: str | None, alpha: bool
    ) -> Executable:
        return self._backend.compile(self._planned(shape, dtype.name, output_dtype, alpha))

    def run_folder(self, input: str | Path, output: str | Path, **options: Any) -> Report:
        """Filter every image under `input` into a mirrored tree under `output`.

        Parameters
        ----------
        input, output : path
        **options
            As for :func:`convpipe.batch.run_folder`.

        Returns
        -------
        Report
            Counts, failures with their reasons, and the output size of every stage per input size.
        """
        report = batch.run_folder(self, Path(input), Path(output), name=self.name, **options)
        return replace(report, backend=self._backend.describe())

    def __repr__(self) -> str:
        names = ", ".join(stage.name for stage in self.stages)
        return f"Pipeline([{names}], border={self.border.name.lower()!r}, backend={self.backend!r})"


def _dtype_name(dtype: DTypeLike) -> str:
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name not in COMPUTE:
        raise ParameterError(f"unknown dtype {name!r}{nearest(name, COMPUTE)}", "dtype")
    return name
