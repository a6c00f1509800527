"""One image on its way from the input folder to the output folder."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import images, subject
from convpipe.batch.again import may_pass
from convpipe.batch.budget import Need
from convpipe.batch.course import Course, Dropped
from convpipe.batch.destination import NewFile
from convpipe.batch.encode import Place, ResultEncoder
from convpipe.batch.given import Given, OneFile, Stamp, changed, check_alike, check_axes, check_sizes
from convpipe.batch.isolate import DecoderLost
from convpipe.batch.masks import mask_bytes_of, opened_mask, read_mask
from convpipe.batch.outputs import Targets
from convpipe.batch.reader import Opened
from convpipe.batch.state import Engine, Run
from convpipe.batch.store_result import dropping
from convpipe.batch.streamed import Giant, giant_of
from convpipe.errors import ConvpipeError, ImageError, JobError, PlanError, ReadError, WriteError
from convpipe.images import Encoded, ImageInfo, Metadata, OpenFile, Page
from convpipe.losses import Losses
from convpipe.measures import Gauge
from convpipe.plan import Plan
from convpipe.regions import BYTES
from convpipe.remarks import heard
from convpipe.report import ImageResult, ResultFile, objects
from convpipe.stack import Subjects
from convpipe.stages.wiring import RESULT
from convpipe.streaming.watch import Watch

DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""What no later image would be spared."""

MOST_OF_A_PICTURE = 4
"""Channels, beyond which a report counts those of a result."""

SMALL = 1 << 20
"""Samples below which an image is filtered by one thread: before others were awake it would be done."""


class Work:
    """An image, where on its way it is, and what is known of it so far.

    Parameters
    ----------
    run : Run
    relative : Path
        The image, relative to the input folder.
    targets : tuple of Path
        Its results, relative to the output folder, in the order of those of the run.
    """

    def __init__(self, run: Run, relative: Path, targets: Targets) -> None:
        self._run, self._job, self._relative, self._targets = run, run.job, relative, targets
        self.may_pass = False
        self._course = Course(relative, run.stop)
        self._losses = Losses()
        self._shown: NDArray[np.bool_] | None = None  # by the mask

    def run(self, *, tries: int = 1, last: bool = False) -> ImageResult | None:
        """Return what became of the image; every failure becomes a result. None: the run was stopped.

        Whether what failed may succeed at another time stands in ``may_pass`` then.

        Parameters
        ----------
        tries : int
            Which of them this is, from 1.
        last : bool
            Whether it is given up if its decoder is lost.

        Raises
        ------
        DecoderLost
            The process that decoded the image crashed or hung, and it is to be tried again.
        """
        try:
            return self._filter()
        except Dropped:
            return None
        except DecoderLost as error:
            if self._run.stop.is_set():  # which ends the decoders
                return None
            if not last:
                raise
            often = "twice" if tries == 2 else f"{tries} times"
            return self._quarantined("read", f"{error}, {often}")
        except JobError as error:
            self._run.give_up(str(error))
            return None
        except PlanError as error:
            return self._course.failure(error.stage or "plan", str(error))
        except ConvpipeError as error:
            if isinstance(error, WriteError) and error.errno in DISK_FULL:
                self._run.give_up(f"as no file can be written to the output ({os.strerror(error.errno)})")
            self.may_pass = may_pass(error)
            return self._course.failure(self._course.stage, str(error))
        except MemoryError:
            self.may_pass = True
            return self._course.failure(self._course.stage, "not enough memory")
        except Exception as error:  # a defect of ours or of a library: this image fails, not the run
            self.may_pass = may_pass(error)
            return self._course.failure(self._course.stage, f"{type(error).__name__}: {error}")

    def quarantine(self, reason: str) -> ImageResult:
        """Return the result of an image whose workers died; while its file stays so, it is left alone."""
        try:
            with self._run.given(self._relative) as given, self._mask() as mask:
                self._look([given, *([OneFile(mask)] if mask is not None else [])])
        except (ConvpipeError, OSError):  # gone by now: what is left to say is the reason
            pass
        return self._quarantined("worker", reason)

    def _quarantined(self, stage: str, reason: str) -> ImageResult:
        return replace(self._course.failure(stage, f"{reason}; quarantined"), quarantined=True)

    def _filter(self) -> ImageResult:
        """Whatever can be refused from names and headers is, before a pixel is decoded."""
        self._course.enter("write")
        if self._exists() and not (self._job.overwrite or self._job.resume):
            raise images.already_exists()
        self._course.enter("read")
        with self._run.given(self._relative) as given, self._mask() as mask:
            files = [given, *([OneFile(mask)] if mask is not None else [])]
            seen, hashes = self._look(files)
            kept = self._kept(hashes)
            if kept is not None:
                return kept
            with given.open(self._run.reader) as image, self._opened_mask(mask) as shown:
                mask_bytes = mask_bytes_of(shown, image.infos)
                plans = self._plan(image.infos)
                made = slice(None if self._run.stack is None else self._run.stack.made(len(plans)))
                encoder = self._encoder(image.infos[made], plans[made])
                measured = plans if self._run.gauge is None else self._planned(self._run.gauge, image.infos)
                need = self._need(max(size for size, *_ in seen[0]), measured, encoder, mask_bytes)
                giant = giant_of(self._run, image, shown, plans, encoder, need)
                with self._run.budget.share(need if giant is None else giant.need):
                    if giant is None:
                        self._shown = None if shown is None else read_mask(shown)
                        pages = self._pages if self._run.stack is None else self._stacked
                        encoded = encoder.encode(pages(image, plans))
                    else:
                        encoded = self._streamed(giant)
                    with dropping(encoded):
                        self._course.note(encoder.notes(encoded))
                        if [each.stamps() for each in files] != seen:
                            raise changed()
                        self._course.enter("write")
                        return self._save(encoder.files, encoded)

    def _exists(self) -> bool:
        """Tell whether the name of a result is taken; those of pages are not known yet."""
        pairs = zip(self._targets, self._run.results, strict=True)
        return any(self._run.output.taken(target) for target, result in pairs if not result.encoding.apart)

    def _mask(self) -> AbstractContextManager[OpenFile | None]:
        """Open the mask of the image, if there are masks."""
        masks = self._run.masks
        return nullcontext() if masks is None else masks.open(self._relative)

    def _kept(self, hashes: tuple[str, str | None]) -> ImageResult | None:
        """Return what an earlier run settled, if the image and all its results are as it left them."""
        run = self._run
        targets = {
            result.name: (target, result.encoding.apart)
            for result, target in zip(run.results, self._targets, strict=True)
        }
        return run.past.settled(self._relative, hashes, run.output, targets)

    def _look(self, files: Sequence[Given]) -> tuple[list[list[Stamp]], tuple[str, str | None]]:
        """Return what tells whether the image and its mask were changed, and the hashes of their content."""
        seen = [file.seen() for file in files]
        self._course.learn(bytes_read=sum(check_sizes(each, self._run.reader.limits) for each in seen))
        try:
            digest, *of_mask = (file.digest() for file in files)
        except OSError as error:
            raise ReadError(f"cannot read: {error.strerror or error}") from error
        hashes = digest, of_mask[0] if of_mask else None
        self._course.learn(input_hash=hashes[0], mask_hash=hashes[1])
        return seen, hashes

    def _plan(self, infos: Sequence[ImageInfo]) -> list[Plan]:
        """Plan every page."""
        self._course.enter("plan")
        engine = self._run.engine
        if self._run.stack is not None:
            check_alike(infos, self._run.stack.reader, nodata=engine.missing == "file")
        plans = self._planned(engine, infos)
        if engine.missing == "file" and all(info.nodata is None and not info.alpha for info in infos):
            self._course.note(["the file says of no value that it is nodata; nothing is missing"])
        extents = tuple((stage.name, stage.extent) for stage in plans[0].stages)
        pixels = sum(math.prod(info.extent) for info in infos)
        made = plans[0].nodes[plans[0].outputs[-1].node].channels
        many = made if made > MOST_OF_A_PICTURE else None
        self._course.learn(
            input=infos[0].extent, stages=extents, channels=many, pages=len(infos), pixels=pixels
        )
        for plan in plans:
            self._run.warn(plan.notes)
        return plans

    def _planned(self, engine: Engine | Gauge, infos: Sequence[ImageInfo]) -> list[Plan]:
        masked = self._run.masks is not None
        plans = []
        for info in infos:
            with subject.called(self._relative, info.number):
                plans.append(
                    engine.plan(info.shape, info.dtype, info.alpha, nodata=info.nodata, masked=masked)
                )
        return plans

    def _encoder(self, infos: Sequence[ImageInfo], plans: Sequence[Plan]) -> ResultEncoder:
        """Return what encodes the results, and refuse those that their formats cannot hold."""
        self._course.enter("write")
        encoder = ResultEncoder(self._run, self._targets, infos, plans)
        encoder.check()
        paths = [file.path for file in encoder.files if file.page is not None]
        if any(map(self._run.output.taken, paths)) and not (self._job.overwrite or self._job.resume):
            raise images.already_exists()
        return encoder

    def _need(self, file_bytes: int, plans: Sequence[Plan], encoder: ResultEncoder, mask_bytes: int) -> Need:
        """Return the memory that it will take."""
        self._course.enter("plan")
        threads = max(self._threads(plan.input_samples) or os.cpu_count() or 1 for plan in plans)
        return Need.of(
            file_bytes,
            plans,
            threads=threads,
            encoders=encoder.pixel_bytes,
            isolated=self._job.isolate,
            mask=mask_bytes,
        ).beside(self._stack_bytes(plans) + self._object_bytes(plans))

    def _stack_bytes(self, plans: Sequence[Plan]) -> int:
        """Return the memory of all pages together, where a stage reads them so."""
        if self._run.stack is None:
            return 0
        plan = plans[0]
        shape = (*plan.input, plan.channels)
        with subject.called(self._relative):
            return self._run.stack.held_bytes(shape, plan.dtype, len(plans))

    def _object_bytes(self, plans: Sequence[Plan]) -> int:
        """Return the memory that numbers of objects take, if objects are everywhere."""
        gauge = self._run.gauge
        if gauge is None or not gauge.of_objects:
            return 0
        return BYTES * max(math.prod(node.extent) for plan in plans for node in plan.nodes)

    def _threads(self, samples: int) -> int | None:
        """Return how many threads filter an image of so many samples; None for all."""
        return 1 if samples < SMALL else self._run.threads

    def _opened_mask(self, mask: OpenFile | None) -> AbstractContextManager[Opened | None]:
        """Read the header of the mask, if there is one."""
        return nullcontext() if mask is None else opened_mask(self._run.reader, mask)

    def _apply(self, image: images.Image, info: ImageInfo, plan: Plan) -> list[Page]:
        """Filter a page of an image, or all of it; return its results."""
        if image.pixels.shape[:2] != info.extent:
            raise changed()
        self._course.note(image.notes)
        self._course.enter("filter")
        threads = self._threads(image.pixels.size)
        with subject.called(self._relative, info.number), heard() as said:
            results = self._filtered(image.pixels, threads, alpha=image.alpha, nodata=info.nodata)
        self._course.note(said)
        self._course.learn(nans=self._losses.nans, overflows=self._losses.overflows)
        self._course.enter("write")
        return [
            Page(
                results[output.name],
                image.alpha,
                self._meant(image.metadata, kept=plan.keeps_values(output.node)),
                plan.sampling(output.node),
            )
            for output in plan.outputs
        ]

    def _meant(self, metadata: Metadata, *, kept: bool) -> Metadata:
        """Return what metadata says of a result; less, where its values are not kept."""
        if kept:
            return metadata
        notes: list[str] = []
        found = metadata.revalued(notes)
        self._course.note(notes)
        return found

    def _filtered(
        self, pixels: NDArray[Any], threads: int | None, *, alpha: bool, nodata: float | None
    ) -> dict[str, NDArray[Any]]:
        """Return the results of a page; keep what was lost, and what is measured."""
        gauge = self._run.gauge
        if gauge is None:
            results, losses = self._run.engine.outputs(
                pixels, threads, alpha=alpha, nodata=nodata, mask=self._shown
            )
        else:
            made = gauge.outputs(pixels, threads, alpha=alpha, nodata=nodata, mask=self._shown)
            results, losses = made.results, made.losses
            pages = self._course.known.get("measures", ())
            self._course.learn(measures=(*pages, tuple(made.numbers.items())))
            if gauge.of_objects:
                tables = self._course.known.get("objects", ())
                self._course.learn(objects=(*tables, objects.lines_of(made.objects, gauge.of_objects)))
        self._losses += losses
        return results

    def _streamed(self, giant: Giant) -> list[Encoded]:
        """Filter an image band by band; its seconds are shared out by what threads were busy with."""
        self._course.enter("filter")
        watch = Watch(self._course.go_on)
        try:
            encoded, losses, notes = giant.encode(watch)
        except ImageError as error:
            self._course.stage = "write" if isinstance(error, WriteError) else "read"
            raise
        self._course.share_out(watch)
        self._losses += losses
        self._course.learn(nans=losses.nans, overflows=losses.overflows)
        self._course.note([*notes, *giant.notes])
        return encoded

    def _pages(self, image: Opened, plans: Sequence[Plan]) -> Iterator[list[Page]]:
        """Read and filter the pages one by one, and yield the results of each: one is in memory at a time."""
        for info, plan in zip(image.infos, plans, strict=True):
            self._course.enter("read")
            yield self._apply(image.read_page(), info, plan)

    def _stacked(self, image: Opened, plans: Sequence[Plan]) -> Iterator[list[Page]]:
        """Read pages as stages that read several of them ask for each, and yield the results."""
        engine, read = self._run.stack, list[Metadata]()
        assert engine is not None

        def pages() -> Iterator[NDArray[Any]]:
            for info in image.infos:
                self._course.enter("read")
                page = image.read_page()
                if page.pixels.shape[:2] != info.extent:
                    raise changed()
                self._course.note(page.notes)
                if not read:
                    check_axes(page.metadata, engine.reader)
                read.append(page.metadata)
                self._course.enter("filter")
                yield page.pixels.copy()  # which windows hold, and the reader does not

        called = Subjects(self._relative, [info.number for info in image.infos])
        threads, nodata = self._threads(plans[0].input_samples), image.infos[0].nodata
        filtered = engine.filter(pages(), len(plans), threads, called=called, nodata=nodata)
        for number, made in enumerate(filtered):
            metadata, plan = read[number], plans[number]
            if engine.projects and len(plans) > 1:
                notes: list[str] = []
                metadata = metadata.projected(notes)
                self._course.note(notes)
            (output,) = plan.outputs
            metadata = self._meant(metadata, kept=engine.keeps_values and plan.keeps_values(output.node))
            self._losses = filtered.losses
            self._course.learn(nans=self._losses.nans, overflows=self._losses.overflows)
            self._course.enter("write")
            yield [Page(made, False, metadata, plan.sampling(output.node))]
            self._course.enter("filter")

    def _save(self, places: Sequence[Place], encoded: Sequence[Encoded]) -> ImageResult:
        """Write the results, but those that are there: a run may have died between files and their record."""
        run = self._run
        files = [
            ResultFile(place.name, str(place.path), each.size, each.digest)
            for place, each in zip(places, encoded, strict=True)
        ]
        new = []
        for place, content, file in zip(places, encoded, files, strict=True):
            replaces = run.job.overwrite or run.past.made(place.path)
            if replaces or not (run.job.resume and run.output.holds(place.path, *file.content)):
                new.append(NewFile.of(place.path, content, replaces))
        run.output.save(new)
        last = next(file for file in files if file.name == RESULT)
        beside = [file for file in files if file is not last]
        return self._course.result(
            "done",
            output=last.output,
            bytes_written=last.bytes_written,
            output_hash=last.output_hash,
            beside=tuple(beside),
        )
