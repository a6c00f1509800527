"""Where the words of a layer in bands stand."""

(
    SHARE, IMAGE, OUT, WEIGHTS, BIASES, VALUE,
    ROWS, HEIGHT, WIDTH, PIXEL, CHANNELS, STRIDE, BEFORE, REACH, BORDER, LEFT, WIDE,
    HIGH, COLS, FILTERS, MADE_PIXEL, MADE_AT, MEMORY,
    FULL_UNITS, FULL_STEP, LAST_AT, LAST_UNITS, LAST_STEP,
    WORDS,
) = range(29)  # fmt: skip
"""Words of a layer, before those of the correlation of a band, and of the last one, which may be less high.

Addresses of the loops of conv2d, of the image and the result, of the weights and the biases; the bits of the
``VALUE`` that lies outside. ``ROWS`` of the result; of the image its extent, samples from a ``PIXEL`` to the
next, the channels that are read, the window over its rows, and ``WIDE`` columns of a plane, of which ``LEFT``
precede it. Of a band how ``HIGH`` it is, its columns and filters; samples from a pixel of the result to the
next; where its planes stand in the ``MEMORY`` of a thread. Of a correlation its units, and bytes from a plane
that it makes to the next.
"""
