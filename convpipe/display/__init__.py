"""Values as pictures for the eye: of an image, and of what every stage gives of it."""

from convpipe.display.levels import Stretch
from convpipe.display.picture import Picture, picture, scale_of
from convpipe.display.sheet import Panel, sheet
from convpipe.display.stages import Shown, stage_values
from convpipe.display.values import Values

__all__ = ["Panel", "Picture", "Shown", "Stretch", "Values", "picture", "scale_of", "sheet", "stage_values"]
