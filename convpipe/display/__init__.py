"""Values as pictures for the eye: of an image, and of what every stage gives of it."""

from convpipe.display.encoded import encoded
from convpipe.display.labels import LABELLED, coloured, numbers_objects
from convpipe.display.levels import Stretch
from convpipe.display.picture import Picture, picture, scale_of
from convpipe.display.sheet import Panel, sheet
from convpipe.display.stages import Part, Shown, parts, stage_values
from convpipe.display.values import Values

__all__ = [
    "LABELLED",
    "Panel",
    "Part",
    "Picture",
    "Shown",
    "Stretch",
    "Values",
    "coloured",
    "encoded",
    "numbers_objects",
    "parts",
    "picture",
    "scale_of",
    "sheet",
    "stage_values",
]
