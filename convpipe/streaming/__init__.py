"""Images larger than memory: band by band through the same loops."""

from convpipe.streaming.bands import Band, Bands, banded, check_bands
from convpipe.streaming.options import Options
from convpipe.streaming.run import Streamed, stream
from convpipe.streaming.sources import Raw, Zarr

__all__ = ["Band", "Bands", "Options", "Raw", "Streamed", "Zarr", "banded", "check_bands", "stream"]
