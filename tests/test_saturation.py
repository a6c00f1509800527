"""What can saturate: decided by the plan alone, and said of every type that values are stored in."""

from dataclasses import replace

import pytest

from convpipe.images import supports
from convpipe.plan import Settings, make_plan
from convpipe.stages import stage
from convpipe.stages.wiring import wire

SIGNED = stage("edge", "sobel", direction="x", name="slope")


def said(*stages, output_dtype=None, **image):
    return make_plan(stages, (40, 50), Settings(output_dtype=output_dtype), **image).saturations


def test_a_result_that_its_type_does_not_hold():
    (warning,) = said(SIGNED)
    assert warning == (
        "stage 0 (slope): of uint8 images its values can be -255 to 255; uint8 holds 0 to 255 and saturates "
        "the others; fewer with a smaller gain, none with 'dtype: int16' "
        "(in a file with 'format: tiff'; PNG and JPEG do not hold it)"
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


def test_a_stage_in_the_middle_overflows_float16():
    first, second = said(stage("point", "scale", gain=1e3, dtype="float16"), stage("point", "abs"))
    assert first.startswith("stage 0 (point scale): of uint8 images its values can be 0 to 255000; float16")
    assert second.startswith("stage 1 (point abs): of uint8 images its values can be 0 to inf; uint8 holds")
    (last,) = said(stage("point", "scale", gain=1e3, dtype="float16"))
    assert "float16 makes those beyond 65504 infinite" in last


def test_the_dtypes_offered_hold_the_values():
    assert "'dtype: uint16'" in said(stage("point", "scale", gain=200))[0]
    assert "'dtype: uint16'" in said(stage("point", "scale", gain=3))[0]  # int16 holds them, and no PNG int16
    assert "'dtype: int32'" in said(stage("point", "scale", gain=-200))[0]
    assert "'dtype: float32'" in said(stage("point", "scale", gain=1e9))[0]


def test_float16_has_a_largest_number_too():
    (warning,) = said(stage("point", "scale", gain=-1e5), dtype="float16")
    assert "-100000 to 0; float16 makes those beyond 65504 infinite" in warning


@pytest.mark.parametrize(
    ("gain", "bias", "low", "dtype"),
    [(3, -0.5, -0.5, "uint16"), (3, -1, -1, "int16"), (-200, 0, -51000, "int32"), (1e9, 0, 0, "float32")],
)
def test_the_files_named_beside_a_type_hold_it(gain, bias, low, dtype):
    (warning,) = said(stage("point", "scale", gain=gain, bias=bias))
    assert f"none with 'dtype: {dtype}' (in a file with 'format: " in warning
    assert f"be {low} to" in warning
    offered, refused = warning.split("in a file with", 1)[1].split("; ")
    for name in ("png", "jpeg", "tiff"):
        held = supports(name, dtype, 1)
        assert (name in offered) == held
        assert (name.upper() in refused) != held or name == "tiff"


def test_no_file_is_spoken_of_where_the_next_stage_takes_the_values():
    (warning,) = said(stage("point", "scale", gain=2, dtype="uint8"), stage("point", "scale", gain=0.5))
    assert warning.endswith("; fewer with a smaller gain, none with 'dtype: uint16'")


@pytest.mark.parametrize(
    ("entry", "ways"),
    [
        (stage("custom", "a", kernel=[[1, 0, -1]]), "with smaller weights, none with 'dtype: int16'"),
        (
            stage("custom", "a", kernel=[[1, 1, 1]]),
            "smaller weights, 'normalize: true', none with 'dtype: uint16'",
        ),
        (stage("custom", "a", kernel=[[2, -1]]), "with smaller weights, none with 'dtype: int16'"),
        (
            stage("custom", "a", kernel=[[1, 1]]),
            "smaller weights, 'normalize: true', none with 'dtype: uint16'",
        ),
        (
            stage("custom", "a", kernel=[[-1, -1]]),
            "smaller weights, 'normalize: true', none with 'dtype: int16'",
        ),
        (
            stage("custom", "a", kernel=[[3, 3, -1]], normalize=True),
            "with smaller weights, none with 'dtype: int16'",
        ),
        (stage("sharpen", "unsharp", sigma=1), "; fewer with a smaller amount, none with 'dtype: int16'"),
        (stage("point", "invert", bias=9), "; none with 'dtype: uint16'"),
    ],
)
def test_a_way_to_smaller_values_is_one_that_the_stage_has(entry, ways):
    (warning,) = said(entry)
    assert ways in warning


def test_values_without_bounds_are_said_to_be_of_any_size():
    (warning,) = said(stage("combine", "a", formula="1 / (input - 5)"))
    assert "its values can be of any size; uint8 holds 0 to 255" in warning


LANCZOS = stage("geometry", "resize", factor=0.4, method="lanczos3")
TURNED = stage("geometry", "rotate", angle=30, method="bicubic")


@pytest.mark.parametrize("given", [{}, {"channels": 4, "alpha": True}, {"dtype": "uint16"}])
@pytest.mark.parametrize("one", [LANCZOS, TURNED, stage("geometry", "pyramid_up")])
def test_overshoot_of_what_interpolates_is_not_spoken_of(one, given):
    assert said(one, **given) == []
    assert said(one, stage("point", "scale", gain=0.9), **given) == []
    assert said(replace(one, common={**one.common, "dtype": "uint8"}), dtype="uint8") == []


@pytest.mark.parametrize("before", [[], [LANCZOS]])
def test_what_saturates_beside_it_is(before):
    (warning,) = said(*before, SIGNED)
    assert "(slope): of uint8 images its values can be -" in warning
    (warning,) = said(*before, stage("point", "scale", gain=2))
    assert "(point scale)" in warning


def test_in_linear_light_the_stage_that_leaves_the_range_is_named():
    stages = [LANCZOS, stage("sharpen", "unsharp", sigma=0.6, amount=0.5)]
    (warning,) = make_plan(wire(stages, linear_light=True), (40, 50)).saturations
    values = make_plan(wire(stages, linear_light=True), (40, 50)).stages[2].range
    assert warning.startswith(
        f"stage 1 (sharpen unsharp): in linear light, of uint8 images its values can be {values}; uint8 holds"
    )
    assert "; fewer with a smaller amount, none with 'dtype: int16'" in warning
    assert make_plan(wire([LANCZOS], linear_light=True), (40, 50)).saturations == []
