"""A crop by a table: of each image its own part, by its name; and what is said of a table that has none."""

import json
from pathlib import PurePath

import numpy as np
import pytest

from convpipe import Pipeline, images, stage, subject
from convpipe.boxes import Boxes
from convpipe.errors import ParameterError, PlanError

IMAGE = np.arange(20 * 30, dtype="uint16").reshape(20, 30)
TABLE = "name,left,top,right,bottom,note\na.png,1,2,11,12,first\nsub/a.png,0,0,4,3,\nb.png,-5,4,,,\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text(TABLE, encoding="utf-8-sig")
    return path


@pytest.fixture
def folder(tmp_path):
    for name in ("a.png", "b.png", "sub/a.png", "sub/b.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write(path, IMAGE)
    return tmp_path / "in"


KEPT = {
    "a.png": IMAGE[2:12, 1:11],
    "b.png": IMAGE[4:, -5:],
    "sub/a.png": IMAGE[:3, :4],  # its path, before its file name
    "sub/b.png": IMAGE[4:, -5:],
}


def crop(box):
    return stage("geometry", "crop", box=box)


def test_each_image_keeps_its_own_part(table, folder, tmp_path):
    report = Pipeline([stage("point", "invert"), crop(table)]).run_folder(folder, tmp_path / "out")
    assert {result.status for result in report.results} == {"done"}
    for name, kept in KEPT.items():
        np.testing.assert_array_equal(images.read(tmp_path / "out" / name).pixels, 65535 - kept)


def test_a_mapping_is_such_a_table(table):
    mapping = {"a.png": [2, 1, 12, 11], "sub/a.png": (0, 0, 3, 4), "./b.png": np.array([4, -5, 20, 30])}
    made = crop(mapping)
    with subject.called(PurePath("x/a.png")):
        np.testing.assert_array_equal(Pipeline([made])(IMAGE), KEPT["a.png"])
    assert made.parameters["box"].boxes.keys() == crop(table).parameters["box"].boxes.keys()
    assert made == crop({name: mapping[name] for name in reversed(mapping)})
    assert made != crop({**mapping, "a.png": [2, 1, 12, 10]})
    assert json.dumps(made.to_dict())


def test_what_is_not_in_it_fails_and_says_so(folder, tmp_path):
    images.write(folder / "c.png", IMAGE)
    pipeline = Pipeline([crop({"a.png": [0, 0, 3, 3], "b.png": [0, 0, 21, 3]})])
    report = pipeline.run_folder(folder, tmp_path / "out")
    failed = {
        result.path: (result.stage, result.reason) for result in report.results if result.status == "failed"
    }
    assert failed.keys() == {"c.png", "b.png", "sub/b.png"}
    assert failed["c.png"][0] == "geometry crop"
    assert failed["c.png"][1].endswith("the mapping has no row that is named 'c.png'")
    assert "'sub/b.png': the box from 0 to 21 keeps more than there is" in failed["sub/b.png"][1]
    with pytest.raises(PlanError, match="are by the names of images in a folder, and this image has none"):
        pipeline(IMAGE)


def test_a_resumed_run_is_of_the_same_table(table, folder, tmp_path):
    def run():
        return Pipeline([crop(table)]).run_folder(folder, tmp_path / "out", resume=True, overwrite=True)

    run()
    assert all(result.kept for result in run().results)
    table.write_text(TABLE.replace("12,first", "13,first"))
    assert not any(result.kept for result in run().results)
    assert images.read(tmp_path / "out" / "a.png").pixels.shape == (11, 10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its first line needs the columns name, top, left, bottom, right, each once; it has nothing"),
        ("name,top,left,right\n", "each once; it has name, top, left, right"),
        ("name,top,left,bottom,right,top\n", "each once"),
        ("name,top,left,bottom,right\n", "it has no row"),
        ("name,top,left,bottom,right\na,0,0,3\n", "line 2 has 4 cells; its first line has 5"),
        ("name,top,left,bottom,right\na,0,0,3,x\n", "line 2: right needs a whole number; given 'x'"),
        ("name,top,left,bottom,right\na,,0,3,3\n", "line 2: top needs a whole number; given ''"),
        ("name,top,left,bottom,right\n,0,0,3,3\n", "line 2 has no name"),
        ("name,top,left,bottom,right\na,0,4,3,3\n", "line 2, of 'a': from 4 to 3 there is nothing"),
        ("name,top,left,bottom,right\na,0,0,3,99999999999\n", "line 2, of 'a': a place beyond"),
        (
            "name,top,left,bottom,right\na,0,0,3,3\n\n./a,0,0,3,3\n",
            "line 2 and line 4 are both of './a'; each image has one box",
        ),
        ('name,top,left,bottom,right\n"a,0,0,3,3\n', "line 2: unexpected end of data"),
        (b"name,top,left,bottom,right\n\xff,0,0,3,3\n", "it is no text in UTF-8"),
    ],
)
def test_what_is_no_table(tmp_path, text, said):
    path = tmp_path / "boxes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ParameterError) as error:
        crop(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_what_is_no_mapping():
    with pytest.raises(ParameterError, match="box needs whole numbers"):
        crop({"a.png": [0, 0, 1]})
    with pytest.raises(ParameterError, match="box needs whole numbers"):
        crop({7: [0, 0, 1, 1]})
    with pytest.raises(ParameterError, match="it has no row"):
        crop({})
    with pytest.raises(ParameterError, match="cannot be read"):
        crop("no such file.csv")


def test_an_accent_is_the_same_in_either_form():
    with subject.called(PurePath("e\u0301.png")):
        assert Pipeline([crop({"\u00e9.png": [0, 0, 2, 3]})])(IMAGE).shape == (2, 3)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_spreadsheets_separate_otherwise(tmp_path, separator):
    path = tmp_path / "boxes.csv"
    path.write_text(TABLE.replace(",", separator).replace("\n", "\r\n"))
    assert crop(path) == crop(Boxes.of([(name, name, box) for name, box in BOXES.items()]).boxes)


BOXES = {"a.png": (2, 1, 12, 11), "sub/a.png": (0, 0, 3, 4), "b.png": (4, -5, None, None)}
