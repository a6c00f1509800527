"""Reading and writing image files: the only part of convpipe that touches them.

Importing this imports no image library; each is imported when a file first needs it. All functions may be
called from many threads at once; decoding and encoding release the GIL.
"""

from convpipe.images.atomic import TEMPORARY_SUFFIX, Drafts, clear_stale, is_temporary
from convpipe.images.digest import digest_file
from convpipe.images.formats import BY_EXTENSION, FORMATS, Format, check_output, format_of, supports
from convpipe.images.limits import DEFAULT_LIMITS, Limits
from convpipe.images.metadata import Metadata
from convpipe.images.probe import ImageInfo, probe
from convpipe.images.read import Image, read
from convpipe.images.write import Encoded, already_exists, encode, write

__all__ = [
    "BY_EXTENSION",
    "DEFAULT_LIMITS",
    "FORMATS",
    "TEMPORARY_SUFFIX",
    "Drafts",
    "Encoded",
    "Format",
    "Image",
    "ImageInfo",
    "Limits",
    "Metadata",
    "already_exists",
    "check_output",
    "clear_stale",
    "digest_file",
    "encode",
    "format_of",
    "is_temporary",
    "probe",
    "read",
    "supports",
    "write",
]
