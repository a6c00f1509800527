"""Small drawings of numbers: bars of a histogram, and parts of a whole."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.drawing.markup import Markup, tag

WIDE, HIGH = 320, 72
"""Of a drawing, in its own units; the page decides how large it is."""

LEAST = 1.5
"""Height of a bar that counts anything."""


def bars(
    counts: Sequence[int], ends: tuple[float, float], label: str, inside: tuple[float, float] | None = None
) -> Markup:
    """Draw a histogram.

    Parameters
    ----------
    counts : sequence of int
        Of bins that are equally wide.
    ends : (float, float)
        Of the first and of the last bin.
    label : str
        What it shows, in words.
    inside : (float, float), optional
        The values that are as they should be; bars of others are marked, and so is where it ends.
    """
    low, high = ends
    step, most = WIDE / max(1, len(counts)), max(counts, default=0)
    wide = (high - low) / max(1, len(counts)) if high > low else 1.0
    drawn = []
    for at, count in enumerate(counts):
        if not count:
            continue
        tall = max(LEAST, count / most * (HIGH - 4))
        left, right = low + at * wide, low + (at + 1) * wide
        beyond = inside is not None and (right <= inside[0] or left >= inside[1])
        drawn.append(
            tag(
                "rect",
                x=f"{at * step:.2f}",
                y=f"{HIGH - tall:.2f}",
                width=f"{max(0.5, step - 0.8):.2f}",
                height=f"{tall:.2f}",
                class_="beyond" if beyond else None,
            )
        )
    limits = [
        tag("line", x1=f"{x:.2f}", x2=f"{x:.2f}", y1=0, y2=HIGH, class_="limit")
        for x in ((value - low) / (high - low) * WIDE for value in (inside or ()) if low < value < high)
    ]
    floor = tag("line", x1=0, x2=WIDE, y1=HIGH, y2=HIGH, class_="floor")
    how = {"preserveAspectRatio": "none"}
    return tag(
        "svg",
        tag("title", label),
        drawn,
        limits,
        floor,
        class_="bars",
        viewBox=f"0 0 {WIDE} {HIGH}",
        role="img",
        aria_label=label,
        **how,
    )


def shares(parts: Sequence[tuple[str, str, float]], label: str) -> Markup:
    """Draw parts of a whole as one bar.

    Parameters
    ----------
    parts : sequence of (class, name, amount)
    label : str
    """
    whole = sum(amount for _, _, amount in parts) or 1.0
    drawn, at = [], 0.0
    for kind, name, amount in parts:
        wide = amount / whole * 1000
        if amount:
            drawn.append(
                tag(
                    "rect",
                    tag("title", name),
                    x=f"{at:.2f}",
                    y=0,
                    width=f"{wide:.2f}",
                    height=10,
                    class_=kind,
                )
            )
        at += wide
    return tag(
        "svg",
        tag("title", label),
        drawn,
        class_="shares",
        viewBox="0 0 1000 10",
        role="img",
        aria_label=label,
        preserveAspectRatio="none",
    )
