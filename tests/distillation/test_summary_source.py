import numpy as np
import pytest
from keras import ops
from support.distillations import fit
from support.distillations import make
from support.distillations import make_steps
from support.distillations import pixels
from support.step_oracle import expected_losses
from support.summaries import summarize

import keras_tgdd
from keras_tgdd.distillation import SummaryPlan
from keras_tgdd.distillation.summary_source import SummarySource
from keras_tgdd.objectives import ClassMeanMatching
from keras_tgdd.trajectories import RandomNetworks


def draws(batches):
    return {
        inputs["augmentation"]["brightness"].tobytes()
        for (inputs,) in map(batches.__getitem__, range(len(batches)))
    }


def test_a_tenth_of_the_summaries_is_held_out(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path, plan=12)
    source = make(experts, small_data).step.source(summaries)
    assert type(source) is SummarySource and source.real_per_class == 0
    held_out = draws(source.held_out())
    rest = draws(source.steps(0, 40, holding_out=True))
    assert len(held_out) == 2 and len(rest) == 10 and not held_out & rest
    assert len(draws(source.steps(0, 40))) == 12


def test_one_summary_cannot_be_held_out(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path, plan=1)
    source = make(experts, small_data).step.source(summaries)
    with pytest.raises(ValueError, match="at least 2 entries"):
        source.held_out()


def test_labels_beside_summaries_are_refused(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path)
    trainer = make(experts, small_data)
    for call in (trainer.fit, trainer.estimate, trainer.identify):
        with pytest.raises(ValueError, match="`y` must be None.*Summaries"):
            call(summaries, small_data[1])


@pytest.mark.parametrize(
    "changes",
    [
        {"images_per_class": 1, "region": 1},
        {"images_per_class": 3, "factor": 1},
        {"constraint_weight": 0.0, "region": 2},
        {"images_per_class": 4, "max_decoded": 5},
        {"images_per_class": (2, 1, 3)},
    ],
)
def test_summaries_stand_in_for_the_data(
    experts, small_data, tmp_path, changes
):
    """They serve any number of images; each step is that of its entry."""
    summaries = summarize(experts, small_data, tmp_path)
    trainer = make(experts, small_data, **changes)
    start = pixels(trainer)
    expected = []
    for step in range(2):
        (inputs,) = trainer.step.source(summaries).steps(step, 1)[0]
        decoded = trainer.synthetic(inputs.get("selection"))
        expected.append(
            expected_losses(experts, inputs, ops.convert_to_numpy(decoded))
        )
        found = make_steps(trainer, summaries, 1).history
        matching, constraint = (losses.sum() for losses in expected[-1])
        assert found["matching"] == [pytest.approx(matching, rel=1e-3)]
        if "constraint_weight" not in changes:
            assert found["constraint"] == [pytest.approx(constraint, rel=1e-3)]
    assert trainer.num_steps == 2
    assert np.abs(pixels(trainer) - start).max() > 1e-4


def test_a_summary_of_all_images_is_as_good_as_they_are(
    experts, small_data, tmp_path
):
    """Every class, one at a time: live ones must have the same size."""
    summaries = summarize(experts, small_data, tmp_path, plan=1)
    x, y = small_data
    draw, summary = summaries.entry(0)
    weights = experts.weights(summaries.experts[0], summaries.stages[0])
    live = make(experts, small_data, region=1)
    decoded = ops.convert_to_numpy(live.synthetic())
    shared = {"augmentation": draw, "weights": weights}
    cached = live({**shared, "summary": summary})
    for label in range(3):
        real = np.stack([x[y == label]] * 3)
        losses = live({**shared, "images": real})
        found, expected = (
            ops.convert_to_numpy(part["matching"])[label]
            for part in (losses, cached)
        )
        assert found == pytest.approx(expected, rel=1e-4)
        by_hand, _ = expected_losses(
            experts, {**shared, "images": real}, decoded
        )
        assert found == pytest.approx(by_hand[label], rel=1e-4)


def test_summaries_of_other_parts_are_refused(experts, small_data, tmp_path):
    summaries = summarize(experts, small_data, tmp_path)
    one = keras_tgdd.ExpertTrajectories(experts._readers[:1])
    flips = keras_tgdd.layers.SiameseAugmentation(("flip",))
    for trainer, message in [
        (make(one, small_data), "experts: stored"),
        (make(experts, small_data, augmentation=flips), "augmentation: stored"),
        (make(experts, small_data, objective=Halved()), "objective: stored"),
    ]:
        start = pixels(trainer)
        with pytest.raises(ValueError, match=f"made with.*{message}"):
            trainer.fit(summaries, verbose=0)
        np.testing.assert_array_equal(pixels(trainer), start)


class Halved(ClassMeanMatching):
    """Class means that are halved on the host, with a constant."""

    needs_summaries = True

    def build(self, feature_sizes):
        self.sizes = feature_sizes

    def finish(self, summary):
        assert isinstance(summary["mean"], np.ndarray)
        assert summary["mean"].shape[1] == sum(self.sizes)
        return {**summary, "mean": summary["mean"] / 2}


def test_an_objective_may_complete_its_summaries_on_the_host(
    experts, small_data, tmp_path
):
    layer = experts.network.network.layers[1].name
    two = experts.with_feature_layer([layer, "features"])
    assert len(two.network.feature_sizes) == 2
    halved, whole = (
        summarize(two, small_data, tmp_path, plan=3, objective=objective)
        for objective in (Halved(), ClassMeanMatching())
    )
    np.testing.assert_allclose(
        2 * halved.values["mean"], whole.values["mean"], rtol=1e-6
    )
    trainer = make(two, small_data, objective=Halved())
    (inputs,) = trainer.step.source(halved).steps(0, 1)[0]
    decoded = ops.convert_to_numpy(trainer.synthetic())
    expected, _ = expected_losses(two, inputs, decoded)
    found = make_steps(trainer, halved, 1).history["matching"]
    assert found == [pytest.approx(expected.sum(), rel=1e-4)]
    with pytest.raises(ValueError, match="experts: stored"):
        fit(make(experts, small_data, objective=Halved()), halved)


def test_fit_makes_the_summaries_that_an_objective_needs(
    experts, small_data, tmp_path
):
    arguments = {
        "objective": Halved(),
        "summary_plan": SummaryPlan(2, snapshots=(-1,)),
    }
    live = make(experts, small_data, **arguments)
    make_steps(live, small_data)
    made = summarize(
        experts,
        small_data,
        tmp_path,
        objective=Halved(),
        plan=arguments["summary_plan"],
    )
    assert len(made) == 2 and set(made.stages.tolist()) == {3}
    # They lie beside the experts, of all images.
    (path,) = tmp_path.iterdir()
    assert (experts.directory / path.name).is_file()
    given = make(experts, small_data, **arguments)
    make_steps(given, made)
    np.testing.assert_array_equal(pixels(live), pixels(given))


def test_random_networks_cannot_be_summarized(experts, small_data):
    network = experts.network.network
    random = RandomNetworks(network, experts.normalization)
    trainer = make(random, small_data, objective=Halved(), constraint=None)
    with pytest.raises(ValueError, match="Halved works from summaries.*Random"):
        make_steps(trainer, small_data)


def test_the_smallest_inputs_keep_a_summary_that_is_needed(
    experts, small_data, tmp_path
):
    for objective, keys in [
        (ClassMeanMatching(), {"augmentation", "images", "selection"}),
        (Halved(), {"augmentation", "summary", "constraint_weights"}),
    ]:
        summaries = summarize(
            experts, small_data, tmp_path, objective=objective
        )
        trainer = make(experts, small_data, objective=objective)
        found = trainer.step.source(summaries).smallest_inputs()
        assert set(found) == {*keys, "weights"}
