"""Planes that a TIFF counts outside its directories: one directory then stands for several images.

They lie one behind the other, where the directory's own image is the first: stacks of ImageJ, of MetaMorph
(STK), of NIH Image and of tifffile. Or they are the slices of a volume (SGI's ImageDepth).
"""

from __future__ import annotations

import copy
import math
import struct
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.errors import ReadError
from convpipe.images.source import Source
from convpipe.images.tiff import ifd

WIDTH, LENGTH, BITS, COMPRESSION, DESCRIPTION = 256, 257, 258, 259, 270
SAMPLES, PLANAR, SOFTWARE, DEPTH = 277, 284, 305, 32997
SEPARATE = 2
OFFSETS, COUNTS, TILE_OFFSETS = 273, 279, 324
STK, STK_PLANES, NIH_HEADER = 33628, 33629, 43314
NIH_SLICES = 260
"""Where NIH Image's header has the number of slices, two bytes."""

NO_DEPTH = (b"ISS Vista", b"Philips DP")
"""Software whose ImageDepth is known to be wrong."""


@dataclass(frozen=True)
class Claim:
    """A directory's word that it stands for several images.

    Parameters
    ----------
    who : str
        What says so.
    planes : int
    outside : bool
        Whether they have no directories of their own; otherwise they may.
    copied : bool
        Whether programs that do not know what it says copy it along with one image of a stack.
    start, nbytes : int
        Where the first plane lies, and its bytes; 0 bytes where planes cannot follow it.
    volume : bool
        Whether its own strips or tiles hold them all.
    fewer : int
        How many there are instead, where the channels counted are the samples of a pixel; 0: they cannot be.
    """

    who: str
    planes: int
    outside: bool
    copied: bool
    start: int = 0
    nbytes: int = 0
    volume: bool = False
    fewer: int = 0

    @property
    def of_samples(self) -> Claim:
        """What is claimed where the channels are samples."""
        return replace(self, planes=self.fewer, fewer=0)


def claim(found: ifd.Directory, *, first: bool, software: bytes) -> Claim | None:
    """Return what a directory says of planes beyond its own image; None where it says nothing.

    Parameters
    ----------
    found : Directory
    first : bool
        Whether it is the first: only there NIH Image's and ImageJ's words count.
    software : bytes
        Of the first directory, which wrote the file.
    """
    try:
        depth = 1 if software.startswith(NO_DEPTH) else found.number(DEPTH, 1)
        said = _said(found, depth, first)
    except (struct.error, ValueError, OverflowError):  # a field that is cut off says nothing
        return None
    if depth > 1:
        if said is not None:
            raise ReadError(f"{said.who} counts {said.planes} volumes, each {depth} deep")
        return Claim("ImageDepth", depth, outside=True, copied=False, volume=True)
    return said


def _said(found: ifd.Directory, depth: int, first: bool) -> Claim | None:
    """Return who counts more planes than one that lie one behind the other."""
    if STK in found:
        said = "MetaMorph's UIC2 tag", found.count(STK_PLANES), True, False
    elif first and len(header := found.data(NIH_HEADER)) >= NIH_SLICES + 2:
        (slices,) = struct.unpack_from(found.layout.order + "h", header, NIH_SLICES)
        said = "NIH Image's header", slices, False, True
    else:
        return _described(found, depth, first)
    return Claim(*said, *_first_plane(found)) if said[1] > 1 else None


def _described(found: ifd.Directory, depth: int, first: bool) -> Claim | None:
    """Return what a description says: ImageJ's, or the shape that tifffile writes."""
    from tifffile.tifffile import imagej_description_metadata, shaped_description_metadata

    samples = found.number(SAMPLES, 1)
    for data in found.all(DESCRIPTION):
        text = data.partition(b"\0")[0].decode("utf-8", "replace")
        if first and text.startswith(("ImageJ=", "SCIFIO=")):
            apart = samples > 1 and found.number(PLANAR, 1) == SEPARATE
            planes, fewer = _imagej_planes(imagej_description_metadata(text), samples, apart)
            said = Claim("ImageJ's description", planes, False, True, *_first_plane(found), fewer=fewer)
            return said if planes > 1 else None
        if text.startswith("shape=") or (text.startswith("{") and '"shape":' in text):
            try:
                shape = shaped_description_metadata(text)
                total = math.prod(int(size) for size in shape["shape"])
            except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
                continue
            own = found.number(WIDTH, 0) * found.number(LENGTH, 0) * samples * depth
            planes = total // own if own and total % own == 0 else 1
            outside = shape.get("truncated") is True
            who = "tifffile's description"
            return Claim(who, planes, outside, True, *_first_plane(found)) if planes > 1 else None
    return None


def _imagej_planes(said: dict[str, Any], samples: int, apart: bool) -> tuple[int, int]:
    """Return ImageJ's number of images, and what else it can be where channels may be samples, or 0.

    Samples that lie apart are channels, as Bio-Formats counts them. A hyperstack of colour images may have
    as many channels as a colour has samples: there the bytes of the file tell.
    """

    def size(name: str) -> int:
        return max(value, 1) if isinstance(value := said.get(name), int) else 1

    channels, others = size("channels"), size("slices") * size("frames")
    images = size("images") if "images" in said else channels * others
    if samples == channels > 1 and images == channels * others:
        return (others, 0) if apart else (images, others)
    return images, 0


def _first_plane(found: ifd.Directory) -> tuple[int, int]:
    """Return where the directory's own image lies, and its bytes; 0 where no plane can follow it."""
    offsets, counts = found.numbers(OFFSETS) or (0,), found.numbers(COUNTS)
    bits, samples = found.numbers(BITS) or (1,), found.number(SAMPLES, 1)
    packed = found.number(COMPRESSION, 1) != 1 or any(each % 8 or each != bits[0] for each in bits)
    nbytes = found.number(WIDTH, 0) * found.number(LENGTH, 0) * samples * bits[0] // 8
    apart = len(offsets) > 1 and (
        sum(counts) != nbytes
        or any(at + count != then for at, count, then in zip(offsets, counts, offsets[1:], strict=False))
    )
    return offsets[0], 0 if packed or apart or offsets[0] < 8 else nbytes


def data_start(found: ifd.Directory) -> int:
    """Return where the pixels of a directory's own image begin; 0 where that cannot be read."""
    try:
        return found.number(TILE_OFFSETS if TILE_OFFSETS in found else OFFSETS, 0)
    except (struct.error, ValueError, OverflowError):
        return 0


def note_room(found: ifd.Directory, offset: int, source: Source) -> None:
    """Note that more planes may follow the only one of a file, where nothing counts them.

    Parameters
    ----------
    found : Directory
        The only one.
    offset : int
        Where it lies.
    source : Source
    """
    try:
        start, nbytes = _first_plane(found)
    except (struct.error, ValueError, OverflowError):
        return
    behind = start + nbytes
    places = [offset, *(entry.position for entry in found.entries)]
    free = min((place for place in places if place >= behind), default=source.size) - behind
    if 0 < nbytes <= free:
        source.notes.append(
            f"{free} bytes behind the pixels are of no page; they could hold {free // nbytes} more"
        )


def software_of(found: ifd.Directory) -> bytes:
    """Return the name of the software that wrote a directory; nothing where that cannot be read."""
    try:
        return found.data(SOFTWARE)
    except (struct.error, ValueError, OverflowError):
        return b""


def settle(claims: Sequence[Claim | None], taken: Sequence[int], source: Source) -> list[int]:
    """Return how many images each page stands for: what is claimed, if the planes are there.

    Parameters
    ----------
    claims : sequence of Claim or None
        Of each page.
    taken : sequence of int
        Where directories lie, and where the pixels of each page begin.
    source : Source

    Raises
    ------
    ReadError
        Planes that must be there are not.
    """
    taken = sorted(taken)
    return [
        1 if each is None else _settled(each, len(claims) - index, taken, source)
        for index, each in enumerate(claims)
    ]


def _settled(claim: Claim, pages: int, taken: Sequence[int], source: Source) -> int:
    """Return how many images a page stands for, where ``pages`` are left with it; ``taken`` is sorted."""
    if claim.volume:
        return claim.planes
    if not claim.outside and claim.planes <= pages:
        return 1
    says = f"{claim.who} counts {claim.planes} planes"
    end = claim.start + claim.planes * claim.nbytes
    place = bisect_right(taken, claim.start)
    bound = taken[place] if place < len(taken) else math.inf
    if claim.fewer and claim.start + (claim.fewer + 1) * claim.nbytes > min(bound, source.size):
        source.notes.append(f"{says}; the file has {claim.fewer}")
        return _settled(claim.of_samples, pages, taken, source)
    behind = claim.nbytes > 0 and end <= bound
    if behind and end <= source.size:
        return claim.planes
    if behind:
        raise ReadError(f"the file is truncated: {says}, which end at byte {end} of {source.size}")
    if not claim.copied:
        raise ReadError(f"{says}, and they do not lie one behind the other")
    if claim.planes > pages:
        source.notes.append(f"{says}; the file has {pages}")
    return 1


def plane(page: Any, number: int, planes: int) -> Any:
    """Return a page that is one of the planes of another.

    Parameters
    ----------
    page : tifffile.TiffPage
        Of a directory that stands for several images.
    number, planes : int
        Which, of how many.
    """
    if planes == 1:
        return page
    view = altered(page)
    if page.imagedepth == 1:
        nbytes = math.prod(page.shaped) * page.bitspersample // 8
        view.dataoffsets = tuple(at + number * nbytes for at in page.dataoffsets)
        if len(page.dataoffsets) == 1:
            view.databytecounts = (nbytes,)
        return view
    if page.tiledepth != 1:
        raise ReadError(f"tiles {page.tiledepth} deep, of a volume {page.imagedepth} deep")
    separate, _, *extent = page.shaped
    view.imagedepth, view.shaped = 1, (separate, 1, *extent)
    view.shape = view.shaped
    each = math.prod(view.chunked) // separate
    own = [(sample * planes + number) * each + at for sample in range(separate) for at in range(each)]
    if len(page.dataoffsets) <= own[-1] or len(page.databytecounts) <= own[-1]:
        raise ReadError(f"{own[-1] + 1} tiles or strips are needed; the file lists {len(page.dataoffsets)}")
    view.dataoffsets = tuple(page.dataoffsets[at] for at in own)
    view.databytecounts = tuple(page.databytecounts[at] for at in own)
    return view


def altered(page: Any) -> Any:
    """Return a copy of a page to alter: what tifffile worked out from its fields is forgotten."""
    view = copy.copy(page)
    for name, attribute in vars(type(page)).items():
        if isinstance(attribute, cached_property):
            view.__dict__.pop(name, None)
    return view
