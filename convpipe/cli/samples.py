"""Photographs to try things on, which scikit-image brings along."""

from __future__ import annotations

import os
from pathlib import Path

from convpipe.errors import JobError

SAMPLES = ("camera", "astronaut", "coffee", "cat")
"""Grey and colour, public domain or CC0."""


def write_samples(folder: Path, force: bool = False, *, keep: bool = False) -> None:
    """Write the photographs as PNGs.

    Parameters
    ----------
    folder : Path
        Made if need be.
    force, keep : bool
        What exists is replaced; or is left as it is.

    Raises
    ------
    JobError
        If one exists, or cannot be written.
    """
    from skimage import data

    from convpipe import images
    from convpipe.errors import WriteError

    for name in SAMPLES:
        target = folder / f"{name}.png"
        if keep and os.path.lexists(target):
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            images.write(target, getattr(data, name)(), overwrite=force)
        except (OSError, WriteError) as error:
            reason = error.reason if isinstance(error, WriteError) else error.strerror
            raise JobError(f"{str(target)!r}: {reason}") from None
