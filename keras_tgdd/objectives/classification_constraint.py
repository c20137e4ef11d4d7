"""Classification of synthetic images by experts."""

from typing import Any
from typing import Self

import keras
from keras import ops

from keras_tgdd.arguments import Tensor


@keras.saving.register_keras_serializable(package="keras_tgdd")
class ClassificationConstraint:
    """Cross-entropy of the synthetic images under an expert's classifier.

    `loss[c] = mean over the images of c of -log p(c | image)`. The trainer
    sums over classes; averaging over the batch would scale the constraint by
    `1 / n_classes`.

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
            outputs: float32 tensor of shape `(n_classes, n, n_classes)`, the
                classifier's outputs for `n` images per class.
            from_logits: whether outputs are logits; `False` for
                probabilities. Defaults to `True`.

        Returns:
            float32 tensor of shape `(n_classes,)`.
        """
        return ops.mean(class_cross_entropy(outputs, from_logits), axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments: an empty dict."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Creates a constraint from the result of `get_config`."""
        return cls(**config)


def class_cross_entropy(outputs: Tensor, from_logits: bool = True) -> Tensor:
    """Computes the cross-entropy of each image with its class.

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
