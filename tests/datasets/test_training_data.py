import numpy as np
import pytest
from support.sources import IMAGES
from support.sources import LABELS
from support.sources import SOURCES
from support.sources import Batches
from support.sources import data_loader

from keras_tgdd.datasets import ImageDataset
from keras_tgdd.datasets import ImageStream
from keras_tgdd.datasets import Normalization
from keras_tgdd.datasets import TrainingData
from keras_tgdd.datasets import from_arrays
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.runtime.fingerprint import fingerprint

NAMES = ("cat", "dog", "bird")


def test_says_what_is_known_of_the_images():
    data = TrainingData(IMAGES, LABELS, NAMES)
    assert data.x is IMAGES and data.y is LABELS
    assert data.num_classes == 3 and data.image_shape == (8, 6, 3)
    assert data.counts.tolist() == [2, 2, 1]
    assert data.class_names == NAMES
    assert data.normalization == Normalization.of(IMAGES)
    assert data.fingerprint() == fingerprint(IMAGES, LABELS)
    assert "5 images, 3 classes, image_shape=(8, 6, 3)" in repr(data)


@pytest.mark.parametrize(
    "names",
    [NAMES, list(NAMES), np.array(NAMES), np.array(NAMES, object)],
    ids=["tuple", "list", "array", "objects"],
)
def test_names_become_a_tuple_of_strings(names):
    found = TrainingData(IMAGES, LABELS, class_names=names).class_names
    assert found == NAMES and {type(name) for name in found} == {str}


def test_scikit_learns_names_are_taken():
    """`target_names` is an array, whose truth value is ambiguous."""
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = datasets.load_digits()
    x, y = bunch.images[..., None] / 16.0, bunch.target
    names = bunch.target_names.astype(str)
    data = from_arrays(x, y, class_names=names)
    assert data.class_names == tuple("0123456789")
    assert as_training_data(data, class_names=names[::-1]).class_names == (
        tuple("9876543210")
    )


def test_the_normalization_is_computed_once_and_when_asked_for(monkeypatch):
    calls = []
    compute = Normalization.of

    def counted(x):
        calls.append(x)
        return compute(x)

    monkeypatch.setattr(Normalization, "of", counted)
    data = TrainingData(IMAGES, LABELS)
    renamed = as_training_data(data, class_names=NAMES)
    assert not calls
    assert data.normalization is data.normalization
    assert len(calls) == 1 and calls[0] is IMAGES
    given = TrainingData(IMAGES, LABELS, normalization=Normalization(0.5, 0.1))
    assert given.normalization == Normalization([0.5] * 3, [0.1] * 3)
    assert len(calls) == 1
    assert renamed.normalization == data.normalization


def test_the_fingerprint_is_computed_once(monkeypatch):
    data = TrainingData(IMAGES, LABELS)
    first = data.fingerprint()
    monkeypatch.delattr("keras_tgdd.datasets.training_data.fingerprint")
    assert data.fingerprint() == first


def test_a_given_number_of_classes_allows_classes_without_images():
    part = TrainingData(IMAGES[:2], LABELS[:2], ("a", "b", "c", "d"), None, 4)
    assert part.num_classes == 4 and part.counts.tolist() == [1, 1, 0, 0]
    again = as_training_data((IMAGES[:2], LABELS[:2]), num_classes=4)
    assert again.counts.tolist() == [1, 1, 0, 0]
    with pytest.raises(ValueError, match=r"in \[0, 2\).*max=2"):
        TrainingData(IMAGES, LABELS, num_classes=2)


def test_the_arrays_stay_as_they_are(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    data = TrainingData(mapped, LABELS)
    assert data.x is mapped
    with pytest.raises(AttributeError):
        data.y = LABELS + 1


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"x": IMAGES.tolist()}, TypeError, "`x` must be a NumPy array"),
        ({"x": IMAGES[..., 0]}, ValueError, r"`x\[..., None\]`"),
        ({"x": IMAGES * 1.0}, ValueError, "Divide by 255"),
        ({"y": LABELS[:-1]}, ValueError, r"shape \(5,\)"),
        ({"y": None}, TypeError, "integer labels"),
        ({"y": LABELS * 2}, ValueError, r"no images of class \[1, 3\]"),
        ({"class_names": NAMES[:2]}, ValueError, "one name per class, 3.*: 2"),
        ({"class_names": "abc"}, TypeError, "sequence of strings.*'abc'"),
        ({"class_names": 3}, TypeError, "sequence of strings.*class_names=3"),
        ({"num_classes": 0}, ValueError, "`num_classes` must be a positive"),
        ({"num_classes": 3.0}, ValueError, "`num_classes` must be a positive"),
        ({"normalization": (0.5, 0.1)}, TypeError, "keras_tgdd.Normalization"),
        (
            {"normalization": Normalization([0.1, 0.2])},
            ValueError,
            "`mean`.*each of 3 channels",
        ),
    ],
)
def test_refuses_what_does_not_fit(arguments, error, message):
    with pytest.raises(error, match=message):
        TrainingData(**{"x": IMAGES, "y": LABELS, **arguments})


def test_from_arrays_describes_arrays():
    normalization = Normalization(0.5, 0.25)
    data = from_arrays(
        IMAGES, LABELS, class_names=NAMES, normalization=normalization
    )
    assert isinstance(data, TrainingData) and data.x is IMAGES
    assert data.class_names == NAMES
    assert data.normalization == normalization.for_channels(3)
    assert from_arrays(IMAGES, LABELS).class_names is None


def test_training_data_come_back_as_they_are():
    data = TrainingData(IMAGES, LABELS, NAMES)
    assert as_training_data(data) is data


def test_what_is_asked_for_counts_more():
    data = TrainingData(IMAGES, LABELS, NAMES, Normalization(0.5, 0.1))
    names = np.array(["a", "b", "c"])
    renamed = as_training_data(data, class_names=names)
    assert renamed.class_names == ("a", "b", "c")
    assert renamed.x is IMAGES and renamed.normalization == data.normalization
    other = as_training_data(data, normalization=Normalization(0.4))
    assert other.normalization == Normalization(0.4).for_channels(3)
    assert other.class_names == NAMES and data.class_names == NAMES


def test_a_data_set_gives_its_training_part():
    data = ImageDataset(
        name="made",
        x_train=IMAGES,
        y_train=LABELS,
        x_test=IMAGES[:1],
        y_test=LABELS[:1],
        class_names=NAMES,
        normalization=Normalization(0.5, 0.25),
    )
    train = as_training_data(data)
    assert train is data.train is as_training_data(data)
    assert train.x is IMAGES and train.y is LABELS
    assert train.class_names == NAMES
    assert train.normalization == Normalization([0.5] * 3, [0.25] * 3)
    renamed = as_training_data(data, class_names=("a", "b", "c"))
    assert renamed.class_names == ("a", "b", "c")
    assert renamed.normalization == train.normalization
    x, y = data.test
    assert x is data.x_test and y is data.y_test


@pytest.mark.parametrize("pair", [tuple, list])
def test_a_pair_of_arrays(pair):
    data = as_training_data(pair([IMAGES, LABELS]), class_names=NAMES)
    assert data.x is IMAGES and data.y is LABELS and data.class_names == NAMES


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_batches_are_read_into_memory(make):
    data = as_training_data(make(), class_names=NAMES)
    np.testing.assert_array_equal(data.x, IMAGES)
    np.testing.assert_array_equal(data.y, LABELS)
    assert data.class_names == NAMES


def test_a_data_loader_of_floats():
    """What PyTorch's users have: floats of ToTensor, channels first."""
    floats = IMAGES.astype("float32") / 255
    data = as_training_data(data_loader(floats))
    assert data.image_shape == (8, 6, 3) and data.num_classes == 3
    np.testing.assert_array_equal(data.x, floats)


@pytest.mark.parametrize(
    "data, error, message",
    [
        (IMAGES, TypeError, r"pass the pair \(x, y\).*\(5, 8, 6, 3\) without"),
        ("cifar10", TypeError, "NumPy arrays, a `TrainingData`.*Received: str"),
        (None, TypeError, "Received: NoneType"),
        ((IMAGES, LABELS, NAMES), TypeError, "Received: tuple"),
        ((IMAGES, None), TypeError, "integer labels"),
        ((Batches(), LABELS), ValueError, "brings its labels.*pair of Batches"),
        (
            (TrainingData(IMAGES, LABELS), LABELS),
            ValueError,
            "brings its labels.*pair of TrainingData and ndarray",
        ),
        (lambda: iter([]), ValueError, "at least one batch"),
        (lambda: iter([IMAGES]), TypeError, "Received: ndarray"),
    ],
)
def test_the_door_refuses(data, error, message):
    with pytest.raises(error, match=message):
        as_training_data(data)


def test_a_data_set_brings_its_labels(digits):
    with pytest.raises(ValueError, match="brings its labels.*ImageDataset"):
        as_training_data((digits, digits.y_train))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ImageStream(Batches(), 3),
        lambda: RealImages(TrainingData(IMAGES, LABELS)),
    ],
    ids=["ImageStream", "RealImages"],
)
def test_draws_are_no_arrays(make, request):
    name = request.node.callspec.id
    message = rf"`data = stream.store\(directory\)`.*type {name}"
    with pytest.raises(TypeError, match=message):
        as_training_data(make())
