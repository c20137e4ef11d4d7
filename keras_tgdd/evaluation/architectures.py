"""The networks of a cross-architecture comparison, each with its recipe."""

import dataclasses
import functools
from typing import Any

from keras_tgdd import models
from keras_tgdd.annotations import NetworkFn
from keras_tgdd.training.recipe import TrainingRecipe


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A network and what its training needs other than a protocol's.

    Attributes:
        network_fn: function of `(input_shape, num_classes)` that builds a
            functional `keras.Model`.
        changes: dict of fields of `TrainingRecipe`.
    """

    network_fn: NetworkFn
    changes: dict[str, Any] = dataclasses.field(default_factory=dict)

    def adapt(self, protocol: TrainingRecipe) -> TrainingRecipe:
        """Returns a protocol as this network trains by it."""
        return protocol.replace(**self.changes)


_RESNET_10 = functools.partial(models.ResNet, depth=10)
_BATCH = {"norm": "batch"}
_ARCHITECTURES = {
    "MLP": Architecture(models.MLP),
    "ConvNet": Architecture(models.ConvNet),
    "AlexNet": Architecture(models.AlexNet),
    "VGG11": Architecture(models.VGG11),
    "ResNet10": Architecture(_RESNET_10),
    "ResNet10-BN": Architecture(functools.partial(_RESNET_10, **_BATCH)),
    "ResNet18": Architecture(models.ResNet),
    "ResNet18-BN": Architecture(functools.partial(models.ResNet, **_BATCH)),
    "ResNetAP10": Architecture(
        functools.partial(_RESNET_10, downsampling="average")
    ),
    "DenseNet121": Architecture(models.DenseNet121),
    "VisionTransformer": Architecture(models.VisionTransformer),
}


def get_architecture(name: str) -> Architecture:
    """Returns a network of the field with its recipe.

    Args:
        name: string, `"MLP"`, `"ConvNet"`, `"AlexNet"`, `"VGG11"`,
            `"ResNet10"`, `"ResNet18"` (instance normalization; batch with
            `"-BN"`), `"ResNetAP10"` (average pooling for strides),
            `"DenseNet121"` or `"VisionTransformer"`.

    Returns:
        `Architecture`.

    Raises:
        ValueError: if there is no network of that name.
    """
    if name not in _ARCHITECTURES:
        raise ValueError(
            f"The network must be one of {sorted(_ARCHITECTURES)}, or a "
            f"function that builds one. Received: {name!r}"
        )
    return _ARCHITECTURES[name]
