"""What each filter of the catalogue is drawn on: an image on which there is something to see.

Most examples of a declaration do on a photograph. The others have a scene here: an image of their own, values
with which more is to be seen than with those of the example, or stages that they read. A picture says so.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from skimage.io import imread

from convpipe import Pipeline, stage

ROOT = Path(__file__).parents[1]

COLOURS = imread(ROOT / "data/photographs/astronaut.jpg")[10:210, 30:230]
CAMERA = imread(ROOT / "data/photographs/camera.png")
GREY = CAMERA[20:190, 40:210]
STACK = np.stack([CAMERA[20:190, 30 + at : 200 + at] for at in range(9)])
"""A camera that moves."""

STARS = imread(ROOT / "data/telescope/galaxies-16-bit.tif")[100:250, 100:250]
CAT = imread(ROOT / "data/photographs/cat-cut-out.png")
TEXT = imread(ROOT / "data/scans/text.png")[:, 40:212]
RETINA = imread(ROOT / "data/microscope/retina.jpg")[60:260, 60:260]

GALAXIES = Pipeline([stage("blur", "gaussian", sigma=1.5), stage("threshold", "percentile", percentile=88)])
SPOTS = np.where(GALAXIES(STARS) > 0, 255, 0).astype(np.uint8)
"""Objects, of which some touch each other and some the border."""

RINGS = Pipeline([stage("morphology", "gradient", size=3)])(SPOTS)
WRITING = Pipeline([stage("threshold", "sauvola", size=31), stage("point", "invert")])(TEXT)

FADED = (COLOURS * 0.35 + 90).astype(np.uint8)
DARK = (COLOURS * 0.3).astype(np.uint8)
NOISY = Pipeline([stage("noise", "gaussian", sigma=22, seed=1)])(GREY)
PEPPERED = Pipeline([stage("noise", "salt_pepper", amount=0.08, seed=1)])(GREY)
SIGNED = GREY.astype(np.float32) - 128
UNIT = GREY.astype(np.float32) / 255
LIGHT = 1 - 0.75 * np.hypot(*np.meshgrid(*[np.linspace(-0.7, 0.7, 170)] * 2)) ** 1.5


@dataclass(frozen=True)
class Scene:
    """What a method is drawn on.

    Parameters
    ----------
    image : ndarray
    given : dict
        Parameters in the place of the example's.
    before, after : sequence of Stage
        That the method reads, and that make what it gives visible.
    said : str, optional
        What the picture says of it; default: the parameters given.
    spread : bool
        Whether each channel of the result is spread over all levels.
    """

    image: np.ndarray
    given: dict = field(default_factory=dict)
    before: tuple = ()
    after: tuple = ()
    said: str | None = None
    spread: bool = False

    @property
    def caption(self):
        """What the picture says below it."""
        own = ", ".join(f"{name}: {value}" for name, value in self.given.items())
        return own if self.said is None else self.said


OTHER_SIZES = {
    ("blur", "box"): {"size": 9},
    ("blur", "binomial"): {"size": 9},
    ("blur", "disk"): {"radius": 4},
    ("geometry", "crop"): {"box": [20, 40, 120, 140]},
    ("geometry", "pad"): {"by": 30},
    ("morphology", "blackhat"): {"size": 11},
    ("morphology", "close"): {"size": 7},
    ("morphology", "dilate"): {"size": 7},
    ("morphology", "erode"): {"size": 7},
    ("morphology", "open"): {"size": 7},
    ("morphology", "tophat"): {"size": 11},
    ("point", "clip"): {"low": 80, "high": 180},
    ("rank", "maximum"): {"size": 7},
    ("rank", "midpoint"): {"size": 7},
    ("rank", "minimum"): {"size": 7},
    ("rank", "percentile"): {"percentile": 75, "size": 7},
}
"""Values of parameters with which more is to be seen than with those of the example."""

_MASK = (
    stage("color", "gray", name="grey"),
    stage("threshold", "otsu", name="bright"),
)
_EDGES = stage("edge", "sobel", name="edges")
_SOFT = stage("blur", "gaussian", sigma=6, from_="input", name="soft")
_ON_BLACK = stage("color", "flatten", backdrop="black")
_DEPTH = (
    stage("objects", "distance", name="depth"),
    stage("objects", "peaks", min_distance=4, name="middles"),
    stage("combine", "hills", formula="-depth"),
)
_LARGER = (stage("morphology", "dilate", size=3),)

SCENES = {
    ("background", "flatfield"): Scene(
        (GREY * LIGHT).astype(np.uint8), {"flat": LIGHT.tolist()}, said="flat: an image of the light"
    ),
    ("background", "subtract"): Scene(TEXT, {"which": "dark"}),
    ("blur", "bilateral"): Scene(NOISY, {"sigma_color": 60}),
    ("blur", "guided"): Scene(NOISY, {"eps": 0.03}),
    ("color", "flatten"): Scene(CAT, {"backdrop": [60, 110, 170]}),
    ("color", "lab"): Scene(COLOURS, spread=True, said="each channel spread over all levels"),
    ("color", "merge"): Scene(
        GREY,
        {"inputs": ["input", "soft", "edges"]},
        (_EDGES, _SOFT),
        said="inputs: the image, its blur and its edges",
    ),
    ("color", "premultiply"): Scene(
        CAT, after=(stage("color", "flatten", backdrop="black"),), said="drawn on black"
    ),
    ("color", "stain_separation"): Scene(RETINA, spread=True, said="each channel spread over all levels"),
    ("combine", "blend"): Scene(
        COLOURS,
        {"with": "mirrored", "alpha": 0.5, "from": "input"},
        (stage("geometry", "flip", name="mirrored"),),
        said="with: its mirror image, alpha: 0.5",
    ),
    ("combine", "composite"): Scene(
        COLOURS,
        {"from": "input", "with": "soft", "mask": "bright"},
        (*_MASK, _SOFT),
        said="with: its blur, mask: what is bright",
    ),
    ("combine", "mask"): Scene(
        COLOURS, {"from": "input", "mask": "bright"}, _MASK, said="mask: what is bright"
    ),
    ("contrast", "log"): Scene(DARK),
    ("contrast", "stretch"): Scene(FADED),
    ("contrast", "zscore"): Scene(FADED),
    ("denoise", "outliers"): Scene(PEPPERED),
    ("denoise", "tv"): Scene(NOISY),
    ("denoise", "nlmeans"): Scene(NOISY),
    ("denoise", "wavelet"): Scene(NOISY),
    ("geometry", "pyramid_up"): Scene(COLOURS[40:115, 70:145]),
    ("morphology", "reconstruct"): Scene(
        GREY,
        {"seed": "lower", "from": "input"},
        (stage("morphology", "erode", size=15, name="lower"),),
        said="seed: the image eroded, size 15",
    ),
    ("network", "leaky_relu"): Scene(SIGNED, {"slope": 0.2}),
    ("network", "normalize"): Scene(FADED),
    ("network", "relu"): Scene(SIGNED),
    ("network", "sigmoid"): Scene(SIGNED / 8),
    ("objects", "clear_border"): Scene(SPOTS),
    ("objects", "distance"): Scene(SPOTS),
    ("objects", "fill_holes"): Scene(RINGS),
    ("objects", "label"): Scene(SPOTS),
    ("objects", "local_maxima"): Scene(
        STARS, before=(stage("blur", "gaussian", sigma=4),), after=_LARGER, said="after a blur; drawn larger"
    ),
    ("objects", "match_template"): Scene(
        GREY, {"template": GREY[25:52, 82:112].tolist(), "pad_input": True}, said="template: its camera"
    ),
    ("objects", "peaks"): Scene(
        STARS,
        {"min_distance": 8},
        (stage("blur", "gaussian", sigma=2),),
        _LARGER,
        said="min_distance: 8, after a blur; drawn larger",
    ),
    ("objects", "remove_small"): Scene(SPOTS),
    ("objects", "skeleton"): Scene(WRITING),
    ("objects", "watershed"): Scene(
        SPOTS,
        {"markers": "middles", "mask": "input"},
        _DEPTH,
        said="markers: peaks of the distance, mask: input",
    ),
    ("point", "abs"): Scene(SIGNED),
    ("point", "exp"): Scene(UNIT * 4),
    ("point", "log"): Scene(UNIT + np.float32(0.02)),
    ("point", "round"): Scene(UNIT * 4),
    ("point", "sqrt"): Scene(UNIT),
    ("rank", "median"): Scene(PEPPERED),
}
"""By family and method."""


def scene_of(method):
    """Return the scene of a method that has one, or None."""
    key = method.family, method.name
    if key in OTHER_SIZES:
        return Scene(COLOURS if method.family in ("blur", "geometry", "point") else GREY, OTHER_SIZES[key])
    return SCENES.get(key)
