import numpy as np
import pytest
from support.pictures import write_picture

from keras_tgdd import datasets
from keras_tgdd.datasets.folders.imagenet_subsets import SUBSETS

# No backend takes part.
pytestmark = pytest.mark.once


FRUIT = list(SUBSETS["fruit"])
TENCH, OTHER = "n01440764", "n99999999"


def read(directory, **changes):
    arguments = dict(subset="fruit", image_size=8, verbose=0)
    return datasets.from_imagenet(directory, **{**arguments, **changes})


def shade(wnid):
    """A colour for each class, told by its red."""
    return (int(wnid[1:]) % 251, 0, 200)


@pytest.fixture
def imagenet(tmp_path):
    """Fruits and two more classes; two training images and one other each."""
    for wnid in (*FRUIT, TENCH, OTHER):
        for number in range(2):
            path = tmp_path / "train" / wnid / f"{wnid}_{number}.JPEG"
            write_picture(path, shade(wnid))
        path = tmp_path / "val" / wnid / f"ILSVRC2012_val_{wnid[1:]}.JPEG"
        write_picture(path, shade(wnid), size=(8, 12))
    return tmp_path


def test_a_subset_out_of_more_classes(imagenet):
    data = read(imagenet)
    assert data.name == "imagefruit" and data.flip
    assert data.class_names == tuple(SUBSETS["fruit"].values())
    assert data.x_train.shape == (20, 8, 8, 3)
    assert data.x_test.shape == (10, 8, 8, 3)
    assert data.x_train.dtype == np.uint8 and data.y_train.dtype == np.int64
    assert data.y_train.tolist() == np.repeat(np.arange(10), 2).tolist()
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        expected = np.array([shade(FRUIT[label]) for label in y])
        # JPEG keeps a plain colour to a few levels.
        np.testing.assert_allclose(x[:, 4, 4], expected, atol=4)
    np.testing.assert_allclose(
        data.normalization.mean,
        (data.x_train / 255).mean(axis=(0, 1, 2)),
        rtol=1e-5,
    )


def test_classes_by_their_ids_in_the_order_given(imagenet):
    data = read(imagenet, subset=[OTHER, TENCH])
    assert data.class_names == (OTHER, "tench") and data.name == "imagenet"
    reds = data.x_test[:, 4, 4, 0].astype(int)
    np.testing.assert_allclose(reds, [shade(OTHER)[0], shade(TENCH)[0]], atol=4)


def test_without_arguments_it_is_woof_at_128_pixels(tmp_path):
    for wnid in SUBSETS["woof"]:
        for part in ("train", "val"):
            write_picture(tmp_path / part / wnid / "1.JPEG", "white")
    data = datasets.from_imagenet(tmp_path, verbose=0)
    assert data.x_train.shape == (10, 128, 128, 3)
    assert data.class_names[0] == "Australian terrier"


def test_grey_images_among_coloured_ones(imagenet):
    grey = imagenet / "train" / FRUIT[0] / f"{FRUIT[0]}_0.JPEG"
    write_picture(grey, 77, mode="L")
    x = read(imagenet).x_train
    assert x.shape == (20, 8, 8, 3)
    np.testing.assert_array_equal(x[0, 4, 4], [77, 77, 77])
    np.testing.assert_allclose(x[1, 4, 4], shade(FRUIT[0]), atol=4)


def test_a_coloured_test_image_widens_grey_training_images(imagenet):
    for path in imagenet.glob("train/*/*.JPEG"):
        write_picture(path, 77, mode="L")
    data = read(imagenet)
    assert data.image_shape == data.x_test.shape[1:] == (8, 8, 3)
    assert np.all(data.x_train == 77)


def test_a_corrupt_file_is_named_and_left_out(imagenet):
    broken = imagenet / "train" / FRUIT[3] / f"{FRUIT[3]}_1.JPEG"
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.warns(UserWarning, match=f"{FRUIT[3]}_1.JPEG") as found:
        data = read(imagenet)
    assert found[0].filename == __file__
    assert np.bincount(data.y_train).tolist() == [2, 2, 2, 1, 2, 2, 2, 2, 2, 2]


def test_missing_classes_are_listed(imagenet):
    with pytest.raises(FileNotFoundError) as error:
        read(imagenet, subset="nette")
    expected = ", ".join(i for i in SUBSETS["nette"] if i != TENCH)
    assert f"no folder of {expected}. Unpack" in str(error.value)
    assert str(imagenet / "train") in str(error.value)


def test_classes_that_only_val_lacks_are_listed(imagenet):
    (image,) = (imagenet / "val" / FRUIT[2]).iterdir()
    image.unlink()
    with pytest.raises(ValueError, match=f"1 readable.*{FRUIT[2]}.*val"):
        read(imagenet)
    (imagenet / "val" / FRUIT[2]).rmdir()
    with pytest.raises(
        FileNotFoundError, match=f"val'.*no folder of {FRUIT[2]}"
    ):
        read(imagenet)


def test_validation_images_in_one_heap_are_refused(imagenet):
    heap = imagenet / "val"
    for number, path in enumerate(sorted(heap.glob("*/*.JPEG"))):
        path.rename(heap / f"ILSVRC2012_val_{number:08d}.JPEG")
        path.parent.rmdir()
    with pytest.raises(ValueError, match="ILSVRC2012_val_.*valprep.sh"):
        read(imagenet)


@pytest.mark.parametrize(
    "subset, message",
    [
        ("cats", "one of .*'nette'.*subset='cats'"),
        (TENCH, "sequence of WordNet ids"),
        ([TENCH, "../val"], "eight digits.*'../val'"),
        ([TENCH, "n0144"], "eight digits.*'n0144'"),
        ([TENCH, "n01440764\n"], "eight digits"),
        ([TENCH], "two classes or more.*1 ids"),
        ([TENCH, OTHER, TENCH], f"more than once: .{TENCH}"),
        (7, "sequence of WordNet ids.*7"),
    ],
)
def test_other_subsets_are_refused(imagenet, subset, message):
    with pytest.raises(ValueError, match=message):
        read(imagenet, subset=subset)


def test_other_directories_and_sizes_are_refused(imagenet):
    with pytest.raises(FileNotFoundError, match="'train' and no folder 'val'"):
        read(imagenet / "train")
    with pytest.raises(ValueError, match="image_size=0"):
        read(imagenet, image_size=0)
    with pytest.raises(ValueError, match="image_size=None"):
        read(imagenet, image_size=None)
