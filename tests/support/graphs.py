"""Graphs that torch.compile makes of a step."""

import keras
import numpy as np
from keras import ops


def assert_one_graph(trainer, *given):
    """A step compiles as one graph, up to its loss.

    A graph break does not change results. It takes seconds at the start, and
    time in every step. Does nothing on the other backends, which always
    compile whole programs.

    Args:
        trainer: compiled `DistillationTrainer`.
        *given: data arguments of its `fit`.
    """
    if keras.backend.backend() != "torch":
        return
    import torch

    def step(inputs):
        return trainer.compute_loss(y_pred=trainer(inputs, training=True))

    def loss_and_gradient(function):
        images.grad = None
        loss = function(inputs)
        loss.backward()
        return [ops.convert_to_numpy(t).copy() for t in (loss, images.grad)]

    data = given[0] if len(given) == 1 else given
    (inputs,) = trainer.step.source(data).steps(0, 1)[0]
    inputs = keras.tree.map_structure(ops.convert_to_tensor, inputs)
    images = trainer.synthetic.images.value
    # Steps of other trainers count towards one limit of recompilations.
    torch._dynamo.reset()
    # This backend generates no code, which would take several times as long.
    whole = torch.compile(step, fullgraph=True, backend="aot_eager")
    loss, gradient = loss_and_gradient(step)
    traced_loss, traced_gradient = loss_and_gradient(whole)
    np.testing.assert_allclose(traced_loss, loss, rtol=1e-4)
    error = np.linalg.norm(traced_gradient - gradient)
    assert error <= 1e-4 * np.linalg.norm(gradient), error


def compiled_graphs():
    """Returns the number of graphs of torch.compile; 0 on other backends."""
    if keras.backend.backend() != "torch":
        return 0
    from torch._dynamo.utils import counters

    return counters["stats"]["unique_graphs"]
