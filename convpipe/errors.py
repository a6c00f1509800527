"""The exceptions of convpipe: one tree, rooted at :class:`ConvpipeError`; and text that they can show.

Each class also derives from the built-in exception a caller would expect, so that code which knows
nothing of convpipe can catch a ``ValueError``. This module imports nothing of convpipe.
"""

import difflib
from collections.abc import Iterable


def nearest(word: object, known: Iterable[str]) -> str:
    """Return '; did you mean ...?' for a misspelt `word`, or the list of what is known, or that nothing is.

    Examples
    --------
    >>> nearest("sobell", ["sobel", "scharr"]), nearest("x", ["sobel", "scharr"])
    ("; did you mean 'sobel'?", '; known are scharr, sobel')
    >>> nearest("x", [])
    '; there is none'
    """
    names = sorted(known)
    if not names:
        return "; there is none"
    close = difflib.get_close_matches(str(word)[:100], names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(names)}"


def printable(text: str) -> str:
    r"""Return `text` with control characters and bytes that are no UTF-8 escaped.

    Examples
    --------
    >>> printable("a\nb\x1b[31m\udcff")
    'a\\nb\\x1b[31m\\xff'
    """
    shown = []
    for character in text:
        if character.isprintable():
            shown.append(character)
        elif 0xDC80 <= ord(character) <= 0xDCFF:  # a byte that os.fsdecode could not decode
            shown.append(f"\\x{ord(character) - 0xDC00:02x}")
        else:
            shown.append(character.encode("unicode_escape").decode())
    return "".join(shown)


class ConvpipeError(Exception):
    """Any error that convpipe raises on purpose."""


class ParameterError(ConvpipeError, ValueError):
    """A parameter of a stage, a pipeline or ``conv2d`` has a value outside its meaning.

    Parameters
    ----------
    message : str
        What was given and what is needed.
    parameter : str, optional
        Name of the offending parameter, so that a config error can point at its line.
    index : int, optional
        Position of the offending stage in its pipeline, where there is one.
    offset : int, optional
        Character of the value, a text, that is wrong, from 0; where one can be told.
    """

    def __init__(
        self,
        message: str,
        parameter: str | None = None,
        index: int | None = None,
        offset: int | None = None,
    ) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.index = index
        self.offset = offset


class ParameterTypeError(ParameterError, TypeError):
    """A parameter has a value of the wrong type (a bool for an int, text for a number)."""


class PlanError(ConvpipeError, ValueError):
    """The pipeline cannot run on an image of this extent or dtype.

    Parameters
    ----------
    message : str
        What was given and what is needed.
    stage : str, optional
        Name of the stage that cannot run.
    """

    def __init__(self, message: str, stage: str | None = None) -> None:
        super().__init__(message)
        self.stage = stage


class ConfigError(ConvpipeError, ValueError):
    """A config file is wrong; the message starts with ``file:line:column``.

    Parameters
    ----------
    message : str
        What was found and what is needed.
    path : str
        The config file.
    line, column : int, optional
        Position, counted from 1.
    snippet : str, optional
        The offending lines with a caret below the position.

    Attributes
    ----------
    errors : tuple of ConfigError
        All that is wrong with the file, in order of position; the fields above are those of the first.
    """

    most_shown = 20
    """Errors that the message of several shows; a file with more is wrong as a whole."""

    def __init__(
        self, message: str, path: str, line: int | None = None, column: int | None = None, snippet: str = ""
    ) -> None:
        self.message, self.path, self.line, self.column, self.snippet = message, path, line, column, snippet
        shown = printable(path)
        where = shown if line is None else f"{shown}:{line}:{column}"
        super().__init__(f"{where}: {message}" + (f"\n{snippet}" if snippet else ""))
        self.errors: tuple[ConfigError, ...] = (self,)

    @classmethod
    def together(cls, errors: Iterable["ConfigError"]) -> "ConfigError":
        """Return `errors`, at least one, as one error: each once, in order of position.

        Examples
        --------
        >>> late, early = ConfigError("b", "x.yaml", 2, 1), ConfigError("a", "x.yaml", 1, 1)
        >>> print(ConfigError.together([late, early, late]))
        x.yaml:1:1: a
        x.yaml:2:1: b
        """
        singles = {str(single): single for error in errors for single in error.errors}
        # Errors of options, which have no line, come after those of the file.
        ordered = sorted(singles.values(), key=lambda one: (one.line is None, one.line or 0, one.column or 0))
        if len(ordered) == 1:
            return ordered[0]
        first = ordered[0]
        whole = cls(first.message, first.path, first.line, first.column, first.snippet)
        whole.errors = tuple(ordered)
        shown = [str(one) for one in ordered[: cls.most_shown]]
        if len(ordered) > cls.most_shown:
            shown.append(f"... and {len(ordered) - cls.most_shown} errors more")
        whole.args = ("\n".join(shown),)
        return whole


class AllocationError(ConvpipeError, MemoryError):
    """An array is more memory than the system gives; the message has its extent, dtype and bytes."""


class JobError(ConvpipeError):
    """A job cannot start: its input folder is missing, or its output would overwrite its input."""


class BackendError(ConvpipeError, RuntimeError):
    """The backend that was asked for cannot run here; the message says why and what would help."""


class ImageError(ConvpipeError):
    """One image could not be processed.

    Parameters
    ----------
    reason : str
        One line that a person can act on.

    Attributes
    ----------
    passes : bool
        Whether it is known that the same may succeed at another time, whatever caused it.
    """

    passes = False

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ReadError(ImageError, OSError):
    """An image file cannot be read: missing, damaged, not an image, or not a kind convpipe reads."""


class LimitError(ReadError):
    """An image file claims more than the limits allow; refused from its header."""


class WriteError(ImageError, OSError):
    """An output cannot be written: it exists, the disk is full, or the format cannot hold the pixels."""


class Retelling:
    """Raises another exception in the place of one that is raised within, where :meth:`retold` has one.

    A context manager as those that ``contextlib`` makes of generators, which take several times as long: a
    small image is within a dozen of them.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Raise the other exception; it has the first one as its cause."""
        if isinstance(error, Exception) and (failure := self.retold(error)) is not None:
            raise failure from error

    def retold(self, error: Exception) -> Exception | None:
        """Return what is raised in the place of an exception; None where it passes as it is."""
        raise NotImplementedError
