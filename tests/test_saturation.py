"""What can saturate: decided by the plan alone, and said of every type that values are stored in."""

import pytest

from convpipe.plan import make_plan
from convpipe.stages import stage

SIGNED = stage("edge", "sobel", direction="x", name="slope")


def said(*stages, **options):
    return make_plan(stages, (40, 50), **options).saturations


def test_a_result_that_its_type_does_not_hold():
    (warning,) = said(SIGNED)
    assert warning == (
        "stage 0 (slope): of uint8 images its values can be -255 to 255; uint8 holds 0 to 255 and saturates "
        "the others; a smaller gain or 'dtype: int16' keeps them"
    )
    assert make_plan([SIGNED], (40, 50)).warnings == [warning]


@pytest.mark.parametrize(
    ("stages", "options"),
    [
        ([SIGNED], {"output_dtype": "int16"}),
        ([SIGNED], {"dtype": "float32"}),
        ([SIGNED, stage("point", "abs")], {}),
        ([stage("blur", "gaussian", sigma=20)], {}),  # its taps sum to a little more than 1
        ([stage("point", "scale", gain=256, dtype="uint16"), stage("point", "scale", gain=1 / 257)], {}),
        ([stage("point", "invert", dtype="float32")], {"dtype": "uint16"}),
        ([stage("color", "gray")], {"channels": 3, "dtype": "float16"}),
    ],
)
def test_what_fits_is_not_warned_of(stages, options):
    assert said(*stages, **options) == []


def test_a_stage_in_the_middle_saturates_at_its_own_type():
    first, *rest = said(stage("point", "scale", gain=2, dtype="uint8"), stage("point", "scale", gain=0.5))
    assert first.startswith("stage 0 (point scale): of uint8 images its values can be 0 to 510; uint8 holds")
    assert rest == []


def test_the_dtypes_offered_hold_the_values():
    assert "'dtype: uint16'" in said(stage("point", "scale", gain=200))[0]
    assert "'dtype: int32'" in said(stage("point", "scale", gain=-200))[0]
    assert "'dtype: float32'" in said(stage("point", "scale", gain=1e9))[0]


def test_float16_has_a_largest_number_too():
    (warning,) = said(stage("point", "scale", gain=-1e5), dtype="float16")
    assert "-100000 to 0; float16 makes those beyond 65504 infinite" in warning
