"""`like`: what it sets, what wins over it, and where it is refused."""

from dataclasses import replace

import numpy as np
import pytest

from convpipe import Pipeline, config, stage
from convpipe.errors import ConfigError, ParameterError
from convpipe.geometry import Border
from convpipe.stages import ImageKind, families
from convpipe.stages.dialects import base, dialects

SPIKE = np.zeros((7, 9), "float32")
SPIKE[0, 4] = 1


def run(*stages, **options):
    return Pipeline(stages, **options)(SPIKE)


def test_a_dialect_sets_what_the_entry_does_not_give():
    """The spike lies on the edge: OpenCV's reflect does not meet it twice, SciPy's does."""
    sobel = {"direction": "y"}
    assert run(stage("edge", "sobel", **sobel, like="opencv"))[0, 4] == 0
    assert run(stage("edge", "sobel", **sobel, like="scipy"))[0, 4] == -2  # twice (0 - 1)
    assert run(stage("edge", "sobel", **sobel, like="scipy", gain=1))[0, 4] == -0.5
    assert run(stage("edge", "sobel", **sobel, like="scipy", border="constant"))[0, 4] == 0


def test_an_angle_is_no_larger_where_derivatives_are():
    angle = run(stage("edge", "sobel", direction="angle", like="opencv"))
    assert (angle[0, 3], angle[0, 5], angle[1, 4]) == (0, 180, 270)


def test_the_border_of_a_dialect_wins_over_that_of_the_pipeline():
    blur = stage("blur", "box", size=[3, 1], like="scipy")
    assert run(blur, border="constant")[0, 4] == np.float32(2 / 3)
    assert run(stage("blur", "box", size=[3, 1]), border="constant")[0, 4] == np.float32(1 / 3)


def test_a_pipeline_is_like_a_library_but_for_stages_that_say_otherwise():
    box = {"size": [3, 1]}
    assert run(stage("blur", "box", **box), like="scipy")[0, 4] == np.float32(2 / 3)
    assert run(stage("blur", "box", **box, like="convpipe"), like="scipy")[0, 4] == np.float32(1 / 3)
    assert run(stage("blur", "box", **box, like="opencv"), like="scipy")[0, 4] == np.float32(1 / 3)


def test_a_dialect_may_depend_on_the_type():
    """OpenCV ends a Gaussian at 3 sigma for uint8 and at 4 for others."""
    blur = stage("blur", "gaussian", sigma=2, like="cv2")
    reach = {}
    for name, kind in (("uint8", ImageKind()), ("float32", ImageKind(full_scale=1.0))):
        (node,) = blur.lower(Border.REFLECT, kind).nodes
        (window,) = node.ops
        reach[name] = window.kernel
    assert reach == {"uint8": (13, 13), "float32": (17, 17)}


def test_sigmas_of_two_radii_that_no_truncate_gives_are_refused():
    with pytest.raises(
        ParameterError, match=r"no 'truncate' gives the radii of OpenCV, \[1, 12\]; take one sigma"
    ):
        stage("blur", "gaussian", sigma=[0.1, 4], like="opencv")


def test_results_of_integers_may_be_rounded_as_the_library_does(monkeypatch):
    known = base.find("scipy", "blur", "box")
    monkeypatch.setitem(base._REGISTRY, ("scipy", "blur", "box"), replace(known, rounds="floor(r)"))
    image = np.array([[0, 1, 1, 2]], "uint8")
    blur = Pipeline([stage("blur", "box", size=[1, 3], border="edge")])
    down = Pipeline([stage("blur", "box", size=[1, 3], border="edge", like="scipy")])
    assert blur(image).tolist() == [[0, 1, 1, 2]]
    assert down(image).tolist() == [[0, 0, 1, 1]]
    assert down(image.astype("float32"))[0, 1] == np.float32(2 / 3)


def test_what_is_not_known_is_refused_where_it_stands():
    with pytest.raises(ParameterError, match="like needs one of opencv, scipy, convpipe; given 'torch'"):
        stage("morphology", "gradient", like="torch")
    with pytest.raises(
        ParameterError, match=r"stage 1 \(edge kirsch\): what edge: kirsch is in opencv is not known"
    ):
        Pipeline([stage("blur", "box"), stage("edge", "kirsch")], like="opencv")
    text = "like: opencv\nstages:\n  - blur: box\n  - edge: kirsch\n"
    with pytest.raises(ConfigError, match=r"(?s):4:5: .*'like: convpipe' takes its own"):
        config.load_text(text)
    assert config.load_text(text + "    like: convpipe\n")[0].like == "opencv"


def test_options_come_back_as_they_were():
    p = Pipeline([stage("blur", "box"), stage("edge", "sobel", like="scipy")], like="cv2")
    assert p.to_dict() == {"like": "opencv", "stages": [{"blur": "box"}, {"edge": "sobel", "like": "scipy"}]}
    assert Pipeline.from_dict(p.to_dict()) == p
    assert p != Pipeline([stage("blur", "box"), stage("edge", "sobel", like="scipy")])


@pytest.mark.parametrize(
    "dialect", dialects(), ids=lambda each: f"{each.library}-{each.family}-{each.method}"
)
def test_a_dialect_is_of_a_method_and_sets_its_parameters(dialect):
    method = families()[dialect.family][dialect.method]
    assert set(dialect.sets) <= {parameter.name for parameter in method.accepted}
    assert dialect in method.dialects
