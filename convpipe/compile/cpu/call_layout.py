"""Where things are in the words of :mod:`convpipe.compile.cpu.in_turn`."""

LOOP, TABLE, COUNT, FROM, TO, PARAMETERS, UNITS, THREADS = range(8)
"""Words of a call: where its machine code is, and the words that it is told, and how many; of its image, its
result and its parameters; how many units of work there are, and how many threads share them."""

CALL_WORDS = 8

NOWHERE, IMAGE, RESULT, ROOM, OWN = range(5)
"""What an address among the words is counted from: 0, the image, the result, the room, or the words."""
