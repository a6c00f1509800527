"""Reading and writing image files: the only part of convpipe that touches them.

Importing this imports no image library; each is imported when a file first needs it. All functions may be
called from many threads at once; decoding and encoding release the GIL.
"""

from convpipe.images.formats import BY_EXTENSION, FORMATS, Format, check_output, format_of, supports
from convpipe.images.limits import DEFAULT_LIMITS, Limits
from convpipe.images.metadata import Metadata
from convpipe.images.probe import ImageInfo, probe
from convpipe.images.read import Image, read
from convpipe.images.write import TEMPORARY_SUFFIX, already_exists, write

__all__ = [
    "BY_EXTENSION",
    "DEFAULT_LIMITS",
    "FORMATS",
    "TEMPORARY_SUFFIX",
    "Format",
    "Image",
    "ImageInfo",
    "Limits",
    "Metadata",
    "already_exists",
    "check_output",
    "format_of",
    "probe",
    "read",
    "supports",
    "write",
]
