"""Where the words of a correlation stand, and those that a tile is called with."""

(
    ITEM, MEMORY, TAPS,
    GROUPS, CHANNELS, FILTERS, STRIPS, SPLITS,
    PLANE_IN, COLS_IN, PLANE_OUT, COLS_OUT,
    IN_PLACE, PITCH, STRIDE, PHASES, PIECE_STEP, EDGE_COUNT,
    OFFSETS_AT, PIECES_AT, EDGES_AT, STRIPS_AT, SPLITS_AT,
    KERNEL_Y, KERNEL_X, STACK_TILE, STACK_VECTORS, FILL, RUN_STRIP,
    WORDS,
) = range(30)  # fmt: skip
"""Of a correlation, before its lists.

``ITEM`` bytes of a sample; ``CHANNELS`` and ``FILTERS`` of a group; samples of a ``PLANE`` and of a row of
the images and the results. ``IN_PLACE`` says that samples are read where they stand; else rows are copied, in
``PHASES`` pieces of every ``STRIDE``-th column, which stand ``PIECE_STEP`` samples apart. ``PITCH`` is from a
row to the next that the same tap reads. ``MEMORY`` is what a thread needs, in bytes; what ends in ``_AT`` is
where a list begins. ``KERNEL`` rows and columns; ``STACK_TILE`` is the address of the tile of
a stack of rows, or 0, and ``STACK_VECTORS`` its width. ``FILL`` and ``RUN_STRIP`` are the addresses of the
loops over the rows of a strip that copy what it reads, and make it.
"""

TABLE, OF_STRIP, FILLED, FROM = range(4)
"""What ``FILL`` is called with: the addresses of these words, of the strip's own, of where copied rows go,
and of the first channel of the images."""

OF_RUN, READ, WEIGHED, BEGUN, MADE, PANEL, RUNNING = range(1, 8)
"""What ``RUN_STRIP`` is called with, after ``TABLE``: the addresses of the words of a run, of the samples, of
the weights, the bias and the results, and of a panel."""

PIECE_FIRST, PIECE_COUNT, PIECE_FROM, PIECE = range(4)
"""Of a piece: its first column that lies inside the image, how many do, and where the first is from."""

EDGE_AT, EDGE_FROM, EDGE = range(3)
"""Of a column outside the image: where it is in the copied row, and where it is from; -1 is a zero."""

STRIP_TOP, STRIP_ROWS, STRIP_LINES_AT, STRIP_LINES, STRIP = range(5)
"""Of a strip of output rows: its first, how many, and where the rows that it reads are listed."""

LINE_AT, LINE_FROM, LINE = range(3)
"""Of a row that is copied: where it begins, and where it is from, in samples of a channel; -1 is zeros."""

SPLIT_RUNS_AT, SPLIT_RUNS, SPLIT = range(3)
"""Of a part of the channels: where its runs are listed."""

RUN_TILE, RUN_SIZE, RUN_WIDE, RUN_HALF, RUN_FIRST, RUN_BLOCKS, RUN = range(7)
"""Of neighbouring blocks of ``RUN_SIZE`` channels each: the address of their tile, how many vectors its two
larger forms span, the first channel, and how many blocks there are."""

(
    SAMPLES,
    OFFSETS,
    TAP_COUNT,
    WEIGHTS,
    BIAS,
    TARGET,
    STEP,
    COLUMN,
    COLS,
    GAP,
    KERNEL_ROWS,
    KERNEL_COLS,
    CHANNELS_IN,
    TILE,
) = range(14)
"""Of a tile: addresses of the first sample, the taps' offsets in bytes, the weights, the bias and the target;
samples from a channel of the target to the next, the ``COLUMN`` of the first place in its row, the columns of
a row, and the places between two rows. The rest is for a stack."""
