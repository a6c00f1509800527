"""One image on its way from the input folder to the output folder."""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from convpipe import images
from convpipe.batch.budget import Need
from convpipe.batch.isolate import DecoderLost
from convpipe.batch.outputs import result_folder
from convpipe.batch.resume import holds
from convpipe.batch.state import Run
from convpipe.errors import ConvpipeError, JobError, PlanError, ReadError, WriteError
from convpipe.images import Encoded, File, ImageInfo, OpenFile, Page
from convpipe.plan import Plan
from convpipe.report import ImageResult, printable

DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""What no later image would be spared."""

SMALL = 1 << 20
"""Samples below which an image is filtered by one thread: before others were awake it would be done."""


class _Dropped(Exception):  # noqa: N818
    """The run was stopped before this image was done."""


class Work:
    """An image, where on its way it is, and what is known of it so far.

    Parameters
    ----------
    run : Run
    relative, target : Path
        The image and its result, relative to their folders.
    """

    def __init__(self, run: Run, relative: Path, target: Path) -> None:
        self._run, self._job, self._relative, self._target = run, run.job, relative, target
        self._stage = "read"
        self._began = time.perf_counter()
        self._known = ImageResult(str(relative), "failed")

    def run(self, *, again: bool = False) -> ImageResult | None:
        """Return what became of the image; every failure becomes a result. None: the run was stopped.

        Parameters
        ----------
        again : bool
            Whether its decoder was lost once, and it is now tried with no other image beside it.

        Raises
        ------
        DecoderLost
            The process that decoded the image crashed or hung, and it is not yet tried again.
        """
        try:
            return self._filter()
        except _Dropped:
            return None
        except DecoderLost as error:
            if self._run.stop.is_set():  # which ends the decoders
                return None
            if not again:
                raise
            return replace(self._failure("read", f"{error}, twice; quarantined"), quarantined=True)
        except JobError as error:
            self._run.give_up(str(error))
            return None
        except PlanError as error:
            return self._failure(error.stage or "plan", str(error))
        except ConvpipeError as error:
            if isinstance(error, WriteError) and error.errno in DISK_FULL:
                self._run.give_up(f"as no file can be written to the output ({os.strerror(error.errno)})")
            return self._failure(self._stage, str(error))
        except MemoryError:
            return self._failure(self._stage, "not enough memory")
        except Exception as error:  # a defect of ours or of a library: this image fails, not the run
            return self._failure(self._stage, f"{type(error).__name__}: {error}")

    def _enter(self, stage: str) -> None:
        """Begin a step, unless the run was stopped."""
        if self._run.stop.is_set():
            raise _Dropped
        self._stage = stage

    def _learn(self, **fields: Any) -> None:
        self._known = replace(self._known, **fields)

    def _note(self, notes: Sequence[str]) -> None:
        """Keep notes that are new."""
        self._learn(notes=tuple(dict.fromkeys([*self._known.notes, *map(printable, notes)])))

    def _result(self, **fields: Any) -> ImageResult:
        return replace(self._known, seconds=round(time.perf_counter() - self._began, 6), **fields)

    def _failure(self, stage: str, reason: str) -> ImageResult:
        return self._result(stage=stage, reason=printable(reason))

    def _filter(self) -> ImageResult:
        """Whatever can be refused from names and headers is, before a pixel is decoded."""
        self._enter("write")
        if self._exists() and not (self._job.overwrite or self._job.resume):
            raise images.already_exists()
        self._enter("read")
        with self._run.open(self._relative) as file:
            seen, digest = self._look(file)
            kept = self._run.past.settled(self._relative, digest, self._run.output, self._target)
            if kept is not None:
                return kept
            infos = self._probe(file)
            plans = self._plan(infos)
            with self._run.budget.share(self._need(seen[0], infos, plans)):
                encoded = self._encode(file, infos, plans)
                self._note(encoded.notes)
                if file.stamp() != seen:
                    raise changed()
                self._enter("write")
                return self._save(encoded)

    def _exists(self) -> bool:
        """Tell whether the name of the result is taken."""
        try:
            with result_folder(self._run.output, self._target) as folder:
                return folder.exists(self._target.name)
        except FileNotFoundError:
            return False

    def _look(self, file: OpenFile) -> tuple[tuple[int, ...], str]:
        """Return what tells whether the file was changed, and the hash of its content."""
        seen = file.stamp()
        self._run.reader.limits.check_file(seen[0])
        self._learn(bytes_read=seen[0])
        try:
            digest = images.digest_file(file)
        except OSError as error:
            raise ReadError(f"cannot read: {error.strerror or error}") from error
        self._learn(input_hash=digest)
        return seen, digest

    def _plan(self, infos: Sequence[ImageInfo]) -> list[Plan]:
        """Plan every page, and refuse a result that its format cannot hold."""
        self._enter("plan")
        plans = [self._run.engine.plan(info.shape, info.dtype, info.alpha) for info in infos]
        extents = tuple((stage.name, stage.extent) for stage in plans[0].stages)
        pixels = sum(math.prod(info.extent) for info in infos)
        self._learn(input=infos[0].extent, stages=extents, pages=len(infos), pixels=pixels)
        for plan in plans:
            self._run.warnings.update(dict.fromkeys(plan.saturations))
        self._enter("write")
        for plan in plans:
            images.check_output(
                channels=plan.output_channels,
                alpha=plan.alpha,
                dtype=plan.output_dtype,
                extent=plan.extent,
                pages=len(infos),
                **self._encoding(infos),
            )
        return plans

    def _need(self, file_bytes: int, infos: Sequence[ImageInfo], plans: Sequence[Plan]) -> Need:
        """Return the memory that it will take."""
        self._enter("plan")
        threads = max(self._threads(plan.input_samples) or os.cpu_count() or 1 for plan in plans)
        encoder = images.FORMATS[self._encoding(infos)["format"]].encoder
        return Need.of(file_bytes, plans, threads=threads, encoder=encoder, isolated=self._job.isolate)

    def _threads(self, samples: int) -> int | None:
        """Return how many threads filter an image of so many samples; None for all."""
        return 1 if samples < SMALL else self._run.threads

    def _encoding(self, infos: Sequence[ImageInfo]) -> dict[str, Any]:
        return self._job.encoding(images.format_of(self._target) or self._job.format or infos[0].format)

    def _encode(self, file: OpenFile, infos: Sequence[ImageInfo], plans: Sequence[Plan]) -> Encoded:
        """Return the content of the result."""
        self._enter("read")
        encoding = self._encoding(infos)
        if len(infos) > 1:
            return self._encode_pages(file, infos, plans, encoding["compression"])
        page = self._apply(self._run.reader.read(file), infos[0], plans[0])
        return images.encode(page.pixels, page.metadata, alpha=page.alpha, sampling=page.sampling, **encoding)

    def _probe(self, file: OpenFile) -> tuple[ImageInfo, ...]:
        """Return the headers of all pages that are filtered."""
        info = self._run.reader.probe(file)
        if info.frames > 1 and images.FORMATS[info.format].pages:
            return self._run.reader.probe_pages(file)
        return (info,)

    def _apply(self, image: images.Image, info: ImageInfo, plan: Plan) -> Page:
        """Filter an image, or a page."""
        if image.pixels.shape[:2] != info.extent:
            raise changed()
        self._note(image.notes)
        self._enter("filter")
        threads = self._threads(image.pixels.size)
        result, nans = self._run.engine.filter(image.pixels, threads, alpha=image.alpha)
        self._learn(nans=self._known.nans + nans)
        self._enter("write")
        return Page(result, image.alpha, image.metadata, plan.sampling)

    def _encode_pages(
        self, file: OpenFile, infos: Sequence[ImageInfo], plans: Sequence[Plan], compression: int | None
    ) -> Encoded:
        """Read, filter and encode the pages one by one: one is in memory at a time."""
        nbytes = sum(plan.output_bytes for plan in plans)
        pages = self._run.reader.read_pages(file, len(infos))

        def results() -> Iterator[Page]:
            for info, plan in zip(infos, plans, strict=True):
                self._enter("read")
                yield self._apply(next(pages), info, plan)

        return images.encode_pages(results(), compression=compression, nbytes=nbytes, folder=self._run.output)

    def _save(self, encoded: Encoded) -> ImageResult:
        """Write the result, or find that it is there: a run may have died between a file and its record."""
        run, target, size, digest = self._run, self._target, encoded.size, encoded.digest
        replaces = run.job.overwrite or run.past.made(target)
        if replaces or not (run.job.resume and holds(run.output, target, size, digest)):
            with result_folder(run.output, target, make=True) as folder:
                images.save_all([File(folder, target.name, encoded.pieces, replaces)], run.drafts)
        return self._result(status="done", output=str(target), bytes_written=size, output_hash=digest)


def changed() -> ReadError:
    """Return the error for an image that is another one by now."""
    return ReadError("the file was changed while it was read")
