import tracemalloc

import keras
import numpy as np
import pytest
from support.networks import small_network

import keras_tgdd
from keras_tgdd.datasets import ImageStream
from keras_tgdd.datasets import TrainingData
from keras_tgdd.layers import SyntheticImages


class Numbered(keras.utils.PyDataset):
    """Image `i` is of class `labels[i]` and tells its number in its pixels."""

    def __init__(self, labels, batch_size=4, side=2):
        super().__init__()
        self.labels, self.batch_size, self.side = labels, batch_size, side

    def __len__(self):
        return -(-len(self.labels) // self.batch_size)

    def __getitem__(self, index):
        start = index * self.batch_size
        y = self.labels[start : start + self.batch_size]
        x = np.zeros((len(y), self.side, self.side, 3), "uint8")
        numbers = start + np.arange(len(y))
        x[..., 0], x[..., 1] = (
            n[:, None, None] for n in (numbers % 256, numbers // 256)
        )
        return x, y


def numbers(images):
    images = images.astype(int)
    return images[..., 0, 0, 0] + 256 * images[..., 0, 0, 1]


def mixed(count=400, num_classes=4):
    return np.random.default_rng(0).integers(0, num_classes, count)


@pytest.mark.parametrize("order", ["mixed", "sorted"])
def test_every_class_is_in_every_draw_four_times_the_buffer(order):
    labels = mixed() if order == "mixed" else np.sort(mixed())
    stream = ImageStream(Numbered(labels), 4, buffer_per_class=25)
    seen = set()
    for step in range(250):
        stream.seek(step)
        assert stream.counts.tolist() == [25] * 4
        drawn = numbers(stream.draw(np.random.default_rng(step), 8))
        for label in range(4):
            assert np.all(labels[drawn[label]] == label)
            assert len(set(drawn[label])) == 8
        seen.update(drawn.ravel().tolist())
    assert len(seen) > 390  # 400 images went through a buffer of 100


def test_memory_is_bounded():
    labels = mixed(3000)
    source = Numbered(labels, batch_size=8, side=64)
    stream = ImageStream(source, 4, buffer_per_class=187)
    image = 64 * 64 * 3
    assert stream.buffer_bytes == 4 * 187 * image  # a quarter of the data
    tracemalloc.start()
    for step in range(2 * len(source)):
        stream.seek(step)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * image  # batches in passing; the buffer was there


def make_numbered(labels):
    return ImageStream(
        Numbered(labels), 4, buffer_per_class=16, batches_per_step=3
    )


def test_a_step_sees_the_same_in_any_order_and_run():
    labels = mixed()
    stream = make_numbered(labels)
    kept = {}
    for step in range(20):
        stream.seek(step)
        kept[step] = stream.x.copy()
    assert not np.array_equal(kept[0], kept[19])
    for step in (3, 12, 0, 19):  # back means from the beginning
        stream.seek(step)
        np.testing.assert_array_equal(stream.x, kept[step])
    other = make_numbered(labels)
    assert other.fingerprint() == stream.fingerprint()
    other.seek(12)
    np.testing.assert_array_equal(other.x, kept[12])


def test_a_rare_class_gives_what_it_has():
    labels = np.array([0] * 50 + [1] * 3)
    stream = ImageStream(Numbered(labels), 2, buffer_per_class=10)
    assert stream.counts.tolist() == [10, 3]
    drawn = numbers(stream.draw(np.random.default_rng(0), 6))
    assert np.bincount(drawn[1] - 50).tolist() == [2, 2, 2]


def test_distils_from_a_stream(experts, small_data):
    x, y = small_data
    source = _batches(x, y)
    pixels = []
    for _ in range(2):
        synthetic = SyntheticImages(3, 2, (8, 8, 2))
        synthetic.adapt(x, y)
        trainer = keras_tgdd.DistillationTrainer(
            synthetic, experts, samples_per_class=4
        )
        stream = ImageStream(source, 3, buffer_per_class=5)
        trainer.fit(stream, epochs=2, steps_per_epoch=3, verbose=0)
        pixels.append(keras.ops.convert_to_numpy(synthetic.images.value))
    np.testing.assert_array_equal(*pixels)
    with pytest.raises(ValueError, match="read in one direction"):
        trainer.fit(stream, epochs="auto", verbose=0)


def test_summarizes_a_stream(experts, small_data, tmp_path):
    stream = ImageStream(_batches(*small_data), 3, buffer_per_class=5)
    summaries, again = (
        keras_tgdd.summarize(
            experts,
            stream,
            plan=4,
            samples_per_class=3,
            directory=tmp_path,
            verbose=0,
        )
        for _ in range(2)
    )
    assert summaries.values["count"].tolist() == [[3.0] * 3] * 4
    np.testing.assert_array_equal(
        summaries.values["mean"], again.values["mean"]
    )
    with pytest.raises(ValueError, match="never seen whole"):
        keras_tgdd.summarize(experts, stream, samples_per_class=None, verbose=0)


def in_order(x, y):
    """The images in the order in which `_batches` yields them."""
    parts = zip(*_batches(x, y)(), strict=True)
    return tuple(np.concatenate(part) for part in parts)


def test_stored_on_disk_it_becomes_mapped_arrays(small_data, tmp_path):
    stream = ImageStream(_batches(*small_data), 3, buffer_per_class=2)
    data = stream.store(tmp_path / "new" / "arrays")
    assert isinstance(data, TrainingData) and data.num_classes == 3
    assert isinstance(data.x, np.memmap) and isinstance(data.y, np.memmap)
    x, y = in_order(*small_data)
    np.testing.assert_array_equal(data.x, x)
    np.testing.assert_array_equal(data.y, y)
    assert data.y.dtype == np.int64
    names = sorted(p.name for p in (tmp_path / "new" / "arrays").iterdir())
    assert names == ["images.npy", "labels.npy", "stream.json"]


def test_a_second_call_maps_the_files_of_the_first(small_data, tmp_path):
    calls = []

    def batches():
        calls.append(0)
        return _batches(*small_data)()

    stream = ImageStream(batches, 3, buffer_per_class=2)
    first = stream.store(tmp_path)
    passes = len(calls)
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    again = stream.store(tmp_path)
    assert len(calls) == passes  # The source is not read again.
    np.testing.assert_array_equal(again.x, first.x)
    np.testing.assert_array_equal(again.y, first.y)
    # The same stream in another process, at another step.
    same = ImageStream(_batches(*small_data), 3, buffer_per_class=2)
    same.seek(4)
    np.testing.assert_array_equal(same.store(tmp_path).x, first.x)
    after = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    assert after == before


def test_another_stream_is_refused(small_data, tmp_path):
    x, y = small_data
    ImageStream(_batches(x, y), 3, buffer_per_class=2).store(tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    other = ImageStream(_batches(255 - x, y), 3, buffer_per_class=2)
    message = "images.npy.*not from this stream.*another directory.*mmap_mode"
    with pytest.raises(FileExistsError, match=message):
        other.store(tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "stream.json"])
@pytest.mark.parametrize("change", ["delete", "keep", "spoil"])
def test_files_of_another_hand_are_refused(small_data, tmp_path, name, change):
    stream = ImageStream(_batches(*small_data), 3, buffer_per_class=2)
    stream.store(tmp_path)
    for path in tmp_path.iterdir():
        if change == "delete" and path.name == name:
            path.unlink()
        if change == "keep" and path.name != name:
            path.unlink()
    if change == "spoil":
        (tmp_path / "stream.json").write_text(name)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(FileExistsError, match="not from this stream"):
        stream.store(tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_experts_are_trained_on_a_stream(small_data, tmp_path):
    stream = ImageStream(_batches(*small_data), 3, buffer_per_class=2)
    trained = [
        keras_tgdd.train_experts(
            data,
            small_network,
            num_experts=1,
            epochs=1,
            directory=tmp_path / name,
            verbose=0,
        )
        for name, data in (("a", in_order(*small_data)), ("b", stream))
    ]
    np.testing.assert_array_equal(*(t.weights(0, -1) for t in trained))
    assert (tmp_path / "b" / "data" / "stream.json").is_file()


def test_a_source_that_fails_leaves_no_file(small_data, tmp_path):
    x, y = small_data
    calls = []

    def batches():
        calls.append(0)
        yield x[:20], y[:20]
        yield x[20:], y[20:]
        if len(calls) > 1:
            raise OSError("connection lost")

    stream = ImageStream(batches, 3, buffer_per_class=2)
    with pytest.raises(OSError, match="connection lost"):
        stream.store(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "source, error, message",
    [
        (np.zeros((2, 2, 2, 1)), TypeError, "Received: ndarray"),
        (lambda: iter([]), ValueError, "at least one batch"),
        (Numbered(np.array([0, 2])), ValueError, r"none of class \[1\]"),
        (Numbered(np.array([0, 1, 2, 3])), ValueError, r"in \[0, 3\)"),
        (Numbered(np.array([0.0, 1.0])), TypeError, "integer labels"),
    ],
)
def test_refuses_what_is_no_stream_of_its_classes(source, error, message):
    with pytest.raises(error, match=message):
        ImageStream(source, 3)


def test_batches_must_be_alike():
    def batches():
        yield np.zeros((2, 4, 4, 1), "uint8"), np.array([0, 1])
        yield np.zeros((2, 4, 4, 1), "float32"), np.array([0, 1])

    with pytest.raises(TypeError, match="must all be uint8 or all"):
        ImageStream(batches, 2)


def test_a_source_that_is_used_up_is_told():
    used = iter([(np.zeros((2, 4, 4, 1), "uint8"), np.array([0, 1]))])
    stream = ImageStream(lambda: used, 2)
    with pytest.raises(ValueError, match="can be gone through again"):
        stream.seek(1)


def test_other_images_than_the_experts(experts):
    stream = ImageStream(Numbered(mixed(20, 3)), 3)
    trainer = keras_tgdd.DistillationTrainer(
        SyntheticImages(3, 1, (8, 8, 2)), experts
    )
    with pytest.raises(ValueError, match="same image shape"):
        trainer.fit(stream)


def _batches(x, y):
    order = np.random.default_rng(0).permutation(len(y))

    def batches():
        for start in range(0, len(y), 6):
            part = order[start : start + 6]
            yield x[part], y[part]

    return batches
