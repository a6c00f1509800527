"""Fourier transforms of tiles, as :mod:`convpipe.compile.cpu.fourier` has them compiled."""
