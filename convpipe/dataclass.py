"""Dataclasses that load quickly: `__init__` is compiled when it is first asked for, and nothing else is.

The standard library writes each method of a dataclass as text and compiles it as the module is loaded: 0.4 ms
for a frozen one, five methods. A command loads hundreds, and makes instances of less than half. Here the
standard library still finds the fields, so that its `fields`, `replace` and `asdict` know such classes; what
methods do is what those of the standard library do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import MISSING
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, eq=True, repr=True, kw_only=False):
        """Make a class a dataclass, as :func:`dataclasses.dataclass` does.

        Parameters
        ----------
        cls : type
        frozen, eq, repr, kw_only : bool, optional
            As there. What else there is takes :func:`dataclasses.dataclass` itself.

        Examples
        --------
        >>> @dataclass(frozen=True)
        ... class Point:
        ...     x: int
        ...     y: int = 0
        >>> Point(1), Point(1) == Point(1, 0), dataclasses.replace(Point(1), y=2)
        (Point(x=1, y=0), True, Point(x=1, y=2))
        """

        def made(cls):
            return _made(cls, frozen=frozen, eq=eq, repr=repr, kw_only=kw_only)

        return made if cls is None else made(cls)


def _made(cls: type, *, frozen: bool, eq: bool, repr: bool, kw_only: bool) -> type:
    """Give a class its fields, and the methods that it does not define itself."""
    own = set(cls.__dict__)
    hashes_itself = cls.__dict__.get("__hash__") is not None
    cls.__doc__ = cls.__doc__ or cls.__name__  # or the standard library works a signature out, for lack of it
    dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
    methods: dict[str, Any] = {"__init__": _Constructor(cls, frozen)}
    if repr:
        methods["__repr__"] = _shown(cls)
    if eq:
        methods["__eq__"] = _equal(cls)
    if frozen:
        methods |= _refusals(cls)
    for name in methods.keys() - own:
        setattr(cls, name, methods[name])
    if eq and not hashes_itself:
        cls.__hash__ = _hashed(cls) if frozen else None  # type: ignore[method-assign, assignment]
    return cls


class _Factory:
    """The default of a parameter in whose place something is made."""

    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()


class _Constructor:
    """The `__init__` of a dataclass, which takes its own place when it is first asked for."""

    def __init__(self, cls: type, frozen: bool) -> None:
        self._cls, self._frozen = cls, frozen

    def __get__(self, instance: Any, owner: type) -> Any:
        function = _constructor(self._cls, self._frozen)
        self._cls.__init__ = function  # type: ignore[misc]
        return function if instance is None else function.__get__(instance, owner)


def _constructor(cls: type, frozen: bool) -> Any:
    """Compile the `__init__` of a dataclass."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_FACTORY": _FACTORY}
    places, keywords, body = list[str](), list[str](), list[str]()
    for each in dataclasses.fields(cls):
        name, default, value = each.name, "", each.name
        if each.default_factory is not MISSING:
            known[f"_default_{name}"] = each.default_factory
            default, made = "=_FACTORY", f"_default_{name}()"
            value = f"{made} if {name} is _FACTORY else {name}" if each.init else made
        elif each.default is not MISSING:
            known[f"_default_{name}"], default = each.default, f"=_default_{name}"
        if each.init:
            (keywords if each.kw_only else places).append(name + default)
        if each.init or each.default_factory is not MISSING:  # or its default is the class's
            body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join(["self", *places, *(["*", *keywords] if keywords else [])])
    exec("\n    ".join([f"def __init__({parameters}):", *(body or ["pass"])]), known)
    function = known["__init__"]
    function.__module__, function.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
    types = {each.name: each.type for each in dataclasses.fields(cls) if each.init}
    function.__annotations__ = {**types, "return": None}
    return function


def _values(fields: Iterable[dataclasses.Field[Any]]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values of some fields."""
    names = [each.name for each in fields]
    get: Any = attrgetter(*names) if names else None
    if len(names) > 1:
        return get  # type: ignore[no-any-return]
    return (lambda one: (get(one),)) if names else (lambda _: ())


def _equal(cls: type) -> Any:
    values = _values(each for each in dataclasses.fields(cls) if each.compare)

    def equal(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return equal


def _hashed(cls: type) -> Any:
    fields = dataclasses.fields(cls)
    values = _values(each for each in fields if (each.compare if each.hash is None else each.hash))

    def hashed(self: Any) -> int:
        return hash(values(self))

    return hashed


def _shown(cls: type) -> Any:
    names = [each.name for each in dataclasses.fields(cls) if each.repr]

    def shown(self: Any) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({values})"

    return recursive_repr()(shown)


def _refusals(cls: type) -> dict[str, Any]:
    """Return what keeps the fields of an instance as they are."""
    names = {each.name for each in dataclasses.fields(cls)}

    def assign(self: Any, name: str, value: Any) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)  # type: ignore[arg-type]

    def delete(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)  # type: ignore[arg-type]

    return {"__setattr__": assign, "__delattr__": delete}
