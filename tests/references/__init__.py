"""What every method must give, in literal numbers from a named source: one module a family."""
