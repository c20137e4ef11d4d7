"""From a directory of photographs to a plain Keras network."""

import keras
import numpy as np
import pytest
from PIL import Image
from support.networks import small_network

import keras_tgdd

COLORS = {
    "beach": (240, 220, 130),
    "forest": (20, 90, 30),
    "night": (10, 10, 40),
    "sea": (40, 120, 220),
}


@pytest.fixture
def photos(tmp_path, rng):
    """Four classes of unequal size: wide and high, grey, and one cut off."""
    for number, (name, color) in enumerate(COLORS.items()):
        folder = tmp_path / name
        folder.mkdir()
        for index in range(4 + 3 * number):
            size = (40, 24) if index % 2 else (20, 30)
            noise = rng.normal(0, 8, (size[1], size[0], 3))
            pixels = np.uint8(np.clip(noise + color, 0, 255))
            picture = Image.fromarray(pixels)
            if index == 3:
                picture = picture.convert("L")
            picture.save(folder / f"{index}.jpg")
    whole = (tmp_path / "sea" / "0.jpg").read_bytes()
    (tmp_path / "sea" / "0.jpg").write_bytes(whole[:200])
    return tmp_path


def test_a_folder_becomes_a_trained_network(photos, tmp_path_factory):
    with pytest.warns(UserWarning, match=r"not be read.*\(1\)"):
        data = keras_tgdd.datasets.from_directory(
            photos, image_size=(12, 16), test_fraction=0.3, verbose=0
        )
    assert data.image_shape == (12, 16, 3)
    experts = keras_tgdd.train_experts(
        data,
        small_network,
        num_experts=1,
        epochs=3,
        directory=tmp_path_factory.mktemp("experts"),
        verbose=0,
    )
    distilled = keras_tgdd.distill(
        data, images_per_class=2, experts=experts, steps=5, verbose=0
    )
    assert distilled.class_names == tuple(sorted(COLORS))
    x, y = distilled.to_numpy()
    assert x.shape == (4 * 2 * 4, 12, 16, 3)
    network = small_network(data.image_shape, 4)
    network.compile(
        keras.optimizers.SGD(0.02, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    network.fit(distilled.preprocess(x), y, epochs=60, verbose=0)
    scores = network.predict(distilled.preprocess(data.x_test), verbose=0)
    accuracy = np.mean(scores.argmax(axis=1) == data.y_test)
    assert accuracy > 0.5
