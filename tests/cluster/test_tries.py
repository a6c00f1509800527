"""Which image is next: new ones, then what failed once its pause is over, and suspects by themselves."""

from itertools import count
from pathlib import Path

from convpipe.batch.again import delay
from convpipe.cluster.tries import Tries
from convpipe.report import ImageResult


def pair(name):
    return Path(name), (Path(name),)


def tries(names, retries=0, now=None):
    return Tries(map(pair, names), retries, lambda: now[0] if now else 0.0)


def test_images_are_asked_for_one_by_one():
    asked = count()
    left = Tries((pair(str(at)) for at in asked), 0)
    assert [left.take().pair for _ in range(3)] == [pair("0"), pair("1"), pair("2")]
    assert next(asked) == 3


def test_a_retry_comes_after_its_pause_and_before_new_images():
    now = [0.0]
    left = tries(["a", "b", "c"], retries=2, now=now)
    failed = ImageResult("a", "failed")
    assert left.retry(left.take(), failed)
    assert left.waiting
    assert left.take().pair == pair("b")
    now[0] = delay(1)
    again = left.take()
    assert (again.pair, again.tries, again.failed) == (pair("a"), 2, failed)
    assert left.retry(again, failed)
    assert list(left.failures()) == [failed]
    now[0] += delay(2)
    assert not left.retry(left.take(), failed)


def test_the_second_death_is_the_last():
    left = tries(["a"])
    assert left.bury(left.take())
    assert left.take() is None
    suspect = left.take_suspect()
    assert (suspect.deaths, suspect.tries, suspect.again) == (1, 2, True)
    assert not left.bury(suspect)
    assert left.take_suspect() is None
    assert not left.left


def test_a_suspect_of_which_nothing_was_heard_stays_one():
    left = tries(["a", "b"])
    left.bury(left.take())
    left.repeat(left.take_suspect())
    assert left.take().pair == pair("b")
    assert left.take_suspect().deaths == 1


def test_what_was_not_heard_of_may_have_left_results():
    left = tries(["a"])
    left.repeat(left.take())
    again = left.take()
    assert (again.again, again.tries) == (True, 1)


def test_a_lost_decoder_is_tried_alone_and_given_up_as_without_a_cluster():
    left = tries(["a"])
    first = left.take()
    assert not left.last(first)
    left.lose(first)
    assert left.last(left.take_suspect())
