"""The registry of methods: what it names, what it finds, what it refuses."""

import pytest

from convpipe.errors import ParameterError, ParameterTypeError
from convpipe.geometry import Border
from convpipe.stages import ImageKind, families, stage
from convpipe.stages.base import find, method, nearest


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
    with pytest.raises(ParameterError, match=r"unknown edge method .*; known are kirsch, laplacian"):
        stage("edge", word)
    with pytest.raises(ParameterError, match=r"unknown stage family .*; write 'edge: sobel'"):
        stage(word, "sobel")


def test_one_nearest_name_is_offered():
    assert nearest("sobe", ["sobel", "scharr", "box"]) == "; did you mean 'sobel'?"
    assert nearest("zzz", ["b", "a"]) == "; known are a, b"


def test_an_image_is_one_channel_of_uint8_where_nothing_is_said():
    image = ImageKind()
    assert (image.channels, image.alpha, image.lowest, image.full_scale) == (1, False, 0, 255)
    (_, invert) = stage("point", "invert").lower(Border.REFLECT, image).nodes[0].ops
    assert dict(invert.constants) == {"low": 0, "high": 255}
