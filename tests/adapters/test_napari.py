"""What napari runs; napari itself is not needed."""

import importlib.metadata

import numpy as np
import pytest

from convpipe import Pipeline
from convpipe.adapters.napari import run_config

CONFIG = "name: soft\nstages:\n  - blur: box\n    size: 3\n"


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "soft.yaml"
    path.write_text(CONFIG)
    return path


def test_a_layer_of_any_number_of_axes(config, rng):
    run = Pipeline.from_yaml(CONFIG)
    layer = rng.integers(0, 256, (2, 3, 9, 8), dtype=np.uint8)
    made, meta, kind = run_config(layer, config)
    assert (meta, kind) == ({"name": "soft", "rgb": False}, "image")
    np.testing.assert_array_equal(made[1, 2], run(layer[1, 2]))
    np.testing.assert_array_equal(run_config(layer[0], config)[0], made[0])
    np.testing.assert_array_equal(run_config(layer[0, 0], config)[0], made[0, 0])
    colours = rng.integers(0, 256, (2, 9, 8, 3), dtype=np.uint8)
    made, meta, _ = run_config(colours, config, rgb=True)
    assert meta["rgb"]
    np.testing.assert_array_equal(made[1], run(colours[1]))


def test_the_manifest_is_valid_and_found():
    npe2 = pytest.importorskip("npe2", reason="npe2 is not installed")
    (entry,) = importlib.metadata.entry_points(group="napari.manifest", name="convpipe")
    assert entry.value == "convpipe:napari.yaml"
    manifest = npe2.PluginManifest.from_distribution("convpipe")
    manifest.validate_imports()
    assert [widget.display_name for widget in manifest.contributions.widgets] == ["Run a config"]
