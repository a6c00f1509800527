"""Large dense kernels through Fourier transforms of tiles: two tiles at once, all of it compiled loops.

`transform` is what a sweep calls. A job (`job`, `hand`) describes it to what is compiled: `tiling` goes over
the tiles (`cuts`), `pairs` takes two of them there and back, `butterflies` are the passes over a line
(`lines`), of `complexes`. What is not shown to be right on the way `spectra` looks at with care.
"""
