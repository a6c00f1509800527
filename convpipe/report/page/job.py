"""A job on the page: what came of it, before all what went wrong."""

from __future__ import annotations

from typing import Any

from convpipe.drawing.markup import Markup, joined, lines, tag
from convpipe.losses import Losses
from convpipe.report.model import Report
from convpipe.report.page.charts import shares
from convpipe.report.page.measured import measured
from convpipe.report.page.parts import causes, facts, opened, section
from convpipe.report.page.pictures import samples
from convpipe.report.page.sizes import pipeline
from convpipe.report.page.times import times
from convpipe.report.text import byte_size, named, number, where_results_are

OUTCOMES = ("done", "failed", "rejected", "existing", "skipped", "unfinished")
"""What became of images, in the words of the page."""


def job(report: Report, at: int, data: dict[str, Any]) -> Markup:
    """Return the part of the page about a job.

    Parameters
    ----------
    report : Report
    at : int
        Its number.
    data : dict
        Of its table of images.
    """
    title = tag("h2", report.name, id=f"name-{at}")
    if report.error is not None:
        why = tag("p", f"did not start: {report.error}", class_="trouble")
        parts: list[Markup | None] = [title, why, _facts(report)]
    else:
        parts = [
            title,
            _outcome(report),
            _facts(report),
            _wrong(report),
            pipeline(report, at),
            samples(report.samples),
            measured(report),
            _images(at, data),
            times(report),
            _notes(report),
            _config(report),
        ]
    return tag("article", parts, class_="job", id=f"job-{at}", aria_labelledby=f"name-{at}")


def _outcome(report: Report) -> Markup:
    """Return how many images there are of each kind, in numbers and as one bar."""
    good = report.done - report.rejected
    counts = dict(
        zip(
            OUTCOMES,
            (good, report.failed, report.rejected, report.existing, report.skipped, report.unfinished),
            strict=True,
        )
    )
    tiles = [("images", report.images, ""), *((name, count, name) for name, count in counts.items() if count)]
    shown = [
        tag("div", tag("dt", name), tag("dd", f"{count:,}"), class_=f"tile {kind}")
        for name, count, kind in tiles
    ]
    speed = f"{report.megapixels / report.seconds:.3g} MP/s" if report.seconds and report.megapixels else None
    took = [tag("div", tag("dt", "took"), tag("dd", f"{report.seconds:.3g} s"), class_="tile")]
    took += [tag("div", tag("dt", "speed"), tag("dd", speed), class_="tile")] if speed else []
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "no images"
    end = report.ended_early
    early = f"{end}: {number(report.unfinished, 'image')} left undone" if end is not None else None
    return joined(
        tag("p", early, class_="trouble") if early else None,
        tag("dl", shown, took, class_="tiles"),
        shares([(name, f"{count} {name}", count) for name, count in counts.items()], said)
        if report.images
        else None,
    )


def _facts(report: Report) -> Markup:
    """Return which config made this, and where the results are."""
    kept = f"{report.kept} from earlier runs" if report.kept else None
    return facts(
        [
            ("config", report.config),
            ("results", where_results_are(report.outputs) or report.output),
            ("objects", None if report.objects is None else report.objects.path),
            ("journal", report.journal),
            ("shard", None if report.shard is None else str(report.shard)),
            ("ran on", None if report.error is not None else report.backend),
            ("kept", kept),
            ("written", byte_size(report.bytes_written) if report.bytes_written else None),
        ]
    )


def _wrong(report: Report) -> Markup | None:
    """Return what needs somebody: images that failed or do not pass, and warnings."""
    failed = (
        (result.path, f"{result.stage}: {result.reason}" if result.stage else result.reason or "")
        for result in report.failures
    )
    rejected = ((named(row), _kind(reason)) for row in report.rejections for reason in row.rejected)
    existing = ((result.path, "its result exists already, and was left alone") for result in report.untouched)
    blocks = [
        tag("div", tag("h4", title), made, class_=kind)
        for title, kind, made in (
            ("Failed", "failures", causes(failed)),
            ("Rejected", "rejections", causes(rejected)),
            ("Existing", "existing", causes(existing)),
            ("Warnings", "warnings", [tag("p", warning) for warning in report.warnings]),
        )
        if made
    ]
    return section("What to look at", blocks, name="wrong") if blocks else None


def _kind(reason: str) -> str:
    """Return why an image is rejected without its own number, so that those alike are told together.

    Examples
    --------
    >>> _kind("share 0.25 is not at least 0.5")
    'share is not at least 0.5'
    """
    name, _, rest = reason.partition(" ")
    return f"{name} {rest.partition(' ')[2]}"


def _images(at: int, data: dict[str, Any]) -> Markup | None:
    """Return where the script shows the images; without it there is the file that has all."""
    rows, of = len(data["rows"]), data["of"]
    if not of:
        return None
    bounded = None
    if rows < of:
        bounded = tag(
            "p",
            f"{rows:,} of {number(of, 'image')}: those that failed or were rejected first, and some of the "
            "others, evenly. report.csv has all.",
            class_="quiet",
        )
    search = tag(
        "label",
        tag("span", "Find", class_="hidden"),
        tag("input", type="search", placeholder="Find a name or a reason"),
    )
    kinds = tag("div", "", class_="kinds", role="group", aria_label="Which images")
    order = tag("label", "Sort by ", tag("select", ""), class_="order")
    return section(
        "Images",
        bounded,
        tag("div", search, kinds, order, class_="tools"),
        tag("div", "", class_="images", data_images=at),
        tag("p", "", class_="found quiet", role="status"),
        Markup("<noscript><p>The table needs JavaScript; report.csv has all images.</p></noscript>"),
        name="all-images",
    )


def _notes(report: Report) -> Markup | None:
    """Return what is good to know: how images were read and filtered, what was lost, what was not taken."""
    losing = report.results if report.losses != Losses() else ()
    lost = ((result.path, note) for result in losing for note in result.losses.notes)
    skipped = ((result.path, result.reason or "") for result in report.skips)
    unread = ((path, "its name says no format that is read") for path in report.unsupported)
    blocks = [
        tag("div", tag("h4", title), made)
        for title, made in (
            ("How images were read and filtered", causes(report.notes)),
            ("Lost samples", causes(lost)),
            ("Skipped", causes(skipped, "input")),
            ("Format not read", causes(unread, "file")),
        )
        if made
    ]
    return section("Notes", blocks, name="notes") if blocks else None


def _config(report: Report) -> Markup | None:
    """Return the text of the config, and the stages with all that they are told."""
    if report.source is None:
        return None
    title = f"The config, {report.config}" if report.config else "The config"
    return section(
        "Config", opened(title, tag("pre", tag("code", lines(report.source)), tabindex=0)), name="config"
    )
