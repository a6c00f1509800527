"""Numba's answers about the types of operations, remembered while a function is compiled.

Numba asks at each operator what types it takes, again as it finds the types of what comes before, and once
more on the way to LLVM. Each time some twenty templates are tried, in an order that is sorted anew.
"""

# mypy: disable-error-code="no-untyped-call, assignment, method-assign"

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core.types.functions import BaseFunction


@contextmanager
def remembered() -> Iterator[None]:
    """Have the same function give the same answer for the same types, until this is left.

    For one that holds Numba's compiler lock: nobody else compiles meanwhile.
    """
    ask, answers = BaseFunction.get_call_type, {}

    def get_call_type(function: Any, context: Any, args: Any, kws: Any) -> Any:
        question = function, tuple(args), tuple(kws.items())
        if question not in answers:  # an error is raised, and nothing remembered
            answers[question] = ask(function, context, args, kws)
        return answers[question]

    BaseFunction.get_call_type = get_call_type
    try:
        yield
    finally:
        BaseFunction.get_call_type = ask
