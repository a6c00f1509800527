"""The results of one image on their way from pixels to the content of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from convpipe import images
from convpipe.batch.outputs import Targets
from convpipe.batch.results import Result
from convpipe.batch.state import Run
from convpipe.errors import WriteError
from convpipe.images import Encoded, ImageInfo, Page, PageEncoder
from convpipe.plan import Plan


class ResultEncoder:
    """Encodes the results of an image, each as its format and its own plan have it.

    Parameters
    ----------
    run : Run
    targets : tuple of Path
        Where its results go, in the order of those of the run.
    infos : sequence of ImageInfo
        Of its pages.
    plans : sequence of Plan
        Of its pages.
    """

    def __init__(self, run: Run, targets: Targets, infos: Sequence[ImageInfo], plans: Sequence[Plan]) -> None:
        self._results, self._infos, self._plans = run.results, infos, plans
        self._folder = run.output
        self._options: list[dict[str, Any]] = [
            result.encoding.options(images.format_of(target) or result.encoding.format or infos[0].format)
            for result, target in zip(run.results, targets, strict=True)
        ]

    @property
    def pixel_bytes(self) -> list[int]:
        """Bytes a pixel that the encoder of each result takes."""
        return [images.FORMATS[options["format"]].encoder for options in self._options]

    def check(self) -> None:
        """Raise WriteError, before anything is decoded, if a format cannot hold what is planned."""
        for plan in self._plans:
            for result, options, output in zip(self._results, self._options, plan.outputs, strict=True):
                node = plan.nodes[output.node]
                with _said_of(result):
                    images.check_output(
                        channels=node.channels,
                        alpha=plan.alpha,
                        dtype=output.dtype,
                        extent=node.extent,
                        pages=len(self._infos),
                        **options,
                    )

    def encode(self, made: Iterable[Sequence[Page]]) -> list[Encoded]:
        """Return the content of each result.

        Parameters
        ----------
        made : iterable of sequences of Page
            For each page of the image, its results; one page's are in memory at a time.
        """
        if len(self._infos) > 1:
            return self._encode_pages(made)
        (pages,) = made
        return [
            self._encode_one(result, page, options)
            for result, page, options in zip(self._results, pages, self._options, strict=True)
        ]

    def notes(self, encoded: Sequence[Encoded]) -> list[str]:
        """Return what encoders dropped, and of which result."""
        pairs = zip(self._results, encoded, strict=True)
        return [result.of(note) for result, each in pairs for note in each.notes]

    @staticmethod
    def _encode_one(result: Result, page: Page, options: dict[str, Any]) -> Encoded:
        with _said_of(result):
            return images.encode(
                page.pixels, page.metadata, alpha=page.alpha, sampling=page.sampling, **options
            )

    def _encode_pages(self, made: Iterable[Sequence[Page]]) -> list[Encoded]:
        """Hand the results of each page to the encoders of their files."""
        with ExitStack() as stack:
            encoders = [stack.enter_context(encoder) for encoder in self._page_encoders()]
            for pages in made:
                for result, encoder, page in zip(self._results, encoders, pages, strict=True):
                    with _said_of(result):
                        encoder.add(page)
            return [encoder.finish() for encoder in encoders]

    def _page_encoders(self) -> Iterator[PageEncoder]:
        outputs = zip(*(plan.outputs for plan in self._plans), strict=True)
        for options, pages in zip(self._options, outputs, strict=True):
            nbytes = sum(plan.result_bytes(output) for plan, output in zip(self._plans, pages, strict=True))
            yield PageEncoder(
                options["format"], compression=options["compression"], nbytes=nbytes, folder=self._folder
            )


@contextmanager
def _said_of(result: Result) -> Iterator[None]:
    """Say of an error which result it is of, where that is not the last stage's."""
    try:
        yield
    except WriteError as error:
        failure = WriteError(result.of(error.reason))
        failure.errno = error.errno
        raise failure from error
