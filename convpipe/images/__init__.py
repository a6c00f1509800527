"""Reading and writing image files: the only part of convpipe that touches them.

Importing this imports no image library; each is imported when a file first needs it. All functions may be
called from many threads at once; decoding and encoding release the GIL.
"""

from convpipe.images.atomic import TEMPORARY_SUFFIX, Drafts, File, clear_stale, is_temporary
from convpipe.images.digest import digest_file
from convpipe.images.encoded import EXISTS, Encoded, already_exists, save_all
from convpipe.images.files import FilesEncoder
from convpipe.images.folder import Folder, OpenFile, OutsideError, open_file
from convpipe.images.formats.registry import (
    BY_EXTENSION,
    FORMATS,
    WRITTEN_EXTENSIONS,
    Format,
    format_of,
    supports,
)
from convpipe.images.metadata.model import Metadata
from convpipe.images.opened import OpenImage, open_image
from convpipe.images.output import Encoding, ImageSpec, check_output
from convpipe.images.probe import ImageInfo, probe, probe_pages
from convpipe.images.read import Image, read, read_pages
from convpipe.images.source import Page
from convpipe.images.write import PageEncoder, encode, encode_pages, write, write_pages
from convpipe.limits import DEFAULT_LIMITS, Limits

__all__ = [
    "BY_EXTENSION",
    "DEFAULT_LIMITS",
    "EXISTS",
    "FORMATS",
    "TEMPORARY_SUFFIX",
    "WRITTEN_EXTENSIONS",
    "Drafts",
    "Encoded",
    "Encoding",
    "File",
    "FilesEncoder",
    "Folder",
    "Format",
    "Image",
    "ImageInfo",
    "ImageSpec",
    "Limits",
    "Metadata",
    "OpenFile",
    "OpenImage",
    "OutsideError",
    "Page",
    "PageEncoder",
    "already_exists",
    "check_output",
    "clear_stale",
    "digest_file",
    "encode",
    "encode_pages",
    "format_of",
    "is_temporary",
    "open_file",
    "open_image",
    "probe",
    "probe_pages",
    "read",
    "read_pages",
    "save_all",
    "supports",
    "write",
    "write_pages",
]
