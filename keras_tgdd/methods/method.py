"""The base of all distillation methods."""

import dataclasses
from abc import ABC
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any
from typing import Self

import numpy as np

from keras_tgdd.arguments import ImagesPerClass
from keras_tgdd.datasets.training_data import TrainingData
from keras_tgdd.distillation.distiller import Distiller
from keras_tgdd.trajectories.trajectory import Trajectory


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """A distillation method with its settings: a frozen value.

    The fields are the settings, with the paper's values as defaults. Methods
    compare by value and go through `keras.saving.serialize_keras_object` and
    back.

    Subclassing: derive a frozen dataclass, register it by
    `keras.saving.register_keras_serializable`, and write `build`. A method
    that matches features or descends on pixels in another way derives from
    `MatchingMethod`, which writes `build` from a few parts.
    """

    @property
    def needs_experts(self) -> bool:
        """Whether trained experts are needed, not just their architecture
        and normalization. `distill` trains none otherwise."""
        return True

    @property
    def real_per_class(self) -> int:
        """About how many real images per class networks read in a step."""
        return 128

    @abstractmethod
    def build(
        self,
        data: Any,
        experts: Trajectory,
        images_per_class: ImagesPerClass = 10,
        *,
        steps: int = 500,
        seed: int = 0,
    ) -> Distiller:
        """Returns what distils the data, ready for `fit`.

        Args:
            data: `TrainingData`, an `ImageDataset` or a pair `(x, y)` of
                arrays.
            experts: `ExpertTrajectories`; or any `Trajectory`, where the
                method does not need experts: it gives architecture and
                normalization alone.
            images_per_class: positive int, or one number per class.
            steps: positive int, the `epochs * steps_per_epoch` of `fit`, over
                which a schedule falls. Defaults to `500`.
            seed: int, seed of the start and of all draws. Defaults to `0`.

        Returns:
            `Distiller`, such as a compiled `DistillationTrainer`.

        Raises:
            TypeError, ValueError: if data, experts and numbers do not fit.
        """

    def start_counts(
        self, data: TrainingData, counts: Sequence[int]
    ) -> np.ndarray:
        """Returns how many real images per class the start needs.

        `distill` asks before it trains experts, so that settings that do not
        fit the data are refused at once.

        Args:
            data: `TrainingData`.
            counts: ints, synthetic images per class.

        Returns:
            Int array of shape `(n_classes,)`.

        Raises:
            ValueError: if the settings do not fit the images.
        """
        return np.array(counts)

    def replace(self, **changes: Any) -> Self:
        """Returns a copy with other values of some fields."""
        return dataclasses.replace(self, **changes)

    def get_config(self) -> dict[str, Any]:
        """Returns the settings as a JSON-compatible dict."""
        return _nested(dataclasses.asdict(self), list)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Returns the method of a config.

        Args:
            config: dict that `get_config` returned.
        """
        return cls(**_nested(config, tuple))


def _nested(value, kind):
    """Makes lists of tuples or the reverse, at any depth of a dict."""
    if isinstance(value, dict):
        return {key: _nested(item, kind) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return kind(_nested(item, kind) for item in value)
    return value
