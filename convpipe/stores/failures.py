"""What stores refuse, as errors of the system: those who read and write files know them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from convpipe.errors import printable
from convpipe.stores.url import redacted

MOST_SAID = 300
"""Characters of what a store says."""

_NUMBERS = {
    "FileNotFoundError": errno.ENOENT,
    "NotFoundError": errno.ENOENT,
    "AlreadyExistsError": errno.EEXIST,
    "PermissionDeniedError": errno.EACCES,
    "UnauthenticatedError": errno.EACCES,
    "NotSupportedError": errno.ENOTSUP,
    "PreconditionError": errno.ESTALE,
    "InvalidPathError": errno.EINVAL,
    "UnknownConfigurationKeyError": errno.EINVAL,
    "ValueError": errno.EINVAL,
}
"""Of what is no matter of time. Anything else may pass: it has the number of an I/O error."""


_STATUS = re.compile(r"status code: ([0-9]{3})[A-Za-z ]*")
_STATUSES = {404: errno.ENOENT, 401: errno.EACCES, 403: errno.EACCES, 408: errno.EIO, 429: errno.EIO}
"""Of answers that obstore has no error of its own for; others of that kind are of the request itself."""


def refused(error: Exception, what: str) -> OSError:
    """Return an error of a store as one of the system, in one line that shows no secret.

    Examples
    --------
    >>> refused(FileNotFoundError("Object at location a not found: ..."), "a.png")
    FileNotFoundError(2, 'No such file or directory: a.png')
    """
    number = _number(error)
    if number in (errno.ENOENT, errno.EEXIST, errno.EACCES):
        return OSError(number, f"{os.strerror(number)}: {what}")
    if number == errno.ESTALE:
        return OSError(number, f"it was changed while it was read ({what})")
    line = str(error).partition("\n")[0]
    if (status := _STATUS.search(line)) is not None:
        line = line[: status.end()]  # what an answer holds may be of the request
    said = redacted(printable(line)).strip()[:MOST_SAID]
    return OSError(number, f"{said} ({what})")


def _number(error: Exception) -> int:
    status = _STATUS.search(str(error))
    if status is not None and status[1].startswith("4") and type(error).__name__ == "GenericError":
        return _STATUSES.get(int(status[1]), errno.EINVAL)
    return _NUMBERS.get(type(error).__name__, errno.EIO)


@contextmanager
def told(what: Any) -> Iterator[None]:
    """Turn whatever a store raises into an OSError that names a URL; the errors of others pass."""
    try:
        yield
    except Exception as error:
        known = type(error).__module__.startswith("obstore") or isinstance(error, ValueError)
        if known or (isinstance(error, OSError) and error.errno is None):
            raise refused(error, str(what)) from None
        raise
