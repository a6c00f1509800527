"""Pipeline: stages, planned for an image and run on it as one compiled loop."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe import arrays, batch, blocks, config
from convpipe.arguments import (
    alike,
    check_backend,
    check_stages,
    checked_border,
    checked_measures,
    checked_outputs,
    checked_shape,
)
from convpipe.config.job import LIKE, MISSING
from convpipe.config.measures import make_range
from convpipe.engine import Engine, checked_threads, dtype_name
from convpipe.errors import ConfigError, JobError, ParameterError
from convpipe.geometry import Border
from convpipe.losses import NO_LOSSES
from convpipe.measures import Gauge, Measured
from convpipe.paths import Location, located
from convpipe.plan import Plan
from convpipe.remarks import heard
from convpipe.specification import Specification
from convpipe.stack import StackEngine, reader_of
from convpipe.stages import Stage
from convpipe.stages.parameters import Flag, Text
from convpipe.stages.plugins import allowed
from convpipe.stages.wiring import RESULT, wire

if TYPE_CHECKING:
    from convpipe.compile.backend import Executable
    from convpipe.report import Report

_NAME = Text("name", "what a pipeline is called", "pipeline")
_LINEAR_LIGHT = Flag("linear_light", "whether sRGB is decoded to linear light, and encoded again")


class Pipeline(Specification):
    """Filter stages that run as one fused loop: a chain, or a graph of those that read each other by name.

    Pipelines of the same stages and options are equal; they pickle, and their `repr` builds them.

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
    missing : float, optional
        Samples of this value - NaN, or a number - are not there, and count for nothing. In results it stands
        for those that are missing there. ``"file"``: the nodata value of each file, or of a DataArray its
        attribute ``_FillValue``.
    like : str, optional
        The library whose defaults - border, scaling, radii, rounding - the stages have that name none:
        opencv, scipy, skimage, pillow, torch, vips. What a stage gives itself wins; the border of a dialect
        wins over that of the pipeline.
    backend : {'cpu', 'cuda', 'auto'}
        Where it runs; ``auto`` takes what is estimated to be quicker for each image size.
    name : str
        For reports.
    outputs : mapping, optional
        More results than that of the last stage: from their names to the names of the stages that give
        them. A call then returns a dict of arrays, that of the last stage as ``result``.
    measure : mapping, optional
        Numbers of each image: from their names to formulas of statistics, or dicts of ``formula``, ``per``
        and ``box``, as in a config.

    Raises
    ------
    ParameterError
        If there is no stage, a border or backend is unknown, `name` is no line of text, or a stage or an
        output refers to a stage that is not there.
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
    >>> p
    Pipeline([stage('blur', 'box', size=3)])

    Stages refer to each other by name; ``from`` is a word of Python, so it is ``from_`` here:

    >>> fine = convpipe.stage("blur", "gaussian", sigma=1, name="fine")
    >>> coarse = convpipe.stage("blur", "gaussian", sigma=3, name="coarse", from_="input")
    >>> difference = convpipe.stage("combine", "difference", formula="fine - coarse")
    >>> band = convpipe.Pipeline([fine, coarse, difference], outputs={"background": "coarse"})
    >>> {name: result.shape for name, result in band(np.zeros((8, 9))).items()}
    {'background': (8, 9), 'result': (8, 9)}

    Numbers of images are measured with their results:

    >>> level = convpipe.stage("threshold", "fixed", level=60)
    >>> bright = convpipe.Pipeline([level], measure={"share": "mean(result > 0)"})
    >>> bright.measure(np.eye(4, dtype="uint8") * 90)
    {'share': 0.25}
    """

    def __init__(  # noqa: PLR0913 - the keys of a job, by their names
        self,
        stages: Sequence[Stage],
        *,
        border: str | Border = "reflect",
        dtype: str | None = None,
        linear_light: bool = False,
        missing: float | str | None = None,
        like: str | None = None,
        backend: str = "cpu",
        name: str = "pipeline",
        outputs: Mapping[str, str] | None = None,
        measure: Mapping[str, Any] | None = None,
    ) -> None:
        check_stages(stages)
        self.border = checked_border(border)
        check_backend(backend)
        linear_light = _LINEAR_LIGHT.parse(linear_light)
        self._own_stages = tuple(stages)
        self.outputs = checked_outputs(outputs)
        self.like = None if like is None else LIKE.parse(like)
        self.measures = checked_measures(measure, stages, self.outputs)
        named = {image for one in self.measures.values() for image in one.images}
        wiring = wire(alike(stages, self.like), self.outputs, linear_light=linear_light, measured=named)
        self.wiring = wiring.stored
        self.stages = self.wiring.stages
        self.dtype = None if dtype is None else dtype_name(dtype)
        self.linear_light = linear_light
        self.missing = None if missing is None else MISSING.parse(missing)
        self.name = _NAME.parse(name)
        self.engine = Engine(self.wiring, self.border, self.dtype, backend, self.missing)
        self.gauge = Gauge(self.engine, wiring, self.measures) if self.measures else None
        self.backend = self.engine.backend
        self._stack = None if reader_of(self.stages) is None else StackEngine(self.engine)
        self._asked = backend
        self._usual = lru_cache(maxsize=64)(self._run_of_plain)

    @classmethod
    def from_yaml(
        cls, path: str | Path, *, backend: str | None = None, allow_plugins: bool = False
    ) -> Pipeline:
        r"""Return the pipeline of a config that holds one job.

        Parameters
        ----------
        path : path or str
            Of a file; or the YAML itself, a str with a newline.
        backend : str, optional
            Overrides the config's.
        allow_plugins : bool
            Run the packages that the config names below ``plugins``.

        Raises
        ------
        ConfigError
            If the config is wrong, or holds several jobs; the message has file, line and column.

        Examples
        --------
        >>> Pipeline.from_yaml("stages:\n  - edge: sobel\n")
        Pipeline([stage('edge', 'sobel')])
        """
        is_text = isinstance(path, str) and "\n" in path
        with allowed(allow_plugins):
            jobs = config.load_text(str(path)) if is_text else config.load(path)
        if len(jobs) > 1:
            names = ", ".join(job.name for job in jobs)
            raise ConfigError(
                f"holds {len(jobs)} jobs ({names}); one is needed here", "<text>" if is_text else str(path)
            )
        return cls.from_job(jobs[0], backend=backend)

    @classmethod
    def from_dict(
        cls, mapping: Mapping[str, Any], *, backend: str | None = None, allow_plugins: bool = False
    ) -> Pipeline:
        """Return the pipeline of a config given as a mapping, with the keys of the YAML file.

        Examples
        --------
        >>> Pipeline.from_dict({"stages": [{"edge": "sobel", "stride": 2}]}).plan((480, 640)).extent
        (240, 320)
        """
        with allowed(allow_plugins):
            return cls.from_job(config.from_dict(mapping), backend=backend)

    @classmethod
    def from_job(cls, job: config.Job, *, backend: str | None = None) -> Pipeline:
        """Return the pipeline of a validated job; `backend` overrides the job's."""
        return cls(
            job.stages,
            border=job.border,
            dtype=job.dtype,
            linear_light=job.linear_light,
            missing=job.missing,
            like=job.like,
            backend=job.backend if backend is None else backend,
            name=job.name,
            outputs={name: output.source for name, output in job.outputs.items()},
            measure=job.measures,
        )

    def plan(
        self,
        shape: Sequence[int],
        dtype: str = "uint8",
        alpha: bool = False,
        *,
        channel_axis: int | None = None,
    ) -> Plan:
        """Work out every stage's output extent, range, halo and cost, with no pixel read.

        Parameters
        ----------
        shape : tuple of int
            Of the image.
        dtype : str
            Of the image.
        alpha, channel_axis
            As in a call.

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
        return self.engine.plan(arrays.channels_last(checked_shape(shape), channel_axis), dtype, alpha)

    def __call__(  # noqa: PLR0913 - as one calls NumPy, options by their names
        self,
        image: Any,
        dtype: str | None = None,
        *,
        out: NDArray[Any] | None = None,
        threads: int | None = None,
        channel_axis: int | str | None = None,
        alpha: bool = False,
        mask: Any = None,
    ) -> Any:
        """Filter one image.

        Parameters
        ----------
        image : array_like, shape (rows, cols) or (rows, cols, channels)
            All channels are data. More than 4 of them need `channel_axis`. A DataArray that holds a dask
            array is filtered lazily, by :meth:`map_blocks`.
        dtype : str, optional
            Of the result: ``"float32"`` gives it unrounded. Default: the last stage's ``dtype``, or that of
            the image. Of a bool image it is bool where all values are 0 or 1 by the nature of the stages
            (a threshold, an inverse), else uint8, in which True is 1.
        out : ndarray, optional
            Receives the result and is returned; of the planned shape and dtype. It may overlap `image`.
        threads : int, optional
            1 runs on the calling thread and releases the GIL, so that many threads filter an image
            each; None uses every core. The result has the same bytes either way.
        channel_axis : int or str, optional
            The axis of the channels, or of a DataArray its dim; default: the last of three.
        alpha : bool
            Whether the last channel is alpha.
        mask : array_like, shape (rows, cols), optional
            0, or False, where a pixel is missing and counts for nothing. In a result `missing` stands for
            it, by default NaN, or 0 where that is of integers; where there is alpha, that is 0.

        Returns
        -------
        ndarray or DataArray, or dict of them
            Of the planned extent, channels where they were; with `outputs`, all results by name. An
            xarray.DataArray gives one of the same dims, name and attrs, whose coordinates follow stride and
            padding.

        Warns
        -----
        RuntimeWarning
            If NaNs became 0 in integers, or finite samples infinite in float16, with their number; and of
            what a function of a library says of the image, as a watershed that finds one basin.

        Raises
        ------
        ParameterError
            If this is no image, or its dtype is not computed with; the message names the cast that is.
        PlanError
            If a stage's window does not fit in its input.
        AllocationError
            If there is no memory for the result; it is a MemoryError, too.

        Examples
        --------
        >>> import numpy as np
        >>> from convpipe import stage
        >>> p = Pipeline([stage("blur", "box", size=3)])
        >>> p(np.zeros((5, 48, 64), "uint16"), channel_axis=0).shape
        (5, 48, 64)
        >>> p(np.zeros((48, 64, 4), "uint8"), alpha=True).shape
        (48, 64, 4)
        """
        # To look at all that a call may ask for takes as long as a small image; most ask for nothing.
        plain = dtype is None and out is None and channel_axis is None and mask is None and alpha is False
        if plain and type(image) is np.ndarray:
            run = self._usual(image.shape, image.dtype)
            if run is not None:
                result, losses = run(image, checked_threads(threads))
                if losses is not NO_LOSSES:
                    _warn_of(losses.notes)
                return result
        if not isinstance(image, np.ndarray) and out is None and mask is None:
            labelled, held = arrays.unlabelled(image)
            if labelled is not None and arrays.is_lazy(held):
                return self.map_blocks(image, dtype, channel_axis=channel_axis, alpha=alpha)
        given = arrays.take(image, channel_axis, self.engine, alpha)
        nodata = given.nodata(self.missing) if self.missing == "file" else None
        shown = None if mask is None else arrays.take_mask(mask)
        dtype = None if dtype is None else dtype_name(dtype)
        if out is not None:
            if self.outputs:
                raise ParameterError("out takes one result, and this pipeline gives several", "out")
            plan = self.engine.plan(given.pixels.shape, given.pixels.dtype.name, alpha)
            arrays.check_out(out, given.shape_of(plan), dtype or plan.output_dtype)
        outputs = self.engine.outputs if self._stack is None else self._stack.outputs
        with heard() as said:
            results, losses = outputs(given.pixels, threads, dtype, alpha=alpha, nodata=nodata, mask=shown)
        if said or losses is not NO_LOSSES:
            _warn_of((*losses.notes, *said))
        if self.outputs:
            return {name: given.wrapped(each, self.engine, alpha, name) for name, each in results.items()}
        (result,) = results.values()
        if out is not None:
            np.copyto(out, given.restored(result))
            return out
        return given.wrapped(result, self.engine, alpha)

    def _run_of_plain(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Executable | None:
        """Return what filters arrays where a call asks for nothing; None if there is more to find out."""
        if self._stack is not None or self.outputs or not arrays.is_plain(shape, dtype):
            return None
        return self.engine.run_of(shape, dtype)

    def map_blocks(
        self,
        image: Any,
        dtype: str | None = None,
        *,
        channel_axis: int | str | None = None,
        page_axis: int | str | Sequence[int | str] = (),
        alpha: bool = False,
    ) -> Any:
        """Filter a dask array chunk by chunk, lazily: nothing is computed until the result is.

        Each chunk of the result is a task, on one core, that reads what it needs of the image beyond its own
        chunk. The bytes are those of a call with the whole image, whatever the chunks; those of the result
        lie where those of the image do.

        Parameters
        ----------
        image : dask.array.Array or DataArray
            Of shape (rows, cols) or (rows, cols, channels), and axes of pages. Chunks may be of any size.
        dtype, channel_axis, alpha
            As in a call.
        page_axis : int or str, or a sequence of them
            The axes of pages, each of which is an image by itself; of a DataArray they may be dims.

        Returns
        -------
        dask.array.Array or DataArray, or dict of them
            With `outputs`, all results by name; their tasks make them together.

        Raises
        ------
        ParameterError
            If this is no dask array, its axes are no image, or its dtype is not computed with.
        PlanError
            If a stage's window does not fit, or a stage needs all of an image (a level of Otsu, a function of
            a library, a large kernel) that has several chunks; the message says which, and what to do.

        Notes
        -----
        Tasks run on the processor, whatever the backend.

        Examples
        --------
        >>> import dask.array
        >>> from convpipe import stage
        >>> image = dask.array.zeros((1000, 1500), dtype="uint8", chunks=(400, 500))
        >>> Pipeline([stage("blur", "gaussian", sigma=2), stage("edge", "sobel", stride=2)]).map_blocks(image)
        dask.array<convpipe, shape=(500, 750), dtype=uint8, chunksize=(200, 250), chunktype=numpy.ndarray>
        """
        options = blocks.Options(dtype, channel_axis, page_axis, alpha)
        results = blocks.map_blocks(self.engine, self, image, options)
        return results if self.outputs else results[RESULT]

    def measure(
        self,
        image: Any,
        *,
        threads: int | None = None,
        channel_axis: int | str | None = None,
        alpha: bool = False,
        mask: Any = None,
    ) -> dict[str, float]:
        """Return the numbers of one image that `measure` names, in that order; NaN of no sample.

        Those of channels are ``NAME.0``, ``NAME.1``, ..., and of objects ``NAME.count``, ``NAME.mean``,
        ``NAME.min`` and ``NAME.max``. What is missing, and what alpha hides, counts for nothing.

        Parameters
        ----------
        image, threads, channel_axis, alpha, mask
            As in a call.

        Raises
        ------
        ParameterError
            If the pipeline measures nothing, or this is no image.
        PlanError
            If a stage's window does not fit in its input, a box is not within its image, or an image has no
            labels where it should.

        Examples
        --------
        >>> import numpy as np
        >>> from convpipe import stage
        >>> how = {"level": {"formula": "mean(input)", "per": "channel"}, "brightest": "max(input)"}
        >>> p = Pipeline([stage("blur", "box", size=3)], measure=how)
        >>> p.measure(np.full((4, 5, 2), (3, 8), "uint8"))
        {'level.0': 3.0, 'level.1': 8.0, 'brightest': 8.0}
        """
        return self._measured(image, threads, channel_axis, alpha, mask).numbers

    def measure_objects(
        self,
        image: Any,
        *,
        threads: int | None = None,
        channel_axis: int | str | None = None,
        alpha: bool = False,
        mask: Any = None,
    ) -> dict[str, dict[str, NDArray[Any]]]:
        """Return the numbers of each object of one image, as tables by the names of the labels.

        A table is a dict of columns, as that of :func:`skimage.measure.regionprops_table`: ``label``,
        ``area``, ``centroid-0`` (row), ``centroid-1``, ``bbox-0`` (top), ``bbox-1`` (left), ``bbox-2``,
        ``bbox-3``, the input's ``intensity_mean``, ``intensity_min`` and ``intensity_max`` if it has the
        extent of the labels, and the measures. Colours count together.

        Parameters
        ----------
        image, threads, channel_axis, alpha, mask
            As in a call.

        Raises
        ------
        ParameterError, PlanError
            As in :meth:`measure`.

        Examples
        --------
        >>> import numpy as np
        >>> from convpipe import stage
        >>> spread = {"formula": "std(input)", "per": "labels", "labels": "spots"}
        >>> p = Pipeline([stage("objects", "label", name="spots")], measure={"spread": spread})
        >>> found = p.measure_objects(np.array([[5, 5, 0], [0, 0, 9]], "uint8"))["spots"]
        >>> found["label"], found["area"], found["spread"]
        (array([1, 2]), array([2, 1]), array([0., 0.]))
        """
        measured = self._measured(image, threads, channel_axis, alpha, mask)
        return {one.labels: one.columns for one in measured.objects}

    def _measured(
        self, image: Any, threads: int | None, channel_axis: int | str | None, alpha: bool, mask: Any
    ) -> Measured:
        if self.gauge is None:
            raise ParameterError("the pipeline measures nothing: give it measure={name: formula}", "measure")
        given = arrays.take(image, channel_axis, self.engine, alpha)
        nodata = given.nodata(self.missing) if self.missing == "file" else None
        shown = None if mask is None else arrays.take_mask(mask)
        return self.gauge.outputs(given.pixels, threads, alpha=alpha, nodata=nodata, mask=shown)

    def stack(
        self, pages: Any, dtype: str | None = None, *, page_axis: int = 0, threads: int | None = None
    ) -> NDArray[Any]:
        """Filter the pages of a stack: one by one, or all together where a stage is a projection.

        Parameters
        ----------
        pages : array_like, shape (pages, rows, cols) or (pages, rows, cols, channels)
            All channels are data.
        dtype : str, optional
            As in a call.
        page_axis : int
            The axis of the pages.
        threads : int, optional
            As in a call.

        Returns
        -------
        ndarray
            As many pages along the same axis; after a projection the one page, without it.

        Raises
        ------
        ParameterError
            If this is no stack, or the pipeline gives several results.

        Examples
        --------
        >>> import numpy as np, convpipe
        >>> stack = np.arange(24, dtype="uint8").reshape(2, 3, 4)
        >>> Pipeline([convpipe.stage("projection", "maximum")]).stack(stack)[0]
        array([12, 13, 14, 15], dtype=uint8)
        >>> Pipeline([convpipe.stage("blur", "box")]).stack(stack).shape
        (2, 3, 4)
        """
        given = np.asarray(pages)
        if given.ndim not in (3, 4) or not given.size:
            needed = "(pages, rows, cols) or (pages, rows, cols, channels), with pixels"
            raise ParameterError(f"a stack is {needed}; given {given.shape}", "pages")
        if self.outputs:
            raise ParameterError("a stack has one result, and this pipeline gives several", "outputs")
        along = np.moveaxis(given, page_axis, 0)
        dtype_name(along.dtype)
        dtype = None if dtype is None else dtype_name(dtype)
        each = map(np.ascontiguousarray, along)
        with heard() as said:
            if self._stack is not None:
                filtered = self._stack.filter(each, len(along), threads, dtype)
                results, losses = list(filtered), filtered.losses
            else:
                made = [self.engine.filter(page, threads, dtype) for page in each]
                results, losses = [page for page, _ in made], sum((lost for _, lost in made), NO_LOSSES)
        _warn_of((*losses.notes, *said))
        if self._stack is not None and self._stack.projects:
            return results[0]
        return np.moveaxis(np.stack(results), 0, page_axis)

    def source(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> str:
        """Return the generated Python that filters an image of `shape` and `dtype`."""
        return self.engine.source(shape, dtype, alpha)

    def warm(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> None:
        """Compile what filters an image of `shape` and `dtype`, on one core and on all."""
        self.engine.warm(shape, dtype, alpha)
        if self._stack is not None:
            self._stack.warm(shape, dtype)

    def run_folder(self, input: str | Location, output: str | Location, **options: Any) -> Report:
        """Filter every image under `input` into a mirrored tree under `output`.

        Results beside the last stage's go into trees below the folders of their names, there.

        Parameters
        ----------
        input, output : path, Url or str
            Of a str, ``~`` is the home folder, and ``s3://...`` and the like a URL.
        **options
            As for :func:`convpipe.batch.run_folder`; and `cluster`, a Dask cluster whose workers filter the
            images: ``"local:4"`` for four processes here, the address of a scheduler, or a
            :class:`distributed.Client`.

        Returns
        -------
        Report
            Counts, failures with their reasons, and the output size of every stage per input size.

        Raises
        ------
        BackendError
            If no loop can be compiled or run here: looked at before any image is read.
        JobError
            If the job cannot start.
        """
        self.engine.check()
        accept = dict(options.pop("accept", ())).items()
        options["accept"] = {name: make_range(name, given, self.measures) for name, given in accept}
        options = {"gauge": self.gauge, "name": self.name, **options}
        if (cluster := options.pop("cluster", None)) is None:
            report = batch.run_folder(self.engine, located(input), located(output), **options)
        else:
            report = _clusters().run_folder(self, cluster, located(input), located(output), **options)
        return replace(report, backend=self.engine.describe())


def _clusters() -> ModuleType:
    """Return the package that runs jobs on clusters; it needs Dask.

    Raises
    ------
    JobError
    """
    try:
        from convpipe import cluster
    except ImportError as error:
        raise JobError(f"a cluster needs {error.name}: pip install 'convpipe[dask]'") from None
    return cluster


def _warn_of(notes: Sequence[str]) -> None:
    """Warn the caller of a pipeline of what was lost and what was said, as NumPy warns of a cast."""
    for note in notes:
        warnings.warn(note, RuntimeWarning, stacklevel=3)
