"""The registry of methods: what it names, what it finds, what it refuses."""

import pytest

from convpipe import config
from convpipe.errors import ConfigError, ParameterError, ParameterTypeError
from convpipe.geometry import Border
from convpipe.stages import COMMON, ImageKind, elsewhere, families, stage
from convpipe.stages.base import _REGISTRY, find, method, nearest
from convpipe.stages.elsewhere import meant_here


def test_a_method_is_declared_once():
    declare = method("edge", "sobel", "again", reference="none")
    with pytest.raises(ValueError, match="edge sobel is declared twice"):
        declare(lambda: ())
    assert families()["edge"]["sobel"].summary != "again"


def test_a_family_of_free_labels_has_no_second_name():
    assert find("edge", "sobel").title == "edge sobel"
    assert find("custom", "any words").title == "custom"


def test_a_free_label_is_a_line_of_text():
    for label, error in ((3, ParameterTypeError), ("a\nb", ParameterError), ("", ParameterError)):
        with pytest.raises(error, match="label needs a line of text; given"):
            find("custom", label)


@pytest.mark.parametrize("word", [3, None, [[1]], {}])
def test_what_is_no_name_at_all_is_unknown(word):
    with pytest.raises(ParameterError, match=r"unknown edge method .*; known are .*, kirsch, laplacian"):
        stage("edge", word)
    with pytest.raises(ParameterError, match=r"unknown stage family .*; write 'edge: sobel'"):
        stage(word, "sobel")


def test_a_number_is_meant_for_the_filter_that_has_the_name_of_the_family(monkeypatch):
    monkeypatch.setitem(_REGISTRY, "abs", {"other": find("point", "abs")})
    with pytest.raises(ParameterError, match="unknown abs method 3; write 'point: abs'"):
        stage("abs", 3)
    with pytest.raises(ParameterError, match="unknown abs method 'othr'; did you mean 'other'"):
        stage("abs", "othr")
    with pytest.raises(ConfigError, match=r"abs needs one of other; given .*; write '- point: abs'"):
        config.load_text("stages:\n  - abs: 3\n")


def test_no_parameter_has_the_name_of_a_family():
    """In an entry of a config the family is the one key that is no parameter."""
    methods = [each for family in families().values() for each in family.values()]
    parameters = {parameter.name for each in methods for parameter in (*each.parameters, *COMMON)}
    assert not parameters & families().keys()


def test_one_nearest_name_is_offered():
    assert nearest("sobe", ["sobel", "scharr", "box"]) == "; did you mean 'sobel'?"
    assert nearest("zzz", ["b", "a"]) == "; known are a, b"


def test_an_image_is_one_channel_of_uint8_where_nothing_is_said():
    image = ImageKind()
    assert (image.channels, image.alpha, image.lowest, image.full_scale) == (1, False, 0, 255)
    (_, invert) = stage("point", "invert").lower(Border.REFLECT, image).nodes[0].ops
    assert dict(invert.constants) == {"low": 0, "high": 255}


def test_levels_the_wrong_way_round_are_refused():
    with pytest.raises(ParameterError, match="high must be at least low, which is 5; given 4"):
        stage("threshold", "between", low=5, high=4)


@pytest.mark.parametrize(
    ("given", "parameter", "message"),
    [
        ({"sigma": 2, "ratio": 0.5}, "ratio", "at least 1; given 0.5"),
        ({"sigma": 2000}, "sigma", "sigma 2000 with truncate 4 reaches 8000 pixels"),
        ({"sigma": 1000}, "ratio", "ratio gives sigma 1600 with truncate 4 reaches 6400 pixels"),
        ({"low_sigma": 2}, "low_sigma", "did you mean 'sigma'"),
        ({"sigma": 2, "high_sigma": 4}, "high_sigma", "did you mean 'ratio'"),
    ],
)
def test_errors_of_a_difference_of_gaussians_name_its_own_parameters(given, parameter, message):
    with pytest.raises(ParameterError, match=message) as caught:
        stage("edge", "dog", **given)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    ("family", "name", "given", "meant"),
    [
        ("point", "scale", {"factor": 2}, "gain"),
        ("morphology", "open", {"shape": "disk"}, "footprint"),
        ("rank", "median", {"ksize": 5}, "size"),
        ("blur", "gaussian", {"std": 2}, "sigma"),
        ("blur", "box", {"mode": "edge"}, "border"),
        ("custom", "mine", {"weights": [[1]]}, "kernel"),
        ("geometry", "resize", {"scale": 2}, "factor"),
        ("geometry", "resize", {"interpolation": "nearest"}, "method"),
        ("sharpen", "unsharp", {"strength": 1}, "amount"),
        ("point", "threshold", {"thresh": 1}, "level"),
        ("point", "threshold", {"method": "otsu"}, "level"),
        ("threshold", "percentile", {"percent": 5}, "percentile"),
        ("rank", "percentile", {"percent": 5}, "percentile"),
        ("geometry", "crop", {"top": 1}, "box"),
        ("geometry", "crop", {"width": 5}, "box"),
        ("geometry", "resize", {"width": 5}, "size"),
        ("edge", "dog", {"sigma2": 3}, "ratio"),
    ],
)
def test_a_parameter_that_other_tools_call_otherwise_is_offered_by_its_name_here(family, name, given, meant):
    (word,) = given
    expected = rf"{family} {name} has no parameter '{word}'; did you mean '{meant}'\?"
    with pytest.raises(ParameterError, match=expected):
        stage(family, name, **given)
    entry = {family: name, **given}
    with pytest.raises(ConfigError, match=expected):
        config.from_dict({"stages": [entry]})


def test_every_parameter_with_other_names_is_one():
    methods = [each for family in families().values() for each in family.values()]
    names = {parameter.name for each in methods for parameter in each.accepted}
    assert elsewhere._PARAMETERS.keys() <= names | {"missing", "path", "include", "accept"}  # these of a job
    assert meant_here("from_where", ["from"]) == ""


def test_a_radius_is_told_as_a_size():
    with pytest.raises(ParameterError, match=r"'radius'; a radius of r pixels is 'size: 2 r \+ 1'"):
        stage("morphology", "tophat", radius=5)
