"""What an opening takes away and a closing fills, and where that is known to be 0 at least."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from convpipe import stage
from convpipe.geometry import Border
from convpipe.plan import make_plan
from convpipe.stages import ImageKind
from convpipe.stages.footprint import SHAPES, footprint_of

PEERS = {"tophat": ndimage.white_tophat, "blackhat": ndimage.black_tophat}
MODES = {Border.REFLECT: "mirror", Border.SYMMETRIC: "reflect", Border.WRAP: "wrap"}
SIDES = st.tuples(st.integers(1, 5), st.integers(1, 5))


def drawn(sides, seed):
    footprint = np.random.default_rng(seed).random(sides) < 0.5
    footprint.flat[0] |= not footprint.any()
    return footprint


DRAWN = st.one_of(
    st.tuples(st.sampled_from(SHAPES), SIDES).map(lambda given: footprint_of(*given)),
    st.tuples(SIDES, st.integers(0, 2**16)).map(lambda given: drawn(*given)),
)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(list(PEERS)),
    footprint=DRAWN,
    border=st.sampled_from(list(Border)),
    extent=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 2**16),
)
def test_where_a_hat_is_said_to_be_positive_that_of_scipy_is(name, footprint, border, extent, seed):
    image = np.random.default_rng(seed).integers(0, 9, extent)
    hat = stage("morphology", name, footprint=footprint.astype(int).tolist())
    said = hat.lower(border, ImageKind()).nodes[-1].ops[0].expression
    if "maximum" in said:
        assert PEERS[name](image, footprint=footprint, mode=MODES[border]).min() >= 0


@pytest.mark.parametrize("name", PEERS)
def test_what_a_hat_saturates(name):
    """Nothing, where what lies outside is the image again, and its footprint the same in a mirror."""
    for common in ({}, {"size": 5, "footprint": "disk"}, {"border": "wrap"}, {"footprint": [[1, 0, 1]]}):
        plan = make_plan([stage("morphology", name, **common)], (20, 30))
        assert (plan.saturations, plan.stages[0].range.low) == ([], 0), common
    for common in ({"size": 4}, {"border": "constant", "value": 9}, {"footprint": [[1, 1, 0]]}):
        plan = make_plan([stage("morphology", name, **common)], (20, 30))
        assert plan.stages[0].range.low == -255, common
