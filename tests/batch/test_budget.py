"""Memory: what images take is known before they are decoded, and held by those in hand."""

import threading
import time

import numpy as np
import pytest
from fakes import FakePipeline

from convpipe import memory
from convpipe.batch import run_folder
from convpipe.batch.budget import DECODER, RESERVE, Budget, Need, cgroup_limits, default_memory
from convpipe.errors import LimitError
from convpipe.geometry import Border
from convpipe.images import FORMATS
from convpipe.plan import Settings, make_plan
from convpipe.plan.parts import MOST_LEVELS
from convpipe.stages import stage
from convpipe.stages.wiring import wire


def need(nbytes):
    return Need(nbytes, nbytes, 0, nbytes, 0, 0)


def plan(*stages, shape=(100, 100), dtype="uint8", **settings):
    return make_plan(stages or [stage("blur", "box", size=3)], shape, Settings(**settings), dtype=dtype)


def half():
    return stage("blur", "box", size=1, stride=2)


class TestBudget:
    def test_what_is_held_never_passes_it(self):
        budget, held, most = Budget(100), [0], [0]
        guard = threading.Lock()

        def work(nbytes):
            for _ in range(50):
                with budget.share(need(nbytes)) as given:
                    assert given
                    with guard:
                        held[0] += nbytes
                        most[0] = max(most[0], held[0])
                    with guard:
                        held[0] -= nbytes

        threads = [threading.Thread(target=work, args=(nbytes,)) for nbytes in (10, 30, 60, 99, 100, 51)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()  # none waits for another that waits
        assert most[0] <= 100
        assert budget.held == 0

    def test_first_come_first_served(self):
        """A large image is not overtaken for ever by small ones, nor they by it."""
        budget, order = Budget(100), []
        began = [threading.Event() for _ in range(3)]

        def work(i, nbytes):
            began[i].set()
            with budget.share(need(nbytes)):
                order.append(i)

        with budget.share(need(60)):
            threads = []
            for i, nbytes in enumerate((100, 30, 30)):
                threads.append(threading.Thread(target=work, args=(i, nbytes)))
                threads[-1].start()
                began[i].wait(10)
                wait_until(lambda i=i: len(budget._waiting) == i + 1)
            assert order == []  # 30 would fit, but 100 came first
        for thread in threads:
            thread.join(10)
        assert order[0] == 0
        assert sorted(order) == [0, 1, 2]

    def test_what_never_fits_is_refused_with_the_numbers(self):
        text = r"about 2\.5 GB of memory \(its pixels 1 GB, the result's 0\.5 MB\); images may take 2 GB"
        much = Need(1_000_000_000, 500_000, 7, 2_500_000_000, 0, 0)
        with pytest.raises(LimitError, match=text), Budget(2_000_000_000).share(much):
            pytest.fail("it was let in")

    def test_what_stages_keep_is_among_the_numbers_where_it_counts(self):
        text = r"\(its pixels 500 MB, .* 500 MB, what its stages keep between them 3 GB\)"
        much = Need(500_000_000, 500_000_000, 3_000_000_000, 0, 4_000_000_000, 0)
        with pytest.raises(LimitError, match=text), Budget(10).share(much):
            pytest.fail("it was let in")

    def test_an_error_gives_it_back(self):
        budget = Budget(10)
        with pytest.raises(ZeroDivisionError), budget.share(need(10)):
            raise ZeroDivisionError
        with budget.share(need(10)) as given:
            assert given

    def test_nobody_waits_for_a_run_that_has_ended(self):
        budget, answers = Budget(10), []

        def work():
            with budget.share(need(10)) as given:
                answers.append(given)

        with budget.share(need(10)):
            thread = threading.Thread(target=work)
            thread.start()
            wait_until(lambda: budget._waiting)
            budget.close()
            thread.join(10)
        assert answers == [False]
        assert budget.held == 0

    def test_kept_blocks_are_given_back_where_memory_is_short(self):
        memory.release()
        memory.empty((1 << 22,), np.uint8)
        assert memory.kept() == 1 << 22
        with Budget(1 << 30).share(need(1 << 20)):
            assert memory.kept() == 1 << 22
        with Budget(1 << 22).share(need(1 << 20)):
            assert memory.kept() == 0


class TestNeed:
    def test_it_is_what_the_largest_step_takes(self):
        found = Need.of(5_000, [plan()], threads=1)
        assert (found.image, found.result) == (10_000, 10_000)
        assert found.reading == 2 * 5_000 + 3 * 10_000
        assert (found.working, found.filtering) == (plan().thread_bytes, 20_000 + plan().thread_bytes)
        assert found.writing == 30_000
        assert found.total == found.reading

    def test_an_encoder_may_take_more_than_pixels(self):
        assert Need.of(0, [plan()], threads=1, encoders=[48]).writing == 30_000 + 48 * 10_000
        assert FORMATS["webp"].encoder == 48

    def test_the_hungriest_encoder_counts_and_what_all_made(self):
        several = make_plan(wire([stage("blur", "box", size=3, name="a"), half()], {"a": "a"}), (100, 100))
        assert several.output_bytes == 12_500
        plain = 10_000 + 2 * 12_500
        assert Need.of(0, [several], threads=1, encoders=[0, 48]).writing == plain + 48 * 2_500
        assert Need.of(0, [several], threads=1, encoders=[48, 1]).writing == plain + 48 * 10_000

    def test_encoded_pages_of_every_result_stay_in_memory(self, monkeypatch):
        several = make_plan(wire([stage("blur", "box", size=3, name="a"), half()], {"a": "a"}), (100, 100))
        one = Need.of(0, [several], threads=1)
        assert Need.of(0, [several] * 2, threads=1).writing == one.writing + 2 * 12_500
        monkeypatch.setattr("convpipe.batch.budget.SPOOLED", 6_000)
        assert Need.of(0, [several] * 2, threads=1).writing == one.writing + 6_000 + 2 * 2_500

    def test_another_process_keeps_the_pixels_it_decoded(self):
        here, there = (Need.of(500, [plan()], threads=1, isolated=isolated) for isolated in (False, True))
        assert [there.reading, there.filtering, there.writing] == [
            each + 10_000 for each in (here.reading, here.filtering, here.writing)
        ]

    def test_of_pages_one_at_a_time_counts_and_what_is_encoded_of_them(self):
        small, large = plan(), plan(shape=(200, 200))
        assert Need.of(0, [large], threads=1).total == 120_000
        pages = Need.of(0, [small, large, small], threads=1)
        assert pages.reading == 120_000 + 10_000 + 40_000 + 10_000
        assert Need.of(0, [small, large], threads=1).image == 40_000

    def test_images_between_the_parts_of_a_pipeline_count(self):
        chain = [stage("blur", "box", size=3), stage("edge", "sobel")]
        assert plan(*chain).shared_bytes == 0
        stretched = plan(*chain, stage("contrast", "stretch"))
        assert stretched.shared_bytes == 10_000 * 4
        assert plan(*chain, stage("contrast", "stretch"), dtype="float64").shared_bytes == 10_000 * 8
        assert plan(*[chain[0]] * (MOST_LEVELS + 1)).shared_bytes == 10_000 * 4

    def test_so_do_the_rows_that_a_window_spans_on_every_thread(self):
        """Four of 400 MB made a run under --memory 400MB take 2 GB."""
        far = stage("custom", "far", kernel=[[0.5], [0.5]], dilation=[5000, 1])
        chain = [stage("blur", "box"), *[far] * 4]
        wide = plan(*chain, shape=(5200, 20_000), border=Border.WRAP)
        rings = 4 * 5001 * 20_000 * 4
        assert rings < wide.thread_bytes < 1.01 * rings
        need = Need.of(0, [wide], threads=2)
        assert need.total == need.filtering == 2 * 5200 * 20_000 + 2 * wide.thread_bytes
        strips = plan(*chain, shape=(5200, 20_000), border=Border.EDGE)
        assert strips.thread_bytes < rings / 15

    def test_so_do_copies_that_loops_read_and_write(self):
        assert plan(dtype="float16").shared_bytes == 2 * 10_000 * 4
        assert plan(dtype="float32", output_dtype="float16").shared_bytes == 10_000 * 4
        assert plan(stage("point", "invert"), dtype="bool").shared_bytes == 2 * 10_000

    def test_so_do_fourier_transforms_on_every_thread(self, rng):
        fourier = plan(stage("custom", "k", kernel=rng.random((61, 61))), shape=(600, 600))
        (tiles,) = (each.tiles for each in fourier.stages)
        one, two = fourier.working_bytes(1), fourier.working_bytes(2)
        assert two - one == tiles.thread_bytes
        assert one == tiles.shared_bytes + tiles.thread_bytes


class TestRun:
    """Through whole runs, whose filter counts who is in hand."""

    def run(self, source, out, pipeline, memory, **options):
        return run_folder(pipeline, source, out, memory=memory, workers=4, **options)

    @pytest.mark.parametrize("isolate", [False, True])
    def test_images_that_fit_alone_alone_are_in_hand(self, save, source, tmp_path, isolate):
        for i in range(6):
            save(f"{i}.png", (300, 300))
        alone, together, met = FakePipeline(lambda _: time.sleep(0.02)), FakePipeline(), threading.Event()

        def meet(_):
            if together.in_hand > 1:
                met.set()
            met.wait(timeout=10)
            met.set()  # whoever met nobody in that time is waited for once

        together.act = meet
        report = self.run(source, tmp_path / "a", alone, 700_000 if isolate else 500_000, isolate=isolate)
        assert (report.done, report.exit_code) == (6, 0)
        assert alone.most_in_hand == 1
        assert self.run(source, tmp_path / "b", together, 10_000_000, isolate=isolate).done == 6
        assert together.most_in_hand > 1

    def test_a_large_one_meets_no_other_and_small_ones_do(self, save, source, tmp_path):
        sizes = {"a.png": (20, 20), "b.png": (1000, 1000), "c.png": (20, 20), "d.png": (20, 20)}
        paths = [save(name, shape) for name, shape in sizes.items()]
        room = 3_000_000 + 2 * paths[1].stat().st_size  # for the large one, to the byte
        together, guard, met = [], threading.Lock(), []

        def act(pixels):
            with guard:
                together.append(pixels.size)
                met.append(sorted(together))
            time.sleep(0.03)
            with guard:
                together.remove(pixels.size)

        assert self.run(source, tmp_path / "out", FakePipeline(act), room).done == 4
        assert [1_000_000] in met
        assert not any(len(each) > 1 and 1_000_000 in each for each in met)

    def test_one_that_never_fits_fails_before_it_is_decoded(self, save, source, tmp_path, monkeypatch):
        path = save("large.png", (2000, 2000))  # of a few kilobytes
        save("small.png")
        assert path.stat().st_size < 20_000
        pipeline = FakePipeline()
        report = self.run(source, tmp_path / "out", pipeline, 2_000_000)
        (failure,) = report.failures
        assert (failure.path, failure.stage) == ("large.png", "plan")
        assert failure.reason.startswith(
            "it takes about 12 MB of memory (its pixels 4 MB, the result's 3.99 MB)"
        )
        assert "images may take 2 MB (--memory); and it cannot be streamed: it takes about" in failure.reason
        assert (report.done, len(pipeline.threads)) == (1, 1)

    def test_a_signal_ends_those_that_wait(self, save, source, tmp_path):
        for i in range(4):
            save(f"{i}.png", (300, 300))

        def interrupt(finished, total, result):
            raise KeyboardInterrupt

        pipeline = FakePipeline(lambda _: time.sleep(0.05))
        began = time.monotonic()
        report = self.run(source, tmp_path / "out", pipeline, 500_000, progress=interrupt)
        assert report.exit_code == 130
        assert time.monotonic() - began < 10
        assert report.done + report.unfinished == 4


class TestLimits:
    def test_by_default_less_than_the_machine_has(self):
        assert 1 << 24 < default_memory() < 1 << 50

    def test_share_and_reserve(self, monkeypatch):
        for most, expected in (
            (16 << 30, (12 << 30) - RESERVE),
            (1 << 28, 1 << 26),
            (0, (3 << 30) - RESERVE),
        ):
            monkeypatch.setattr("convpipe.batch.budget._physical", lambda most=most: most)
            monkeypatch.setattr("convpipe.batch.budget.cgroup_limits", lambda: ())
            assert default_memory() == expected

    @pytest.mark.parametrize(
        ("groups", "files", "limits"),
        [
            ("0::/a/b\n", {"a/memory.max": "5000\n", "a/b/memory.max": "max\n"}, [5000]),
            ("0::/a/b\n", {"a/b/memory.max": "70\n", "memory.max": "900\n"}, [70, 900]),
            ("0::/\n", {"memory.max": "123\n"}, [123]),
            ("4:cpu:/x\n3:memory:/x\n", {"memory/x/memory.limit_in_bytes": "77\n"}, [77]),
            ("3:cpu,memory:/gone\n", {"memory/memory.limit_in_bytes": "88\n"}, [88]),
            ("3:memory:/\n0::/\n", {"memory/memory.limit_in_bytes": "9\n", "memory.max": "8\n"}, [9, 8]),
            ("nonsense\n", {}, []),
            ("", {}, []),
        ],
    )
    def test_control_groups_of_both_versions(self, tmp_path, groups, files, limits):
        (tmp_path / "groups").write_text(groups)
        for name, text in files.items():
            path = tmp_path / "mount" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert list(cgroup_limits(tmp_path / "groups", tmp_path / "mount")) == limits

    def test_processes_that_decode_take_some_of_it(self, monkeypatch):
        monkeypatch.setattr("convpipe.batch.budget._physical", lambda: 16 << 30)
        monkeypatch.setattr("convpipe.batch.budget.cgroup_limits", lambda: ())
        assert default_memory() - default_memory(8) == 8 * DECODER

    def test_the_tightest_one_counts(self, monkeypatch):
        monkeypatch.setattr("convpipe.batch.budget._physical", lambda: 16 << 30)
        monkeypatch.setattr("convpipe.batch.budget.cgroup_limits", lambda: [8 << 30, 2 << 30])
        assert default_memory() == int(1.5 * (1 << 30)) - RESERVE


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
