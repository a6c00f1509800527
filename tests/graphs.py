"""Random graphs of stages."""

import numpy as np
from hypothesis import strategies as st

from convpipe.geometry import Border
from convpipe.stages import stage


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
