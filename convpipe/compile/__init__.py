"""From a plan to machine code: schedule, emit, compile, run. The only package that imports numba."""
