"""Where things are in what a job is told beside its words, that matches a template."""

CHANNELS = 0
SPECTRA = 1  # addresses: of the transforms of the template's channels, their norms, and its taps
NORMS = 2
TAPS = 3
SPECTRUM_BYTES = 4  # of a channel
ROOM = 5  # address of responses of another channel
PITCH = 6  # numbers from one line of sums to that of squares
LINE = 7  # addresses: of samples, of sums of the rows up to each of some, of those after them
ABOVE = 8
BELOW = 9
WINDOW = 10  # of both together, and two more for sums along them
SPARE = 11
TOTAL = 12
CARE = 13  # address of the samples of a tile, channel after channel, and whether they are there
IS_READ = 14
SIZE = 15  # bytes of a score
NORM = 16  # sum of the squares of the template; the inverse of how many samples it has
INVERSE = 17
LEAST = 18  # a window varies whose share of its squares is more than this
SURE = 19  # that share, from which on a score is sure
TOLERANCE = 20  # largest error of a score from that of responses
ERROR = 21  # of the responses
WORDS = 22
