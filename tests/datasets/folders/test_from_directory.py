import numpy as np
import pytest
from PIL import Image

from keras_tgdd import datasets

# No backend takes part.
pytestmark = pytest.mark.once


def write(path, color, size=(12, 8), mode="RGB", **options):
    """An image of one colour; `size` is (width, height), as Pillow has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)


def read(directory, **changes):
    arguments = dict(image_size=8, test_fraction=0.5, verbose=0)
    return datasets.from_directory(directory, **{**arguments, **changes})


@pytest.fixture
def photos(tmp_path):
    """Two classes of four; red is wide, blue is high."""
    for number in range(4):
        write(tmp_path / "red" / f"{number}.png", (250 - number, 0, 0))
        write(tmp_path / "blue" / f"{number}.png", (0, 0, 250), (8, 12))
    return tmp_path


def test_folders_are_classes_in_order(photos):
    data = read(photos)
    assert data.class_names == ("blue", "red")
    assert data.name == photos.name
    assert data.x_train.shape == data.x_test.shape == (4, 8, 8, 3)
    assert data.x_train.dtype == np.uint8 and data.y_train.dtype == np.int64
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert y.tolist() == [0, 0, 1, 1]
        assert np.all(x[y == 0][..., 2] == 250) and np.all(
            x[y == 1][..., 2] == 0
        )
    np.testing.assert_allclose(
        data.normalization.mean,
        (data.x_train / 255).mean(axis=(0, 1, 2)),
        rtol=1e-5,
    )


def test_no_image_is_on_both_sides_and_a_seed_repeats_it(photos):
    data = read(photos, seed=1)
    reds = [
        set(x[y == 1][:, 0, 0, 0].tolist())
        for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test))
    ]
    assert reds[0] | reds[1] == {247, 248, 249, 250}
    again = read(photos, seed=1)
    np.testing.assert_array_equal(data.x_test, again.x_test)


@pytest.mark.parametrize("test_name", ["test", "val", "validation"])
def test_parts_that_are_there_are_used(tmp_path, test_name):
    for name in ("a", "b"):
        write(tmp_path / "train" / name / "1.jpg", "white")
        write(tmp_path / test_name / name / "2.jpg", "black")
    data = read(tmp_path)
    assert data.x_train.min() > 250 and data.x_test.max() < 5
    write(tmp_path / "train" / "c" / "1.jpg", "white")
    with pytest.raises(ValueError, match="same classes.*'c'"):
        read(tmp_path)


def test_sizes_need_not_be_square_and_the_centre_is_kept(tmp_path):
    for name in ("a", "b"):
        picture = Image.new("RGB", (30, 10), "black")
        picture.paste("white", (10, 0, 20, 10))
        (tmp_path / name).mkdir()
        for number in range(2):
            picture.save(tmp_path / name / f"{number}.png")
    assert read(tmp_path, image_size=(5, 15)).x_train.shape[1:] == (5, 15, 3)
    square = read(tmp_path, image_size=10).x_train
    assert square.min() > 250  # the white middle


def test_grey_images_have_one_channel_and_mix_with_colour(tmp_path):
    for name in ("a", "b"):
        for number in range(2):
            write(tmp_path / name / f"{number}.png", 77, mode="L")
    assert read(tmp_path).x_train.shape[1:] == (8, 8, 1)
    write(tmp_path / "a" / "color.png", (1, 2, 3))
    x = np.concatenate([read(tmp_path).x_train, read(tmp_path).x_test])
    assert x.shape[1:] == (8, 8, 3)
    assert sorted(set(map(tuple, x[:, 0, 0].tolist()))) == [
        (1, 2, 3),
        (77, 77, 77),
    ]


@pytest.mark.parametrize(
    "mode, color, options, expected",
    [
        ("RGBA", (0, 0, 0, 0), {}, (255, 255, 255)),
        ("LA", (0, 0), {}, (255,)),
        ("P", 0, {"transparency": 0}, (255, 255, 255)),
        ("I;16", 257 * 90, {}, (90,)),
        ("1", 1, {}, (255,)),
        ("CMYK", (0, 255, 255, 0), {"suffix": ".tif"}, (254, 0, 0)),
    ],
)
def test_modes_of_pixels(tmp_path, mode, color, options, expected):
    suffix = options.pop("suffix", ".png")
    for name in ("a", "b"):
        for number in range(2):
            path = tmp_path / name / f"{number}{suffix}"
            write(path, color, mode=mode, **options)
    pixel = read(tmp_path).x_train[0, 4, 4]
    np.testing.assert_allclose(pixel, expected, atol=1)


def test_photographs_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter to see it upright
    for name in ("a", "b"):
        picture = Image.new("RGB", (16, 8), "black")
        picture.paste("white", (0, 0, 8, 8))
        (tmp_path / name).mkdir()
        for number in range(2):
            picture.save(tmp_path / name / f"{number}.jpg", exif=exif)
    x = read(tmp_path, image_size=(16, 8)).x_train[0].astype(int)
    assert x[:6].min() > 200 and x[-6:].max() < 50


def test_unreadable_files_are_named_and_left_out(photos):
    whole = (photos / "red" / "0.png").read_bytes()
    (photos / "red" / "cut.png").write_bytes(whole[:-30])
    (photos / "blue" / "text.jpg").write_text("no image")
    (photos / "blue" / ".hidden.png").write_text("no image")
    (photos / "blue" / "notes.txt").write_text("no image")
    (photos / ".cache").mkdir()
    with pytest.warns(UserWarning, match=r"not be read.*\(2\)") as found:
        data = read(photos)
    assert "cut.png" in str(found[0].message)
    assert "text.jpg" in str(found[0].message)
    assert len(data.x_train) + len(data.x_test) == 8
    assert data.class_names == ("blue", "red")


def test_an_image_of_too_many_pixels_is_unreadable(photos, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    with pytest.warns(UserWarning, match="DecompressionBombError"):
        with pytest.raises(ValueError, match="too few in"):
            read(photos)


@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"directory": "missing"}, FileNotFoundError, "is no directory"),
        ({"image_size": 0}, ValueError, "image_size=0"),
        ({"image_size": (8, 8, 3)}, ValueError, "8, 8, 3"),
        ({"test_fraction": 1.0}, ValueError, "test_fraction=1.0"),
    ],
)
def test_bad_arguments_are_refused(photos, changes, error, message):
    with pytest.raises(error, match=message):
        read(**{"directory": photos, **changes})


def test_too_few_classes_or_images_are_refused(photos):
    with pytest.raises(ValueError, match=r"Received: the folders \[\]"):
        read(photos / "red")
    write(photos / "green" / "1.png", "green")
    with pytest.raises(ValueError, match=r"2 readable.*\['green'\]"):
        read(photos)
