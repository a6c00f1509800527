"""Where things are in a job: the numbers and addresses that a thread's transforms of tiles are given."""

from __future__ import annotations

from convpipe.compile.runtime.processor import VECTOR_BYTES

LANES = VECTOR_BYTES // 8
"""Numbers in a vector of float64."""

POINT = 2 * LANES
"""Numbers that stand together: real parts, then imaginary parts."""

BESIDE = 8
"""Numbers beside each row of a plane, so that its columns do not all fall on the same lines of a cache."""

SUMS = 4
"""Sums of squares along a row: of every so many columns one, since each has to wait for the one before."""

# A job.
ROWS = 0  # samples of a tile
COLS = 1
FORWARD = 2  # addresses of the transforms of lines
BACKWARD = 3
COLUMN = 4  # what these get for columns of a tile: addresses of a line, its passes and its roots of unity
ROW = 7  # the same for rows
BLOCKS = 10  # of the kernel
PLACES = 11  # address of where each reads, in a tile: rows and columns
NORMS = 12  # address of the Euclidean norm of each
SPECTRA = 13  # address of the transform of each
MAKES_SPECTRUM = 14  # whether the tile is a block of the kernel
LOADER = 15  # address of the loop that reads samples
CONSTANT = 16  # what lies beyond the image
ROW_STEP = 17  # from a window to the next
COL_STEP = 18
SIZE = 19  # bytes of a response
CHANNELS = 20  # responses are so far apart
UNIT = 21  # what they are multiplied with
WHOLE = 22  # whether they are integers before
ROUNDING = 23  # what transforms round off, beside the norms
DOUBT = 24  # so many times the error is a response that shows that it is right
PLANE = 25  # addresses of memory: both tiles with rows and columns exchanged
TOTAL = 26  # what is summed of all blocks
SAMPLES = 27  # rows of samples
GIVEN = 28  # what the loop that reads samples gets
FOUND = 29  # sums of squares of both tiles
ERROR = 31  # that their responses have at most
PAIR = 32  # addresses of the steps
ALONG_ROWS = 33
ALONG_COLS = 34
WRITE = 35
SETTLE = 36
TAP_ROWS = 37  # of the kernel
TAP_COLS = 38
TAPS = 39  # their address
PEAK = 40  # the largest; then its place
PEAK_ROW = 41
PEAK_COL = 42
FEW = 43  # products that may be spent on sums over windows
TILE = 44  # addresses of memory: samples of a tile
LATEST = 45  # the last row of each column of it with a sample that is not 0
RESPONSES = 46  # to both tiles
RESPONSE_BYTES = 47  # to one of them
MADE = 48  # what becomes of them
SOURCE = 49  # address of the image
SOURCE_PITCH = 50  # bytes from a row to the next
SOURCE_SIZE = 51  # of a sample
RESULT = 52  # address of the result
PIXEL = 53  # bytes of a pixel of it
RESULT_PITCH = 54  # bytes from a row to the next
CUTS = 55  # address of all cuts, and how many there are
CUT_COUNT = 56
TABLE_WORDS = 57  # of what becomes of responses, table by table
PARAMETERS = 58  # address of the addresses of their parameters
BAND = 59  # address of the driver that runs them
ALONE = 60  # address of what is said of each cut: whether it is left alone
READ_ROW = 61  # address of another step, and of what it is told
WANTED = 62
READS = 63  # columns of the samples of a tile
WRITER = 64  # address of the loop that writes responses
ORIGIN = 65  # what is taken from all samples, and from what lies beyond the image
MATCH = 66  # address of what `matching` is told
FIRST = 67  # a tile, and then the other one of the pair

# A tile.
IMAGE = 0  # address of the first sample of its channel
PITCH = 1  # bytes from a row to the next
ROW_LIST = 2  # address of where its rows come from; below 0 is outside
READ_ROWS = 3  # how many
COL_LIST = 4  # the same of columns, in samples
COL_FIRST = 5  # where they come from if they lie side by side, else -1
READ_COLS = 6
OUT_ROWS = 7  # of its responses
OUT_COLS = 8
OUT = 9  # their address
DOUBTFUL = 10  # those that are not shown to be right
LIMIT = 11  # below which that is
TARGET = 12  # address of where what becomes of them goes, and bytes from a row of it to the next, or 0
TARGET_PITCH = 13
DOUBTS = 14  # address of how many of a row are not shown to be right
TILE_WORDS = 15

SECOND = FIRST + TILE_WORDS
WORDS = SECOND + TILE_WORDS

# A cut is what a tile reads, as above up to its columns, and makes.
CUT_WORDS = 14
TABLE = 9  # the table of what becomes of its responses
TOP = 10  # of the result: its first row and column, and how far they are apart
LEFT = 11
DOWN = 12
ACROSS = 13
