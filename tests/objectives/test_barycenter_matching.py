import sys

import numpy as np
import pytest
from support.gradients import assert_matches_oracle
from support.objective_steps import AUGMENTATION
from support.objective_steps import arrays
from support.objective_steps import as_tensor
from support.objective_steps import assert_takes_steps
from support.objective_steps import make
from support.objective_steps import tensors

import keras_tgdd
from keras_tgdd import SummaryPlan
from keras_tgdd.objectives import BarycenterMatching

ATOMS = 2


def finished(objective, features, weight=None):
    given = () if weight is None else (as_tensor(weight),)
    summary = objective.summarize(as_tensor(features), *given)
    return objective.finish(arrays(summary))


def oracle(summary, synthetic, weight):
    losses = []
    for label, images in enumerate(synthetic):
        loss = 0.0
        for image, atom in zip(images, summary["atoms"][label], strict=True):
            loss += np.sum((image - atom) ** 2)
        mean, variance = images.mean(axis=0), images.var(axis=0)
        loss += weight * np.sum((mean - summary["mean"][label]) ** 2)
        loss += weight * np.sum((variance - summary["variance"][label]) ** 2)
        losses.append(loss)
    return np.array(losses)


@pytest.mark.parametrize("atoms", [1, 3])
def test_matches_oracle_in_value_and_gradient(rng, atoms):
    objective = BarycenterMatching(atoms, statistics_weight=4.0)
    summary = finished(objective, rng.normal(size=(3, 8, 4)))
    assert_matches_oracle(
        lambda features: objective.compare(tensors(summary), features),
        lambda features: oracle(summary, features, 4.0),
        rng.normal(size=(3, atoms, 4)),
    )


def test_atoms_on_a_line_are_means_of_equal_shares(rng):
    """Optimal transport on a line preserves the order."""
    features = rng.normal(size=(2, 12, 1)).astype("float32")
    atoms = finished(BarycenterMatching(4), features)["atoms"]
    for label in range(2):
        shares = np.sort(features[label].ravel()).reshape(4, 3)
        np.testing.assert_allclose(
            np.sort(atoms[label].ravel()), shares.mean(axis=1), rtol=1e-5
        )


def test_atoms_find_clusters_of_equal_size(rng):
    centres = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    features = np.repeat(centres, 5, axis=0) + 0.1 * rng.normal(size=(15, 2))
    atoms = finished(BarycenterMatching(3), features[None])["atoms"][0]
    order = np.argmin(
        np.sum((atoms[:, None] - centres[None]) ** 2, axis=-1), axis=0
    )
    np.testing.assert_allclose(atoms[order], centres, atol=0.3)


def test_one_atom_is_the_mean_and_statistics_are_of_all_images(rng):
    features = rng.normal(size=(3, 9, 4)).astype("float32")
    summary = finished(BarycenterMatching(1), features)
    mean = features.mean(axis=1)
    np.testing.assert_allclose(summary["atoms"][:, 0], mean, atol=1e-6)
    np.testing.assert_allclose(summary["mean"], mean, atol=1e-6)
    np.testing.assert_allclose(
        summary["variance"], features.var(axis=1), rtol=1e-5
    )


def test_summaries_in_parts_and_filled_up_are_those_of_the_whole(rng):
    features = rng.normal(size=(3, 7, 4)).astype("float32")
    objective = BarycenterMatching(ATOMS)
    weight = np.array([[1, 1], [1, 1], [1, 0]])
    merged = objective.merge(
        objective.summarize(as_tensor(features[:, :5])),
        objective.summarize(as_tensor(features[:, 5:]), as_tensor(weight)),
    )
    merged = objective.finish(arrays(merged))
    for label, count in enumerate([7, 7, 6]):
        lone = np.repeat(features[label : label + 1, :count], 3, axis=0)
        whole = finished(objective, lone)
        for key, value in merged.items():
            np.testing.assert_allclose(value[label], whole[key][label])


def test_fewer_images_than_atoms(rng):
    features = rng.normal(size=(1, 2, 3))
    atoms = finished(BarycenterMatching(4), features)["atoms"]
    assert atoms.shape == (1, 4, 3) and np.all(np.isfinite(atoms))
    np.testing.assert_allclose(
        atoms.mean(axis=1), features.mean(axis=1), rtol=1e-5
    )


def test_the_seed_fixes_the_atoms(rng):
    features = rng.normal(size=(2, 30, 3))
    first, again, other = (
        finished(BarycenterMatching(5, seed=seed), features)["atoms"]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


def test_a_trainer_takes_compiled_steps(experts, small_data, tmp_path):
    objective = BarycenterMatching(ATOMS, statistics_weight=1.0)
    summaries = keras_tgdd.summarize(
        experts,
        small_data,
        objective,
        augmentation=AUGMENTATION,
        plan=SummaryPlan(4, snapshots=(-1,)),
        samples_per_class=None,
        directory=tmp_path,
        verbose=0,
    )
    assert set(summaries.stages) == {3}
    assert summaries.values["atoms"].shape == (4, 3, ATOMS, 64)
    assert_takes_steps(experts, small_data, objective, 0.03, (summaries,))


def test_refuses_another_number_of_images(experts, small_data, tmp_path):
    objective = BarycenterMatching(3)
    summaries = keras_tgdd.summarize(
        experts,
        small_data,
        objective,
        augmentation=AUGMENTATION,
        plan=2,
        directory=tmp_path,
        verbose=0,
    )
    with pytest.raises(ValueError, match="atoms_per_class=3, and 2 images"):
        make(experts, small_data, objective, 0.1).fit(summaries, verbose=0)


def test_finished_summaries_are_compared_and_not_merged(rng):
    objective = BarycenterMatching(ATOMS)
    features = rng.normal(size=(2, 4, 3))
    summary = finished(objective, features)
    with pytest.raises(TypeError, match="barycentres, which cannot be merged"):
        objective.merge(tensors(summary), tensors(summary))
    unfinished = objective.summarize(as_tensor(features))
    with pytest.raises(ValueError, match=r"Received: a summary of \['feat"):
        objective.compare(unfinished, as_tensor(features[:, :ATOMS]))
    with pytest.raises(ValueError, match="none of class 1"):
        finished(objective, features, np.array([[1] * 4, [0] * 4]))


def test_says_what_to_install(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    monkeypatch.setitem(sys.modules, "ot.lp", None)
    with pytest.raises(ImportError, match=r"POT.*keras-tgdd\[transport\]"):
        finished(BarycenterMatching(1), rng.normal(size=(1, 2, 3)))


def test_config_makes_the_same_objective():
    given = dict(
        atoms_per_class=3, statistics_weight=2.0, num_alternations=4, seed=5
    )
    assert BarycenterMatching(**given).get_config() == given
    assert BarycenterMatching.cacheable and BarycenterMatching.class_separable


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"atoms_per_class": 0}, "`atoms_per_class` must be a positive"),
        ({"statistics_weight": -1.0}, "`statistics_weight` must be a finite"),
        ({"num_alternations": 0}, "`num_alternations` must be a positive"),
        ({"seed": -1}, "`seed` must be an integer"),
    ],
)
def test_refuses(given, message):
    with pytest.raises(ValueError, match=message):
        BarycenterMatching(**{"atoms_per_class": 2, **given})
