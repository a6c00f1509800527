"""Times on the page: what the steps of a run took, by formats, and the stages of a sample."""

from __future__ import annotations

from collections.abc import Mapping

from convpipe.drawing.markup import Child, Markup, tag
from convpipe.report.model import Report
from convpipe.report.page.charts import shares
from convpipe.report.page.parts import section, table
from convpipe.report.samples import Sample
from convpipe.report.tally import Codec
from convpipe.report.text import byte_size, extent

WORDS = {
    "read": "reading: hashes and decoding",
    "plan": "planning, and waiting for memory",
    "filter": "filtering",
    "write": "writing: encoding and the disk",
}


def times(report: Report) -> Markup | None:
    """Return what took how long, as far as it was measured."""
    stages = _stages(report.samples[0]) if report.samples else None
    if not report.tally.timed and stages is None:
        return None
    return section("Time", *(_steps(report) if report.tally.timed else ()), stages, name="times")


def _steps(report: Report) -> tuple[Child, ...]:
    sums = report.steps._asdict()
    whole = sum(sums.values()) or 1.0
    named = [(name, f"{WORDS[name]}, {sums[name]:.2f} s", sums[name]) for name in sums]
    key = tag(
        "ul",
        [
            tag(
                "li",
                tag("span", class_=f"key {name}"),
                f"{WORDS[name]}: {sums[name]:.2f} s, {sums[name] / whole:.0%}",
            )
            for name in sums
        ],
        class_="keys",
    )
    many = "one thread" if report.threads == 1 else f"{report.threads} threads"
    note = tag(
        "p",
        f"Summed over images, which {many} did side by side. What a step waited for counts, and compiling "
        "counts as filtering.",
        class_="quiet",
    )
    return shares(named, "Seconds of each step"), key, note, _codecs(report.tally.codecs)


def _codecs(codecs: Mapping[tuple[str, str], Codec]) -> Markup:
    """Return what reading and writing took for each format, which names tell."""
    rows = [
        (
            f"{suffix.lstrip('.')}, {what}",
            str(codec.files),
            byte_size(codec.bytes),
            f"{codec.seconds / codec.files * 1e3:.3g} ms",
            f"{codec.pixels / codec.seconds / 1e6:.3g}" if codec.seconds else "",
        )
        for (what, suffix), codec in codecs.items()
    ]
    headings = ("format", "images", "bytes", "each", "MP/s a thread")
    return table(headings, rows, "What each format took", numbers=(1, 2, 3, 4))


def _stages(sample: Sample) -> Markup | None:
    """Return how long the stages of a sample take, up to each of them, as one loop."""
    timed = [shot for shot in sample.shots if shot.seconds is not None]
    if not timed:
        return None
    longest = max(shot.seconds or 0.0 for shot in timed) or 1.0
    rows = [
        (
            shot.name,
            tag(
                "svg",
                tag(
                    "rect",
                    x=0,
                    y=0,
                    width=f"{(shot.seconds or 0) / longest * 100:.2f}",
                    height=10,
                    class_="filter",
                ),
                class_="meter",
                viewBox="0 0 100 10",
                preserveAspectRatio="none",
                aria_hidden="true",
            ),
            f"{(shot.seconds or 0) * 1e3:.3g} ms",
        )
        for shot in timed
    ]
    size = extent(sample.shots[0].extent)
    return tag(
        "div",
        tag("h4", f"Stages of {sample.path}"),
        tag(
            "p",
            "Stages are fused, and none has a time of its own. This is what all up to each take "
            f"together, of this image ({size}), decoded and with all compiled: the best of 3.",
            class_="quiet",
        ),
        table(("up to", "", "time"), rows, "Times up to each stage", numbers=(2,)),
    )
