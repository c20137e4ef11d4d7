"""What holds for images, labels and classes of every kind."""

import keras
import numpy as np
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from keras_tgdd import DistilledDataset
from keras_tgdd import TrainingData
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import to_unit_range
from keras_tgdd.datasets import ImageStream
from keras_tgdd.datasets.real_images import RealImages
from keras_tgdd.layers import SyntheticImages

# The same examples in every run: a failure here is a failure everywhere.
quick = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
sides = st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 4))
counts = st.lists(st.integers(1, 6), min_size=1, max_size=5)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def label_sets(draw):
    """Labels from 0 without a gap, in any order."""
    of_class = draw(counts)
    labels = np.repeat(np.arange(len(of_class)), of_class)
    return labels[draw(st.permutations(range(len(labels))))]


@st.composite
def images_for(draw, labels):
    shape = (len(labels), *draw(sides))
    dtype = draw(st.sampled_from(["uint8", "float16", "float32", "float64"]))
    generator = np.random.default_rng(draw(seeds))
    if dtype == "uint8":
        return generator.integers(0, 256, shape).astype("uint8")
    return generator.random(shape).astype(dtype)


@st.composite
def labelled_images(draw):
    labels = draw(label_sets())
    return draw(images_for(labels)), labels


@quick
@given(
    hnp.arrays(
        st.one_of(
            hnp.boolean_dtypes(),
            hnp.integer_dtypes(),
            hnp.unsigned_integer_dtypes(),
            hnp.floating_dtypes(),
            hnp.complex_number_dtypes(),
        ),
        hnp.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=4),
    )
)
def test_any_array_is_images_or_refused_in_words(x):
    try:
        check_images(x)
    except (TypeError, ValueError) as error:
        assert "Received: " in str(error)
        return
    assert x.ndim == 4 and x.size
    unit = to_unit_range(x)
    assert unit.dtype == np.float32
    assert 0.0 <= unit.min() and unit.max() <= 1.0


@quick
@given(
    hnp.arrays(
        st.sampled_from(["int8", "int32", "int64", "uint8", "float32"]),
        hnp.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=5),
        elements=st.integers(0, 4),
    ),
    st.integers(1, 5),
)
def test_any_labels_fit_or_are_refused_in_words(y, num_images):
    try:
        num_classes = check_labels(y, num_images)
    except (TypeError, ValueError) as error:
        assert "Received: " in str(error)
        return
    assert set(y.tolist()) == set(range(num_classes))
    assert len(y) == num_images


@quick
@given(labelled_images(), st.data())
def test_a_start_is_of_real_images_in_the_numbers_asked_for(data, more):
    x, y = data
    num_classes = int(y.max()) + 1
    per_class = more.draw(
        st.one_of(
            st.integers(1, 4),
            st.lists(
                st.integers(1, 4), min_size=num_classes, max_size=num_classes
            ),
        )
    )
    factor = more.draw(st.integers(1, min(x.shape[1:3])))
    layer = SyntheticImages(num_classes, per_class, x.shape[1:], factor)
    layer.adapt(x, y, seed=more.draw(seeds))
    stored = layer.stored_images().reshape((-1, *x.shape[1:]))
    assert len(stored) == np.sum(np.broadcast_to(per_class, num_classes))
    assert 0.0 <= stored.min() and stored.max() <= 1.0
    decoded = keras.ops.convert_to_numpy(layer())
    most = int(np.max(per_class)) * factor**2
    assert decoded.shape == (num_classes, most, *x.shape[1:])
    # Scaling down and up leaves the range of a class, but for the padding.
    if all(side % factor == 0 for side in x.shape[1:3]):
        for label in range(num_classes):
            real = to_unit_range(x[y == label])
            assert decoded[label].min() >= real.min() - 1e-5
            assert decoded[label].max() <= real.max() + 1e-5


@quick
@given(
    data=labelled_images(),
    factor=st.integers(1, 3),
    kind=st.sampled_from([list, tuple, np.array]),
)
def test_a_set_comes_back_from_its_file(data, factor, kind, tmp_path):
    x, y = data
    factor = min(factor, *x.shape[1:3])
    names = [f"class {label} «é»\n/.." for label in range(y.max() + 1)]
    made = DistilledDataset(
        to_unit_range(x), class_names=kind(names), factor=factor, labels=y
    )
    made.save(tmp_path / "d.safetensors")
    read = DistilledDataset.load(tmp_path / "d.safetensors")
    np.testing.assert_array_equal(read.images, made.images)
    np.testing.assert_array_equal(read.labels, made.labels)
    assert read.class_names == tuple(names) and read.factor == factor
    images, labels = read.to_numpy()
    assert images.shape == (len(y) * factor**2, *x.shape[1:])
    np.testing.assert_array_equal(
        np.bincount(labels), factor**2 * np.bincount(y)
    )
    if factor == 1:
        order = np.argsort(y, kind="stable")
        np.testing.assert_array_equal(images, to_unit_range(x)[order])


@quick
@given(labelled_images(), st.integers(1, 9), seeds)
def test_a_draw_is_of_every_class_and_repeats_none_before_all(
    data, samples, seed
):
    x, y = data
    real = RealImages(TrainingData(x, y))
    index = real.draw_index(np.random.default_rng(seed), samples)
    assert index.shape == (y.max() + 1, samples)
    for label, row in enumerate(index):
        assert np.all(y[row] == label)
        times = np.bincount(row, minlength=len(y))[y == label]
        assert times.max() - times.min() <= 1


@quick
@given(
    label_sets(),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(0, 12),
    seeds,
)
def test_a_stream_keeps_of_every_class_what_it_may(
    y, batch_size, buffer_per_class, step, seed
):
    x = np.arange(len(y), dtype="uint8")[:, None, None, None]

    def batches():
        for start in range(0, len(y), batch_size):
            part = slice(start, start + batch_size)
            yield x[part], y[part]

    num_classes = int(y.max()) + 1
    stream = ImageStream(
        batches, num_classes, buffer_per_class=buffer_per_class
    )
    stream.seek(step)
    drawn = stream.draw(np.random.default_rng(seed), 3)
    for label in range(num_classes):
        assert np.all(y[drawn[label].ravel()] == label)
    assert stream.counts.max() <= buffer_per_class
    in_all = np.bincount(y)
    assert np.all(stream.counts >= np.minimum(in_all, 1))
