"""What GDAL writes into a TIFF beside the georeference: a value for no data, and XML of items."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.images.metadata.raster import ASCII, Raster
from convpipe.images.tiff.ifd import Field

ITEMS, NO_DATA = 42112, 42113
TAGS = (ITEMS, NO_DATA)
STATISTICS = re.compile(rb"<Item\b[^>]*\bname=[\"']STATISTICS_[^>]*>[^<]*</Item>\s*")
OF_BANDS = re.compile(rb"<Item\b[^>]*\bsample=[^>]*>[^<]*</Item>\s*")


@dataclass(frozen=True)
class Gdal:
    """GDAL's own fields.

    Parameters
    ----------
    fields : tuple of Field
    page : Raster
        What they describe.
    """

    fields: tuple[Field, ...]
    page: Raster

    @property
    def nodata(self) -> float | None:
        """The value that stands for no data, if there is one."""
        text = next((field.data for field in self.fields if field.tag == NO_DATA), None)
        try:
            return None if text is None else nodata_of(text)
        except ValueError:
            return None

    def followed(self, raster: Raster, notes: list[str]) -> Gdal:
        """Return those of the result: statistics go, and so does what its channels or dtype contradict."""
        fields = []
        for field in self.fields:
            data = field.data
            if field.tag == ITEMS:
                data, gone = STATISTICS.subn(b"", data)
                if gone:
                    notes.append("GDAL's statistics dropped: they are of the values before the filters")
                if raster.channels != self.page.channels:
                    data, gone = OF_BANDS.subn(b"", data)
                    if gone:
                        notes.append("GDAL's items of single bands dropped: the channels are others")
            elif not _holds(raster.dtype, data):
                notes.append(f"GDAL's value for no data dropped: {raster.dtype} cannot hold it")
                continue
            fields.append(Field(field.tag, ASCII, len(data), data))
        return replace(self, fields=tuple(fields), page=raster)


def nodata_of(text: bytes) -> float:
    r"""Return the value for no data that GDAL writes as text; ValueError where it is none.

    >>> nodata_of(b"-9999\0"), nodata_of(b"0,5 "), nodata_of(b"nan")
    (-9999.0, 0.5, nan)
    """
    return float(text.strip(b" \0").replace(b",", b"."))


def _holds(dtype: str, text: bytes) -> bool:
    """Tell whether a dtype has a value; ValueError where the text is none."""
    value = nodata_of(text)
    if np.dtype(dtype).kind not in "iu":
        return True
    limits = np.iinfo(dtype)
    return value.is_integer() and limits.min <= value <= limits.max
