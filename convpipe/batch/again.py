"""Which failures may pass: what is tried again, and after how long."""

from __future__ import annotations

import errno

BACKOFF_SECONDS, LONGEST_SECONDS = 1.0, 30.0
"""Before the first round of what is tried again; every further one waits twice as long, up to the second."""

PASSING = {
    getattr(errno, name)
    for name in (
        *("EIO", "EREMOTEIO", "EAGAIN", "EINTR", "EBUSY", "ETXTBSY", "ENOMEM", "ENOBUFS", "EMFILE", "ENFILE"),
        *("ESTALE", "ETIMEDOUT", "ENOLINK", "ENODEV", "ENXIO", "ECOMM", "EPROTO", "ENOTCONN", "ESHUTDOWN"),
        *("ENETDOWN", "ENETUNREACH", "ENETRESET", "EHOSTDOWN", "EHOSTUNREACH"),
        *("ECONNABORTED", "ECONNREFUSED", "ECONNRESET"),
    )
    if hasattr(errno, name)
}
"""What the system says where a disk, a network or a want of memory is to blame, and not the file."""


def may_pass(error: BaseException | None) -> bool:
    """Tell whether what failed so may succeed at another time: by its system error, or that of a cause.

    Examples
    --------
    >>> may_pass(OSError(errno.ESTALE, "Stale file handle")), may_pass(OSError(errno.EACCES, "Denied"))
    (True, False)
    >>> may_pass(ValueError("no image"))
    False
    """
    while error is not None:
        if getattr(error, "passes", False) or isinstance(error, MemoryError):
            return True
        if getattr(error, "errno", None) in PASSING:
            return True
        error = error.__cause__
    return False


def delay(round: int) -> float:
    """Return the seconds before what failed is tried for the `round`-th time again.

    Examples
    --------
    >>> [delay(round) for round in (1, 2, 3, 9)]
    [1.0, 2.0, 4.0, 30.0]
    """
    return float(min(LONGEST_SECONDS, BACKOFF_SECONDS * 2 ** (round - 1)))
