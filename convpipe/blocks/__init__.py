"""Images that are arrays of chunks, each a task of its own: what is larger than memory, or on other machines.

A chunk of a result is made of the region of the image that the plan's demand says, cut out of the chunks that
hold it. So it has the bytes of the whole result, whatever the chunks are.
"""

from convpipe.blocks.given import map_blocks
from convpipe.blocks.graph import Options

__all__ = ["Options", "map_blocks"]
