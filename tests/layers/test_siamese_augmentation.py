import keras
import numpy as np
import pytest
from support.gradients import assert_matches_oracle
from support.layer_round import check_config
from support.layer_round import check_model

from keras_tgdd.layers import SiameseAugmentation


def read(image, y, x):
    """Bilinear reading at a real position; zero outside."""
    height, width = image.shape[:2]
    low_y, low_x = int(np.floor(y)), int(np.floor(x))
    value = np.zeros(image.shape[2])
    for row in (low_y, low_y + 1):
        for column in (low_x, low_x + 1):
            if 0 <= row < height and 0 <= column < width:
                weight = (1 - abs(y - row)) * (1 - abs(x - column))
                value += weight * image[row, column]
    return value


def warp(image, position):
    """Reads each output pixel at `position(y, x)`, relative to the centre."""
    height, width = image.shape[:2]
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    output = np.zeros_like(image)
    for y in range(height):
        for x in range(width):
            source = position(np.array([y, x]) - centre) + centre
            output[y, x] = read(image, *source)
    return output


def flip(image, draw):
    return image[:, ::-1] if draw["flip"] else image


def color(image, draw):
    image = image + draw["brightness"]
    grey = image.mean(axis=-1, keepdims=True)
    image = (image - grey) * draw["saturation"] + grey
    return (image - image.mean()) * draw["contrast"] + image.mean()


def crop(image, draw):
    return warp(image, lambda offset: offset + draw["crop"])


def scale(image, draw):
    return warp(image, lambda offset: offset * draw["scale"])


def rotate(image, draw):
    cos, sin = np.cos(draw["rotate"]), np.sin(draw["rotate"])
    matrix = np.array([[cos, -sin], [sin, cos]])
    return warp(image, lambda offset: matrix @ offset)


def cutout(image, draw, fraction=0.5):
    image = image.copy()
    for axis_length, start in zip(image.shape[:2], draw["cutout"]):
        assert start == int(start)
    top, left = (int(v) for v in draw["cutout"])
    height, width = (int(np.floor(s * fraction + 0.5)) for s in image.shape[:2])
    rows = [r for r in range(top, top + height) if 0 <= r < image.shape[0]]
    columns = [c for c in range(left, left + width) if 0 <= c < image.shape[1]]
    for row in rows:
        for column in columns:
            image[row, column] = 0.0
    return image


ORACLES = {
    "flip": flip,
    "color": color,
    "crop": crop,
    "scale": scale,
    "rotate": rotate,
    "cutout": cutout,
}


def oracle(images, draw, names):
    """Applies the operations image by image; images are 5-D."""
    output = np.empty_like(images)
    for group in range(len(images)):
        parameters = {key: value[group] for key, value in draw.items()}
        for n in range(images.shape[1]):
            image = images[group, n]
            for name in names:
                image = ORACLES[name](image, parameters)
            output[group, n] = image
    return output


@pytest.mark.parametrize(
    "strategies",
    [
        *[(name,) for name in ORACLES],
        ("color", "crop", "cutout"),
        ("flip", "color", ("crop", "scale", "rotate")),
    ],
)
def test_matches_oracle_in_value_and_image_gradient(rng, strategies):
    layer = SiameseAugmentation(strategies, rotate=40.0, crop=0.3)
    draw = layer.draw(rng, 2, image_size=(5, 6))
    if "rotate" in draw:  # avoids reading exactly between two pixels
        draw["rotate"] = draw["rotate"] + np.float32(0.01)
    images = rng.normal(size=(2, 2, 5, 6, 3))
    assert_matches_oracle(
        lambda t: layer(t, draw),
        lambda a: oracle(a, draw, layer.operations),
        images,
    )


@pytest.mark.parametrize("strategies", [("color", "crop", "cutout"), ("flip",)])
def test_images_of_a_group_share_its_draw(rng, strategies):
    layer = SiameseAugmentation(strategies)
    draw = layer.draw(rng, 3, image_size=(8, 8))
    image = rng.normal(size=(3, 1, 8, 8, 1)).astype("float32")
    output = layer(np.repeat(image, 4, axis=1), draw)
    output = keras.ops.convert_to_numpy(output)
    np.testing.assert_allclose(
        output, np.repeat(output[:, :1], 4, 1), atol=1e-6
    )


def test_a_draw_per_image_equals_groups_of_one(rng):
    layer = SiameseAugmentation(("flip", "color", "rotate"))
    draw = layer.draw(rng, 4, image_size=(6, 6))
    images = rng.normal(size=(4, 6, 6, 3)).astype("float32")
    single = keras.ops.convert_to_numpy(layer(images, draw))
    grouped = keras.ops.convert_to_numpy(layer(images[:, None], draw))
    np.testing.assert_allclose(single, grouped[:, 0], atol=1e-6)


def test_one_of_applies_one_operation_to_all_groups(rng):
    layer = SiameseAugmentation((("crop", "scale", "rotate"),))
    chosen = set()
    for _ in range(40):
        draw = layer.draw(rng, 50, image_size=(32, 32))
        active = {
            "crop": bool(np.any(draw["crop"] != 0)),
            "scale": bool(np.any(draw["scale"] != 1)),
            "rotate": bool(np.any(draw["rotate"] != 0)),
        }
        assert sum(active.values()) == 1
        chosen |= {name for name, on in active.items() if on}
    assert chosen == {"crop", "scale", "rotate"}


def test_operations_not_chosen_change_nothing(rng):
    layer = SiameseAugmentation((tuple(ORACLES),))
    images = rng.normal(size=(3, 1, 6, 7, 3)).astype("float32")
    for _ in range(12):
        draw = layer.draw(rng, 3, image_size=(6, 7))
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(layer(images, draw)),
            oracle(images.astype("float64"), draw, layer.operations),
            atol=1e-5,
        )


def test_stored_runs_resume_with_the_same_draws():
    strategies = ("flip", "color", ("crop", "scale", "rotate"), "cutout")
    layer = SiameseAugmentation(strategies)
    draw = layer.draw(np.random.default_rng(3), 2, image_size=(9, 12))
    expected = {
        "flip": [1, 0],
        "brightness": [-0.2631895, 0.3012745],
        "saturation": [1.1643240, 0.1882573],
        "contrast": [0.9331269, 0.9790513],
        "crop": [[-1, 1], [1, -2]],
        "scale": [[1, 1], [1, 1]],
        "rotate": [0, 0],
        "cutout": [[-1, 7], [0, 1]],
    }
    assert list(draw) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(draw[name], value, rtol=1e-6)


def test_draws_have_the_stated_ranges(rng):
    layer = SiameseAugmentation(tuple(ORACLES))
    draw = layer.draw(rng, 20_000, image_size=(32, 16))
    low_high = {
        "flip": (0, 1),
        "brightness": (-0.5, 0.5),
        "saturation": (0, 2),
        "contrast": (0.5, 1.5),
        "scale": (1 / 1.2, 1.2),
        "rotate": (-np.pi / 12, np.pi / 12),
    }
    for name, (low, high) in low_high.items():
        assert draw[name].min() == pytest.approx(low, abs=1e-3), name
        assert draw[name].max() == pytest.approx(high, abs=1e-3), name
    assert draw["flip"].mean() == pytest.approx(0.5, abs=0.02)
    # 12.5 % of 32 and of 16 pixels; a box of 16 x 8 with its centre inside.
    np.testing.assert_array_equal(draw["crop"].min(axis=0), [-4, -2])
    np.testing.assert_array_equal(draw["crop"].max(axis=0), [4, 2])
    np.testing.assert_array_equal(draw["cutout"].min(axis=0), [-8, -4])
    np.testing.assert_array_equal(draw["cutout"].max(axis=0), [24, 12])
    assert {value.dtype for value in draw.values()} == {np.dtype("float32")}


def test_saturation_does_not_change_grey_images(rng):
    layer = SiameseAugmentation(("color",), brightness=0.0, contrast=0.0)
    draw = layer.draw(rng, 5, image_size=(4, 4))
    images = rng.normal(size=(5, 4, 4, 1)).astype("float32")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer(images, draw)), images, atol=1e-6
    )


def test_round(rng, tmp_path):
    strategies = ("flip", "color", ("crop", "scale"), "cutout")
    layer = SiameseAugmentation(strategies, brightness=0.3, cutout=0.25)
    check_config(layer)
    draw = layer.draw(rng, 4, image_size=(6, 6))
    images = keras.Input((6, 6, 3), name="images")
    draws = {
        key: keras.Input(value.shape[1:], name=key)
        for key, value in draw.items()
    }
    scaled = keras.layers.Dense(3)(images)
    model = keras.Model({"images": images, **draws}, layer(scaled, draw=draws))
    x = rng.normal(size=(4, 6, 6, 3)).astype("float32")
    check_model(model, {"images": x, **draw}, tmp_path / "model.keras")


def test_stays_float32_under_mixed_precision(rng):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = SiameseAugmentation()
    finally:
        keras.config.set_dtype_policy("float32")
    draw = layer.draw(rng, 2, image_size=(4, 4))
    output = layer(np.zeros((2, 4, 4, 1), "float32"), draw)
    assert keras.backend.standardize_dtype(output.dtype) == "float32"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"strategies": ("colour",)}, "`strategies` must name"),
        ({"strategies": ("crop", ("crop", "flip"))}, "at most once"),
        ({"contrast": 1.5}, r"`contrast` must lie in \[0.0, 1.0\]"),
        ({"scale": 0.5}, "`scale` must lie in"),
        ({"cutout": -0.1}, "`cutout` must lie in"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SiameseAugmentation(**arguments)
