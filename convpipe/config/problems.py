"""The errors of one config, gathered, so that a person sees all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from convpipe.errors import ConfigError

MOST_PROBLEMS = 100
"""Errors after which reading stops: what has more is no config."""


class Problems:
    """Errors found so far.

    Examples
    --------
    >>> problems = Problems()
    >>> with problems.gathered():
    ...     raise ConfigError("wrong", "job.yaml")
    >>> problems.settle()
    Traceback (most recent call last):
        ...
    convpipe.errors.ConfigError: job.yaml: wrong
    """

    def __init__(self) -> None:
        self.found: list[ConfigError] = []

    def add(self, error: ConfigError) -> None:
        """Note an error; raise all of them when there are too many to go on."""
        self.found.extend(error.errors)
        if len(self.found) >= MOST_PROBLEMS:
            self.settle()

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Note an error raised within, which leaves the block."""
        try:
            yield
        except ConfigError as error:
            self.found.extend(error.errors)
        if len(self.found) >= MOST_PROBLEMS:
            self.settle()

    def settle(self) -> None:
        """Raise what was found, if anything.

        Raises
        ------
        ConfigError
            All of it, in order of position.
        """
        if self.found:
            raise ConfigError.together(self.found)
