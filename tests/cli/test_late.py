"""Methods of dataclasses that are compiled late do what those do that are compiled at once."""

import dataclasses
import inspect
import sys
from dataclasses import FrozenInstanceError, dataclass

import pytest

from convpipe.cli import late

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 13), reason="dataclasses compiles the methods of a class together"
)


@pytest.fixture
def compiled(monkeypatch):
    """Return the names of the methods that are compiled from now on, until the end of a test."""
    create, names = dataclasses._create_fn, []

    def counted(name, *arguments, **more):
        names.append(name)
        return create(name, *arguments, **more)

    monkeypatch.setattr(dataclasses, "_create_fn", counted)
    late.compile_when_called()
    return names


@pytest.fixture
def point(compiled):
    @dataclass(frozen=True)
    class Point:
        x: int
        y: int = 2

    assert compiled == ["__init__"]
    return Point


def test_each_is_compiled_once_when_it_is_called(compiled, point):
    for _ in range(3):
        assert point(1) == point(1, 2) != point(2, 1)
        assert hash(point(1)) == hash((1, 2))
        assert repr(point(1)).endswith("Point(x=1, y=2)")
    assert sorted(compiled) == ["__eq__", "__hash__", "__init__", "__repr__"]
    assert point.__eq__.__qualname__ == f"{point.__qualname__}.__eq__"


def test_they_say_and_refuse_the_same(point):
    assert str(inspect.signature(point)) == "(x: int, y: int = 2) -> None"
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point(1).x = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'y'"):
        del point(1).y
    assert point(1).__eq__((1, 2)) is NotImplemented
    assert dataclasses.replace(point(1), y=3) == point(1, 3)


def test_a_class_below_has_its_own(compiled, point):
    @dataclass(frozen=True, slots=True)
    class Place(point):
        z: int = 3

    assert Place(1) != point(1)
    assert repr(Place(1)).endswith("Place(x=1, y=2, z=3)")
    assert len({Place(1), Place(1), point(1), point(1)}) == 2
    with pytest.raises(FrozenInstanceError):
        Place(1).z = 4


def test_a_class_that_has_the_method_keeps_it(compiled):
    @dataclass
    class Named:
        name: str

        def __repr__(self):
            return self.name

    assert repr(Named("a")) == "a"
    assert Named("a") == Named("a")
    assert compiled == ["__init__", "__eq__"]
