"""What notebooks show of pipelines and plans."""

import re
from xml.etree import ElementTree

import pytest

from convpipe import Pipeline, stage

FINE = stage("blur", "gaussian", sigma=1, name="fine")
COARSE = stage("blur", "box", size=9, name="coarse", from_="input")
BAND = stage("combine", "a < b & c", formula="fine - coarse", stride=2)


@pytest.fixture
def band():
    return Pipeline([FINE, COARSE, BAND], outputs={"background": "coarse"}, name="band")


def texts(html):
    return ["".join(each.itertext()) for each in ElementTree.fromstring(html).iter() if each.tag == "text"]


def test_a_pipeline_is_its_graph(band):
    shown = texts(band._repr_html_())
    assert {"image", "fine", "coarse", "combine a < b & c", "background", "result"} <= set(shown)
    assert not any(re.fullmatch(r"\d+x\d+", each) for each in shown)
    assert len(re.findall(r"<path", band._repr_html_())) == 6


def test_a_plan_has_the_size_of_all_that_passes(band):
    html = band.plan((30, 41))._repr_html_()
    shown = texts(html)
    assert shown.count("30x41") == 5  # the image to two stages, two of them to the third, one to a result
    assert shown.count("15x21") == 1
    assert "30x41x1 uint8 -&gt; 15x21x1 uint8" in html
