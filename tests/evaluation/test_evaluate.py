import json

import numpy as np
import pytest
from support.networks import small_network
from support.networks import softmax_network

from keras_tgdd import DistilledDataset
from keras_tgdd import Normalization
from keras_tgdd import evaluate
from keras_tgdd.datasets import ImageDataset
from keras_tgdd.evaluation import EvaluationResult
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import select_images
from keras_tgdd.training import ClassifierTrainer

PROTOCOL = get_protocol("tgdd", epochs=8, flip=False)


def run(distilled, test_data, **changes):
    arguments = dict(
        network=small_network, protocol=PROTOCOL, num_runs=2, verbose=0
    )
    return evaluate(distilled, test_data, **{**arguments, **changes})


def test_reports_every_run_mean_and_std(small_data):
    distilled = select_images(small_data, 2, factor=2)
    result = run(distilled, small_data, num_runs=3)
    assert len(result.runs) == 3
    assert result.mean == pytest.approx(np.mean(result.runs))
    assert result.std == pytest.approx(np.std(result.runs))
    assert result.num_images == 3 * 2 * 4
    assert result.protocol["name"] == "tgdd"
    assert "3 networks, 24 images" in str(result)
    assert result.to_dict()["mean"] == result.mean


def test_seed_decides_each_run_on_its_own(small_data):
    distilled = select_images(small_data, 2)
    two = run(distilled, small_data, seed=1)
    three = run(distilled, small_data, seed=1, num_runs=3)
    assert three.runs[:2] == two.runs


def test_confusion_counts_every_test_image_of_every_network(small_data):
    distilled = select_images(small_data, 2)
    result = run(distilled, small_data)
    confusion = np.array(result.confusion)
    np.testing.assert_array_equal(
        confusion.sum(axis=1), 2 * np.bincount(small_data[1])
    )
    assert np.trace(confusion) / confusion.sum() == pytest.approx(result.mean)


def test_tests_on_the_way_change_nothing_but_the_best_figure(small_data):
    distilled = select_images(small_data, 2)
    plain = run(distilled, small_data)
    watched = run(distilled, small_data, test_every=2)
    assert plain.best is None and plain.best_runs == ()
    assert watched.runs == plain.runs
    assert watched.best == np.mean(watched.best_runs)
    with pytest.raises(ValueError, match="must divide.*test_every=3, 8 epochs"):
        run(distilled, small_data, test_every=3)


def test_the_best_is_that_of_all_tests(small_data):
    """At a constant rate a shorter training is the start of a longer one."""
    protocol = PROTOCOL.replace(milestones=(), learning_rate=0.3)
    distilled = select_images(small_data, 2)
    found = run(distilled, small_data, protocol=protocol, test_every=2)
    shorter = [
        run(distilled, small_data, protocol=protocol.replace(epochs=n)).runs
        for n in (2, 4, 6, 8)
    ]
    np.testing.assert_allclose(found.best_runs, np.max(shorter, axis=0))
    assert np.any(np.array(found.best_runs) > found.runs)


def test_finished_networks_are_not_trained_again(
    small_data, tmp_path, monkeypatch
):
    path = tmp_path / "runs.json"
    distilled = select_images(small_data, 1)
    whole = run(distilled, small_data, num_runs=3)
    run(distilled, small_data, num_runs=2, filepath=path)
    trained = []
    restart = ClassifierTrainer.restart

    def counting(self, seed, steps):
        trained.append(seed)
        return restart(self, seed, steps)

    monkeypatch.setattr(ClassifierTrainer, "restart", counting)
    again = run(distilled, small_data, num_runs=3, filepath=path)
    assert trained == [[0, 2, 0]]
    assert again.runs == whole.runs and again.confusion == whole.confusion
    first = run(distilled, small_data, num_runs=1, filepath=path)
    assert first.runs == whole.runs[:1] and len(trained) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["runs.json"]


def test_finished_networks_of_another_evaluation_are_refused(
    small_data, tmp_path
):
    path = tmp_path / "runs.json"
    distilled = select_images(small_data, 1)
    run(distilled, small_data, num_runs=1, filepath=path)
    kept = path.read_text()
    with pytest.raises(ValueError, match="Received: another seed"):
        run(distilled, small_data, seed=1, filepath=path)
    other = select_images(small_data, 1, seed=1)
    with pytest.raises(ValueError, match="another training images"):
        run(other, small_data, filepath=path)
    assert path.read_text() == kept
    for text in ("[]", "{}", '{"format": "x"}', kept[:-9], "null"):
        path.write_text(text)
        with pytest.raises(ValueError, match="is damaged, or holds"):
            run(distilled, small_data, filepath=path)
    with pytest.raises(FileNotFoundError, match="directory that exists"):
        run(distilled, small_data, filepath=tmp_path / "no" / "runs.json")


def test_a_result_survives_json(small_data):
    distilled = select_images(small_data, 1)
    result = run(distilled, small_data, test_every=4)
    text = json.dumps(result.to_dict())
    again = EvaluationResult.from_dict(json.loads(text))
    assert json.dumps(again.to_dict()) == text
    assert again.runs == result.runs
    assert again.protocol_fingerprint == result.protocol_fingerprint
    with pytest.raises(ValueError, match=r"without \['runs'"):
        EvaluationResult.from_dict({})


def test_arrays_and_distilled_sets_are_measured_alike(small_data):
    distilled = select_images(small_data, 3, factor=2)
    arrays = run(
        distilled.to_numpy(), small_data, normalization=distilled.normalization
    )
    assert arrays.runs == run(distilled, small_data).runs
    assert arrays.images_per_class is None and arrays.method is None


def test_a_pair_is_normalized_by_its_own_statistics(small_data):
    own = run(small_data, small_data, num_runs=1, test_every=1)
    given = run(
        small_data,
        small_data,
        num_runs=1,
        test_every=1,
        normalization=Normalization.of(small_data[0]),
    )
    assert given.best_runs == own.best_runs
    assert given.confusion == own.confusion


def test_the_test_part_of_a_data_set_is_test_data(small_data):
    x, y = small_data
    test_data = (x[::2], y[::2])
    data = ImageDataset(
        name="small",
        x_train=x[1::2],
        y_train=y[1::2],
        x_test=test_data[0],
        y_test=test_data[1],
        class_names=("dark", "medium", "bright"),
        normalization=Normalization.of(x),
    )
    distilled = select_images(small_data, 2)
    found = run(distilled, data, num_runs=1)
    assert found.confusion == run(distilled, test_data, num_runs=1).confusion
    assert np.sum(found.confusion) == len(test_data[1])


def test_good_images_beat_mislabelled_ones(small_data):
    x, y = small_data
    protocol = get_protocol("tgdd", epochs=120, flip=False)
    protocol = protocol.replace(learning_rate=0.05)
    right = run((x, y), small_data, protocol=protocol)
    wrong = run((x, (y + 1) % 3), small_data, protocol=protocol)
    assert right.mean > 0.7 > 0.4 > wrong.mean


def test_a_users_network_can_be_evaluated(small_data):
    result = run(small_data, small_data, network=softmax_network, num_runs=1)
    assert 0.0 <= result.mean <= 1.0


def test_test_data_may_lack_a_class(small_data):
    x, y = small_data
    run(small_data, (x[y == 0], y[y == 0]), num_runs=1)


def test_bad_input_is_refused(small_data):
    x, y = small_data
    distilled = select_images(small_data, 1)
    with pytest.raises(ValueError, match="Images of `x_test` must have shape"):
        run(distilled, (x[:, :4], y))
    with pytest.raises(ValueError, match=r"`y_test` must lie in \[0, 3\)"):
        run(distilled, (x, y + 1))
    with pytest.raises(ValueError, match="`num_runs` must be"):
        run(distilled, small_data, num_runs=0)
    with pytest.raises(ValueError, match="carries its own normalization"):
        run(distilled, small_data, normalization=Normalization(0.5))
    with pytest.raises(TypeError, match="pair .x_test.*Received: ndarray"):
        run(distilled, x)
    network = small_network(x.shape[1:], 3)
    with pytest.raises(TypeError, match="`network` must be a function.*Func"):
        run(distilled, small_data, network=network)
    with pytest.raises(TypeError, match="DistilledDataset or a pair"):
        run(x, small_data)
    with pytest.raises(ValueError, match="`protocol` must be one of"):
        run(distilled, small_data, protocol="other")


@pytest.mark.parametrize("as_pair", [False, True])
def test_the_given_normalization_is_used(small_data, as_pair):
    """An enormous std feeds zeros: nothing can be learned."""
    images = select_images(small_data, 2).images
    blind = Normalization(0.5, 1e9)
    distilled = DistilledDataset(images, normalization=blind)
    if as_pair:
        distilled, changes = distilled.to_numpy(), {"normalization": blind}
    else:
        changes = {}
    result = run(distilled, small_data, num_runs=1, **changes)
    predicted = np.sum(result.confusion, axis=0)
    assert np.count_nonzero(predicted) == 1  # one class for all
