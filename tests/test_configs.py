"""The shipped configs, run on the shipped images."""

import csv
from pathlib import Path

import numpy as np
import pytest

from convpipe import Pipeline, config, images
from convpipe.batch import find_images

ROOT = Path(__file__).parents[1]
JOBS = [job for path in sorted((ROOT / "configs").glob("*.yaml")) for job in config.load(path)]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_config_runs_on_the_sample_images(job, tmp_path):
    run = Pipeline.from_job(job)
    report = run.run_folder(
        ROOT / job.input.path,
        tmp_path,
        include=job.input.include,
        exclude=job.input.exclude,
        format=job.output.format,
        outputs={name: spec.encoding for name, spec in job.outputs.items()},
    )
    assert report.failures == []
    assert (
        report.done
        == len(find_images(ROOT / job.input.path, job.input.include, job.input.exclude).images)
        > 0
    )
    written = [path for path in tmp_path.rglob("[!.]*") if path.is_file() and path.name != "measures.csv"]
    assert len(written) == report.done * len(report.outputs)
    planned = {group.stages[-1][1] for group in report.sizes}
    for path in written:
        pixels = np.load(path) if path.suffix == ".npy" else images.read(path).pixels
        assert pixels.shape[:2] in planned
        assert pixels.std() > 0


def test_inspection_counts_what_scikit_image_counts(tmp_path):
    from scipy import ndimage
    from skimage.measure import label

    (job,) = config.load(ROOT / "configs" / "inspection.yaml")
    report = Pipeline.from_job(job).run_folder(
        ROOT / job.input.path, tmp_path, include=job.input.include, format="png", accept=job.accept
    )
    with open(tmp_path / "measures.csv", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["microscope/cell.png", "microscope/retina.jpg", "telescope/galaxies-16-bit.tif"]
    assert [row["accepted"] for row in rows.values()] == ["true", "true", "false"]
    assert [(row.path, row.rejected) for row in report.rejections] == [
        ("telescope/galaxies-16-bit.tif", ("specks 184 is not from 1 to 100",))
    ]
    for name in ("microscope/cell.png", "telescope/galaxies-16-bit.tif"):
        region = images.read(ROOT / "data" / name).pixels.astype(np.float64)
        high, wide = (np.floor(np.array([0.1, 0.9]) * side + 0.5).astype(int) for side in region.shape)
        region = region[slice(*high), slice(*wide)]
        fine, coarse = (ndimage.gaussian_filter(region, sigma, mode="mirror") for sigma in (1.5, 1.5 * 1.6))
        opened = ndimage.grey_opening(fine - coarse, 2, mode="mirror")
        bright = ndimage.white_tophat(opened, 15, mode="mirror")
        specks = bright > 4 * bright.std()
        row = rows[name]
        assert float(row["specks"]) == pytest.approx(label(specks, connectivity=2).max(), abs=1)
        assert float(row["share"]) == pytest.approx(specks.mean(), abs=1e-3)
        padded = np.pad(region, 1, mode="reflect")
        around = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2]
        assert float(row["focus"]) == pytest.approx((around - 4 * region).var() / region.var(), rel=1e-6)


def test_projection_is_the_brightest_of_what_scipy_smooths(tmp_path):
    from scipy import ndimage

    (job,) = config.load(ROOT / "configs" / "projection.yaml")
    report = Pipeline.from_job(job).run_folder(
        ROOT / job.input.path, tmp_path, include=job.input.include, format=job.output.format
    )
    assert (report.done, report.results[0].pages) == (1, 7)
    pages = np.stack([page.pixels for page in images.read_pages(ROOT / "data/stacks/slope.tif")])
    smooth = ndimage.gaussian_filter(pages.astype(float), (1, 0.7, 0.7), mode="mirror").max(axis=0)
    low, high = np.percentile(smooth, (1, 99.5))
    want = np.clip((smooth - low) / (high - low) * 255, 0, 255)
    (made,) = images.read_pages(tmp_path / "stacks/slope.png")
    assert np.abs(made.pixels - want).max() <= 0.51
