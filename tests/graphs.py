"""Graphs of stages: some by name, and random ones."""

import numpy as np
from hypothesis import strategies as st

from convpipe.geometry import Border
from convpipe.stages import stage

FINE = stage("blur", "gaussian", sigma=0.6, name="fine")
COARSE = stage("blur", "gaussian", sigma=1.5, name="coarse", from_="input")


def combine(formula, **common):
    return stage("combine", "mine", formula=formula, **common)


GRAPHS = {
    "difference": [FINE, COARSE, combine("fine - coarse")],
    "unsharp": [stage("blur", "box", size=5, name="soft"), combine("input + 0.75 * (input - soft)")],
    "gradient": [
        stage("custom", "down", kernel=[[-1], [0], [1]], name="gy"),
        stage("custom", "across", kernel=[[-1, 0, 1]], name="gx", from_="input"),
        combine("sqrt(gx * gx + gy * gy)", bias=3, stride=2),
        stage("point", "threshold", level=40),
    ],
    "deep": [
        FINE,
        stage("blur", "box", size=3, name="softer"),
        stage("edge", "laplacian", from_="fine", name="edges"),
        combine("where(abs(edges) > 8, fine, softer)", name="kept", dtype="uint8"),
        combine("maximum(kept, input) - minimum(fine, softer)", padding=[2, 0, 0, 0], border="edge"),
        stage("blur", "box", size=3),
    ],
    "strided": [
        stage("blur", "box", size=3, stride=2, name="half"),
        stage("edge", "sobel", stride=2, from_="input", name="slope"),
        combine("half + slope / 2"),
    ],
    "grey": [stage("color", "gray", name="grey"), combine("input - grey", bias=100)],
    "twice": [FINE, combine("fine / (1 + fine)")],
}


@st.composite
def graphs(draw):
    """Draw stages of random kernels, each reading one or two of those before it.

    Spans are hulls: between what is read through a border that wraps, or that is all of a window, lie samples
    that are not. Where these are left out, as the second result tells, the ends of a span are read.
    """
    exact = draw(st.booleans())
    borders = [border.name.lower() for border in Border if not (exact and border == Border.WRAP)]
    paddings = ["same", "valid"] if exact else ["same", "valid", [1, 0, 2, 3], 5]
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    names, stages = ["input"], []
    for at in range(draw(st.integers(1, 4))):
        name, source = f"s{at}", draw(st.sampled_from(names))
        if len(names) > 1 and draw(st.booleans()):
            other = draw(st.sampled_from(names))
            stages.append(stage("combine", "c", formula=f"2 * {source} + 3 * {other}", name=name))
        elif draw(st.integers(0, 4)) == 0:
            size = [draw(st.integers(1, 12)), draw(st.integers(1, 12))]
            method = draw(st.sampled_from(["nearest", "area", "bilinear", "bicubic"]))
            stages.append(stage("geometry", "resize", size=size, method=method, name=name, from_=source))
        else:
            shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
            common = {
                "stride": draw(st.sampled_from([1, 1, 1, [1, 2], [2, 1]])),
                "padding": draw(st.sampled_from(paddings)),
                "border": draw(st.sampled_from(borders)),
            }
            kernel = rng.uniform(0.5, 1.5, shape).tolist()
            stages.append(stage("custom", "k", kernel=kernel, name=name, from_=source, **common))
        names.append(name)
    return stages, exact, rng
