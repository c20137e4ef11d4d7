"""Stage-wise distribution constraint."""

from keras import ops

from keras_tgdd.arguments import Tensor


class ClassificationConstraint:
    """Cross-entropy of the synthetic images under an expert's classifier.

    `loss[c] = mean over the images of c of -log p(c | image)`. The trainer
    adds the classes up: a mean over the batch would weigh the constraint
    `n_classes` times too little.

    Example:

    ```python
    constraint = keras_tgdd.objectives.ClassificationConstraint()
    loss = constraint(logits)  # (n_classes, n, n_classes) -> (n_classes,)
    ```

    References:
        - [TGDD](https://arxiv.org/abs/2512.02469), stage-wise distribution
          constraint
    """

    def __call__(self, outputs: Tensor, from_logits: bool = True) -> Tensor:
        """Computes the loss of each class.

        Args:
            outputs: float32 tensor of shape `(n_classes, n, n_classes)`: the
                classifier's output for the `n` images of each class.
            from_logits: whether outputs are logits; `False` takes them as
                probabilities. Defaults to `True`.

        Returns:
            float32 tensor of shape `(n_classes,)`.
        """
        return ops.mean(class_cross_entropy(outputs, from_logits), axis=1)


def class_cross_entropy(outputs: Tensor, from_logits: bool = True) -> Tensor:
    """Computes the cross-entropy of every image with its class.

    Args:
        outputs: float32 tensor of shape `(n_classes, n, n_classes)`.
        from_logits: whether outputs are logits. Defaults to `True`.

    Returns:
        float32 tensor of shape `(n_classes, n)`.
    """
    num_classes, n, _ = outputs.shape
    labels = ops.broadcast_to(
        ops.arange(num_classes, dtype="int32")[:, None], (num_classes, n)
    )
    return ops.sparse_categorical_crossentropy(
        labels, outputs, from_logits=from_logits
    )
