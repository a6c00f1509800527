"""Noise is the same again for an image of a name, and another for every other image."""

from pathlib import PurePath

import numpy as np
import pytest

from convpipe import Pipeline, images, stage, subject
from convpipe.stages.noise import uniform

GREY = np.full((40, 50), 128, "uint8")
KINDS = [stage("noise", "gaussian", sigma=9), stage("noise", "salt_pepper"), stage("noise", "poisson")]


def of(one, image=GREY, name="", page=0):
    with subject.called(PurePath(name), page):
        return Pipeline([one])(image)


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.label)
def test_the_key_is_the_seed_the_name_and_the_place(one):
    first = of(one, name="a.png")
    assert np.array_equal(first, of(one, name="a.png"))
    assert not np.array_equal(first, of(one, name="b.png"))
    assert not np.array_equal(first, of(one, name="a.png", page=1))
    again = stage("noise", one.label, **{**one.given, "seed": 1})
    assert not np.array_equal(first, of(again, name="a.png"))
    assert np.array_equal(first[:10, :20], of(one, GREY[:10, :20], name="a.png"))


def test_noises_of_one_seed_are_not_the_same_numbers():
    assert not np.array_equal(uniform((3, 4, 1), "gaussian", 0), uniform((3, 4, 1), "poisson", 0))


def test_it_is_spread_as_it_says():
    flat = np.full((200, 300), 120.0)
    noise = of(KINDS[0], flat) - flat
    assert abs(noise.mean()) < 0.1
    assert abs(noise.std() - 9) < 0.1
    counts = of(stage("noise", "poisson", gain=4), flat)
    assert abs(counts.mean() - 120) < 0.3
    assert abs(counts.var() / 120 - 4) < 0.1
    assert np.array_equal(counts % 4, np.zeros_like(flat))
    peppered = of(stage("noise", "salt_pepper", amount=0.2, salt=0.25), np.full((200, 300), 120, "uint8"))
    assert abs((peppered == 255).mean() - 0.05) < 0.005
    assert abs((peppered == 0).mean() - 0.15) < 0.005


def test_colours_have_noise_of_their_own_but_a_pixel_is_salt_in_all():
    grey = np.full((30, 30, 3), 128, "uint8")
    assert (of(KINDS[0], grey).std(axis=2) > 0).any()
    assert (of(KINDS[1], grey).std(axis=2) == 0).all()


def test_a_folder_gives_the_same_bytes_again_and_when_it_is_taken_up(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a.png", "b.png"):
        images.write(source / name, GREY)
    run = Pipeline(KINDS)
    for target in ("one", "two"):
        run.run_folder(source, tmp_path / target)
    (tmp_path / "two/b.png").unlink()
    assert run.run_folder(source, tmp_path / "two", resume=True).written == 1
    made = {
        (target, name): (tmp_path / target / name).read_bytes()
        for target in ("one", "two")
        for name in ("a.png", "b.png")
    }
    assert made["one", "a.png"] == made["two", "a.png"] != made["one", "b.png"] == made["two", "b.png"]


def test_what_a_sample_can_be_is_said():
    plan = Pipeline([stage("noise", "gaussian", sigma=2)]).plan((4, 5), "uint8")
    assert (plan.stages[0].range.low, plan.stages[0].range.high) == (-16.6, 271.6)
    assert "goes through noise.gaussian" in str(plan) or plan.stages[0].frame.function == "noise.gaussian"


def test_photons_are_as_many_as_the_samples_are_large():
    bright = stage("point", "scale", gain=4)
    photons = stage("noise", "poisson")
    plan = Pipeline([bright, photons], dtype="float32").plan((4, 5), "uint8")
    made = Pipeline([bright, photons], dtype="float32")(np.full((60, 70), 255, "uint8"))
    assert 1020 < made.max() <= plan.stages[1].range.high < 1400
