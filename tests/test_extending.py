"""The page on extending the package runs as it stands."""

import pathlib
import re

import keras
import numpy as np
import pytest

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "extending.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
# Lines of the class that each of the three sections adds.
ADDED = {"SpreadMatching": 0, "SpreadTGDD": 2, "SmallPixels": 3}


@pytest.fixture
def page(experts, small_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, y = small_data
    names = {"x": x, "y": y, "experts": experts}
    with keras.saving.CustomObjectScope({}):
        for block in BLOCKS:
            exec(compile(block, str(PAGE), "exec"), names)
    return names


def test_the_page_runs_and_its_parts_are_used(page, small_data):
    distilled = page["distilled"]
    assert distilled.info["method"] == "spread_tgdd"
    assert distilled.info["objective"] == "SpreadMatching"
    assert distilled.info["optimizer"]["name"] == "adam"
    trainer = page["trainer"]
    assert isinstance(trainer.synthetic, page["SmallPixels"])
    assert trainer.num_steps == 2
    saved = trainer.distilled_dataset()
    assert saved.images.shape == (3, 1, 8, 8, 2)
    assert saved.factor == 1
    start = np.random.default_rng(0).random((3, 1, 4, 4, 2))
    small = keras.ops.convert_to_numpy(trainer.synthetic.small)
    assert np.abs(small - start).max() > 1e-6


def test_the_page_objective_is_its_formula(page, rng):
    objective = page["SpreadMatching"](2.0)
    real = rng.normal(size=(3, 5, 4)).astype("float32")
    synthetic = rng.normal(size=(3, 2, 4)).astype("float32")
    summary = objective.summarize(keras.ops.convert_to_tensor(real))
    loss = objective.compare(summary, keras.ops.convert_to_tensor(synthetic))
    spread = np.sqrt(real.var(axis=1) + 1e-8)
    spread = np.square(spread - np.sqrt(synthetic.var(axis=1) + 1e-8))
    means = np.square(real.mean(axis=1) - synthetic.mean(axis=1))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(loss), (means + 2 * spread).sum(1), 1e-4
    )


def test_the_page_values_serialize(page):
    for value in (page["SpreadMatching"](3.0), page["method"]):
        config = keras.saving.serialize_keras_object(value)
        again = keras.saving.deserialize_keras_object(config)
        assert type(again) is type(value)
        assert again.get_config() == value.get_config()


@pytest.mark.parametrize("name", ADDED)
def test_each_addition_is_short(name):
    block = BLOCKS[ADDED[name]]
    added = block[block.index("@keras.saving") :]
    lines = [line for line in added.splitlines() if line.strip()]
    assert f"class {name}(" in added
    assert len(lines) < 30, len(lines)
