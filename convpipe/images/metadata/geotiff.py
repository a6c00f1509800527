"""Where on the Earth a TIFF's pixels lie (OGC GeoTIFF 1.1, and RPCs as GDAL stores them)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.images.tiff.ifd import Field
from convpipe.sampling import Sampling

SCALE, TIEPOINTS, TRANSFORMATION = 33550, 33922, 34264
KEYS, KEY_DOUBLES, KEY_TEXT = 34735, 34736, 34737
RPC = 50844
TAGS = (SCALE, TIEPOINTS, TRANSFORMATION, KEYS, KEY_DOUBLES, KEY_TEXT, RPC)
DOUBLE = 12
RASTER_TYPE, PIXEL_IS_POINT = 1025, 2
LINE_OFFSET, SAMPLE_OFFSET, LINE_SCALE, SAMPLE_SCALE = 2, 3, 7, 8
"""Indices into the coefficients of an RPC; its pixels' centres have whole numbers."""


@dataclass(frozen=True)
class Georeference:
    """A map from an image to the Earth.

    Parameters
    ----------
    fields : tuple of Field
        As they stand in the directory, little-endian.
    """

    fields: tuple[Field, ...]

    def followed(self, sampling: Sampling) -> Georeference:
        """Return that of the result. Keys, which name the coordinate system, stay.

        Raises
        ------
        ValueError, FloatingPointError
            A field has not the number of values that the standard asks for, or values too large to move.
        """
        if not sampling.moves:
            return self
        with np.errstate(all="raise"):
            return self._followed(sampling)

    def _followed(self, sampling: Sampling) -> Georeference:
        values = {field.tag: _doubles(field) for field in self.fields if field.kind == DOUBLE}
        corner = 0.0 if self._is_point() else 0.5
        raster = _affine(sampling, corner)
        if TRANSFORMATION in values:
            values[TRANSFORMATION] = (values[TRANSFORMATION].reshape(4, 4) @ raster).ravel()
        elif SCALE in values and values.get(TIEPOINTS, np.empty(0)).size == 6:
            values = {**values, **_followed_scale(values[SCALE], values[TIEPOINTS], sampling, raster)}
        else:
            if TIEPOINTS in values:
                points = values[TIEPOINTS].reshape(-1, 6)
                values[TIEPOINTS] = np.column_stack([_moved(points, sampling, corner), points[:, 2:]]).ravel()
            if SCALE in values:
                x, y, z = values[SCALE]
                row, col = sampling.spacing(y, x)
                values[SCALE] = np.array([col, row, z])
        if RPC in values:
            values[RPC] = _followed_rpc(values[RPC], sampling)
        kept = [field for field in self.fields if field.kind != DOUBLE]
        kept += [_field(tag, each) for tag, each in values.items() if each.size]
        return replace(self, fields=tuple(kept))

    def _is_point(self) -> bool:
        """Tell whether raster coordinates count from the centre of the first pixel, not from its corner."""
        for field in self.fields:
            if field.tag == KEYS:
                keys = np.frombuffer(field.data, "<u2")[4:]
                keys = keys[: len(keys) // 4 * 4].reshape(-1, 4)
                return bool(np.any((keys[:, 0] == RASTER_TYPE) & (keys[:, 3] == PIXEL_IS_POINT)))
        return False


def _doubles(field: Field) -> np.ndarray:
    values = np.frombuffer(field.data, "<f8")
    if not np.isfinite(values).all():
        raise ValueError(f"field {field.tag} has values that are not finite")
    return values


def _field(tag: int, values: np.ndarray) -> Field:
    return Field(tag, DOUBLE, values.size, values.astype("<f8").tobytes())


def _affine(sampling: Sampling, corner: float) -> np.ndarray:
    """Return the matrix from raster coordinates (column, row, height, 1) of the result to those of the image.

    Parameters
    ----------
    sampling : Sampling
    corner : float
        Coordinate of the first pixel's centre.
    """
    matrix = np.eye(4)
    zero = sampling.source((-corner, -corner))
    for axis, unit in enumerate([(-corner, 1 - corner), (1 - corner, -corner)]):  # along a row, a column
        at = sampling.source(unit)
        matrix[:2, axis] = at[1] - zero[1], at[0] - zero[0]
    matrix[:2, 3] = zero[1] + corner, zero[0] + corner
    return matrix


def _followed_scale(
    scale: np.ndarray, tiepoint: np.ndarray, sampling: Sampling, raster: np.ndarray
) -> dict[int, np.ndarray]:
    """Return a new scale and tie point; where axes are turned, which a scale cannot say, the whole matrix."""
    if scale.size != 3:
        raise ValueError(f"a pixel scale of {scale.size} values")
    at, model = tiepoint[:3], tiepoint[3:]
    signed = scale * (1, -1, 1)
    if sampling.is_oblique or sampling.transposed or min(sampling.step) < 0:
        matrix = np.diag([*signed, 1.0])
        matrix[:3, 3] = model - signed * at
        empty = np.empty(0)
        return {SCALE: empty, TIEPOINTS: empty, TRANSFORMATION: (matrix @ raster).ravel()}
    moved = raster @ (*at, 1.0)
    return {
        SCALE: scale * (sampling.step[1], sampling.step[0], 1),
        TIEPOINTS: np.concatenate([at, model + signed * (moved[:3] - at)]),
    }


def _moved(points: np.ndarray, sampling: Sampling, corner: float) -> np.ndarray:
    """Return (column, row) of points of the image in the result."""
    moved = [sampling.target((row - corner, col - corner)) for col, row in points[:, :2]]
    return np.array([(col + corner, row + corner) for row, col in moved])


def _followed_rpc(values: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Return the coefficients whose offsets and scales, of rows and of columns, are those of the result."""
    if sampling.transposed or sampling.is_oblique:
        raise ValueError("rational polynomials of rows and columns that changed places")
    moved = values.copy()
    moved[LINE_OFFSET], moved[SAMPLE_OFFSET] = sampling.target((values[LINE_OFFSET], values[SAMPLE_OFFSET]))
    moved[LINE_SCALE] /= sampling.step[0]
    moved[SAMPLE_SCALE] /= sampling.step[1]
    return moved
