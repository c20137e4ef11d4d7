import numpy as np
from keras import ops
from support.gradients import assert_matches_oracle

from keras_tgdd.objectives import ClassificationConstraint


def oracle(logits):
    losses = []
    for label, rows in enumerate(logits):
        entropies = [
            np.log(np.sum(np.exp(row - row.max()))) + row.max() - row[label]
            for row in rows
        ]
        losses.append(np.mean(entropies))
    return np.array(losses)


def test_matches_oracle_in_value_and_gradient(rng):
    logits = 3 * rng.normal(size=(4, 3, 4))
    assert_matches_oracle(ClassificationConstraint(), oracle, logits)


def test_probabilities_give_the_same_as_their_logits(rng):
    logits = rng.normal(size=(3, 5, 3)).astype("float32")
    constraint = ClassificationConstraint()
    from_logits = constraint(ops.convert_to_tensor(logits))
    from_probabilities = constraint(
        ops.softmax(ops.convert_to_tensor(logits)), from_logits=False
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(from_probabilities),
        ops.convert_to_numpy(from_logits),
        rtol=1e-4,
    )


def test_the_number_of_images_does_not_scale_the_loss_of_a_class(rng):
    logits = rng.normal(size=(3, 2, 3)).astype("float32")
    constraint = ClassificationConstraint()
    once = ops.convert_to_numpy(constraint(ops.convert_to_tensor(logits)))
    twice = np.repeat(logits, 2, axis=1)
    twice = ops.convert_to_numpy(constraint(ops.convert_to_tensor(twice)))
    np.testing.assert_allclose(twice, once, rtol=1e-6)
