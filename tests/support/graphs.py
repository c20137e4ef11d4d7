"""What torch.compile makes of a step."""

import keras
import numpy as np
from keras import ops

from keras_tgdd.step_source import StepSource


def assert_one_graph(trainer, *given):
    """Holds that a step breaks nowhere: all up to its loss compiles as one.

    A break costs no result, but seconds at the start and time in every step.
    Does nothing on the other backends, which have whole programs or none.

    Args:
        trainer: compiled `DistillationTrainer`.
        *given: what its `fit` is given.
    """
    if keras.backend.backend() != "torch":
        return
    import torch

    def step(inputs):
        return trainer.compute_loss(y_pred=trainer(inputs, training=True))

    (inputs,) = StepSource(trainer, *given).steps(0, 1)[0]
    inputs = keras.tree.map_structure(ops.convert_to_tensor, inputs)
    loss = ops.convert_to_numpy(step(inputs))
    # The backend generates no code, which would take several times as long.
    whole = torch.compile(step, fullgraph=True, backend="aot_eager")
    np.testing.assert_allclose(
        ops.convert_to_numpy(whole(inputs)), loss, rtol=1e-4
    )
