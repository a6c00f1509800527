"""Where the rows of a result larger than memory go."""

from convpipe.streaming.sinks.model import Level, Sink, Target
from convpipe.streaming.sinks.opened import FILES, Opened, format_of, opened

__all__ = ["FILES", "Level", "Opened", "Sink", "Target", "format_of", "opened"]
