"""Dataclasses of convpipe do what those of the standard library do."""

import copy
import dataclasses
import inspect
import pickle
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, field
from pathlib import Path

import pytest

from convpipe import dataclass as ours
from convpipe.images import Encoding

STANDARD = re.compile(r"^ *from dataclasses import .*\bdataclass\b", re.MULTILINE)
"""Two classes have slots, or are put in order; and type checkers are told that ours are those."""


def classes(dataclass):
    """Return a few classes that the decorator makes, by name."""

    @dataclass(frozen=True)
    class Plain:
        a: int
        b: str = "b"
        c: list[int] = field(default_factory=list)
        unseen: int = field(default=4, repr=False, compare=False)
        unhashed: int = field(default=5, hash=False)

        def __post_init__(self):
            object.__setattr__(self, "after", self.a + 1)

    @dataclass(frozen=True)
    class Derived(Plain):
        d: float = 0.5
        b: str = "other"

    @dataclass
    class Open:
        a: int
        made: list[int] = field(default_factory=list, init=False)
        fixed: int = field(default=3, init=False)
        only: int = field(default=7, kw_only=True)

    @dataclass(frozen=True, eq=False, kw_only=True)
    class Alone:
        a: int

    @dataclass(frozen=True, repr=False)
    class Own:
        """It has methods of its own."""

        a: int = 1

        def __repr__(self):
            return "own"

        def __eq__(self, other):
            return True

    @dataclass(frozen=True)
    class Empty:
        pass

    @dataclass(frozen=True)
    class One:
        a: object

    return {each.__name__: each for each in (Plain, Derived, Open, Alone, Own, Empty, One)}


THEIRS, OURS = classes(dataclasses.dataclass), classes(ours.dataclass)

CALLS = [
    ("Plain", (1,), {}),
    ("Plain", (1, "x"), {"c": [1]}),
    ("Derived", (1,), {"d": 2.0}),
    ("Open", (1,), {}),
    ("Open", (1,), {"only": 2}),
    ("Alone", (), {"a": 1}),
    ("Own", (), {}),
    ("Empty", (), {}),
    ("One", (float("nan"),), {}),
]


@pytest.mark.parametrize(("name", "places", "named"), CALLS)
def test_instances_are_alike(name, places, named):
    theirs, other = (THEIRS[name](*places, **named) for _ in range(2))
    mine, same = (OURS[name](*places, **named) for _ in range(2))
    assert vars(mine) == vars(theirs)
    assert repr(mine).rpartition(">.")[2] == repr(theirs).rpartition(">.")[2]
    assert (mine == same) is (theirs == other)
    assert (mine == theirs) is (name == "Own")
    assert str(inspect.signature(OURS[name])) == str(inspect.signature(THEIRS[name]))
    assert OURS[name].__match_args__ == THEIRS[name].__match_args__
    assert dataclasses.asdict(mine) == dataclasses.asdict(theirs)
    assert vars(copy.copy(mine)) == vars(mine)


@pytest.mark.parametrize(("name", "places", "named"), CALLS)
def test_hashes_are_alike(name, places, named):
    if THEIRS[name].__hash__ is None:
        assert OURS[name].__hash__ is None
        return
    theirs, mine = THEIRS[name](*places, **named), OURS[name](*places, **named)
    if "c" in vars(mine):
        for instance in (theirs, mine):
            with pytest.raises(TypeError, match="unhashable"):
                hash(instance)
    elif name != "Alone":  # which is hashed by where it lies
        assert hash(mine) == hash(theirs)


def test_a_field_that_is_not_compared():
    plain = OURS["Plain"]
    assert plain(1, unseen=1) == plain(1, unseen=2)
    assert plain(1, unhashed=1) != plain(1, unhashed=2)
    assert plain(1) != OURS["Derived"](1, "b")


@pytest.mark.parametrize("name", ["Plain", "Derived", "Alone", "Own"])
def test_what_is_frozen_stays(name):
    for made in (THEIRS[name](a=1), OURS[name](a=1)):
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'a'"):
            made.a = 2
        with pytest.raises(FrozenInstanceError, match="cannot delete field 'a'"):
            del made.a
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'other'"):
            made.other = 2
    free = OURS["Open"](1)
    free.a, free.other = 2, 3
    assert (free.a, free.other) == (2, 3)


def test_what_is_not_a_dataclass_below_one_takes_attributes_of_its_own():
    class Below(OURS["One"]):
        pass

    made = Below(1)
    made.other = 2
    with pytest.raises(FrozenInstanceError):
        made.a = 2
    del made.other
    assert vars(made) == {"a": 1}


def test_replaced_and_called_wrongly():
    assert dataclasses.replace(OURS["Plain"](1), b="y") == OURS["Plain"](1, "y")
    for made in (THEIRS, OURS):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'a'"):
            made["Plain"]()
        with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
            made["Plain"](1, z=2)


def test_an_instance_that_holds_itself_is_shown():
    one = OURS["One"]([])
    one.a.append(one)
    assert repr(one).endswith("One(a=[...])")


def test_what_comes_from_elsewhere_before_any_was_made_here():
    """Unpickling calls no `__init__`; all other methods are there."""
    sent = pickle.dumps(Encoding("png"))
    code = (
        "import pickle, sys; e = pickle.load(sys.stdin.buffer); print(e, e == pickle.loads(pickle.dumps(e)))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=sent, stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().startswith("Encoding(format='png'")
    assert done.stdout.endswith(b" True\n")


def test_nothing_is_compiled_before_it_is_needed():
    @ours.dataclass(frozen=True)
    class Later:
        a: int

    assert type(vars(Later)["__init__"]).__name__ == "_Constructor"
    Later(1)
    assert inspect.isfunction(vars(Later)["__init__"])


def test_convpipe_has_no_others_but_where_they_are_needed():
    root = Path(ours.__file__).parent
    taken = {path.name for path in root.rglob("*.py") if STANDARD.search(path.read_text())}
    assert taken == {"dataclass.py", "losses.py", "shards.py"}
