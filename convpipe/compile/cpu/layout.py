"""Where things are in a table, which `table` writes and `drive` walks."""

# The head of a table. Offsets of its parts are in words, those of memory in bytes.
STRIPS = 0  # how many
MEMORY = 1  # bytes of a band's own memory
ADDRESSES = 2  # addresses of rows that its levels use
SLOTS = 3  # rows of all rings
LEVELS = 4  # how many
MOST_ROWS = 5  # of one step
STRIP = 6  # of the first strip
STRIP_WORDS = 7  # of each
NUMBERS = 8  # what a band keeps of all these
TALLEST = 9  # rows of the tallest image that is written
AT_ONCE = 10  # of those, made at a time
SINKS = 11  # how many levels write an image: they come last in a strip, in the order of the images
PLACES_OF_ALL = 12  # how many images are read and written
SINK = 13  # the first of them, in words of the strip, and then the others
HEAD_WORDS = 13  # before those

# A level.
INPUTS = 0  # the first of what it reads, in words of the strip
INPUT_COUNT = 1
AT = 2  # its first address of a row
MADE = 3  # rows made at a time
RING = 4  # where its first row is, in the memory of a band or in the result
RING_PITCH = 5
RING_SLOTS = 6
KEYS = 7  # the first of its ring's keys; after them, the row that was made last
OUTPUT = 8  # which image its rows are written to, among the places; 0 where they are in a ring
MADE_ROWS = 9  # how many there are
SPARE = 10  # a row for what a step makes beyond them
ANEW = 11  # its steps, in words of the strip, where the row before was not made just before
ANEW_STEPS = 12
AFTER = 13  # where it was
AFTER_STEPS = 14
STAGGER = 15  # of the first: in which place of a page the memory of a band begins, from that of the image; or
ANYWHERE = -1
LEVEL_WORDS = 16

# What a level reads.
SOURCE = 0  # the level whose rows they are, in words of the strip; below 0 of an image, -1 of the first
WINDOW = 1  # rows that it reads
STRIDE = 2
DILATION = 3
TOP = 4  # rows above its first that the first window begins
ROWS = 5  # how many there are
BORDER = 6
CONSTANT = 7  # a row outside, in the parameters
PITCH = 8  # bytes between the rows of an image
FIRST = 9  # where its windows begin, row by row, in the parameters; or
EVENLY = -1  # as stride and top say
AHEAD = 10  # where an image is read in strips: rows further down that the next windows reach,
BEGIN = 11  # and the bytes that are asked for of each, from here
END = 12  # to here; none where this is 0
INPUT_WORDS = 13

# A step.
LOOP = 0
GIVEN = 1
COUNT = 2
PLACES = 3  # the first of its rows, in words of the strip
PLACE_COUNT = 4
ROW = 5  # for which of the rows that are made at a time it counts
GIVEN_PITCH = 6  # bytes from the parameters of one row to those of the next; 0 where they are the same
STEP_WORDS = 7

# A place: which row, and how many bytes from there.
PLACE_WORDS = 2

# What is being made: a level, in words of the table; its row; how far the rows under its window are found.
MAKING_WORDS = 3

# Rows of every step: the memory of a band, the parameters of all loops, and the row that is made. Those made
# at the same time follow, then those of the windows.
WORKSPACE = 0
PARAMETERS = 1
OUT = 2


def bounds(b: int, count: int, rows: int, step: int) -> tuple[int, int]:
    """Return which rows band `b` of `count` has, in whole steps.

    Examples
    --------
    >>> bounds(0, 3, 40, 4), bounds(1, 3, 40, 4), bounds(2, 3, 40, 4)
    ((0, 12), (12, 24), (24, 40))
    """
    last = rows if b == count - 1 else (b + 1) * rows // count // step * step
    return b * rows // count // step * step, last
