"""The result of an evaluation."""

import dataclasses
from typing import Any

import numpy as np

from keras_tgdd.runtime.fingerprint import settings_fingerprint


@dataclasses.dataclass(frozen=True)
class EvaluationResult:
    """Test accuracies of fresh networks after their last epoch.

    Attributes:
        runs: tuple of floats in [0, 1], accuracy per network.
        protocol: dict, every setting of the training.
        seed: int; network `i` is seeded by `(seed, i)`.
        num_images: int, number of training images.
        seconds: float, duration of the evaluation.
        best_runs: tuple of floats, best accuracy per network over the tests
            of `evaluate(test_every=)`. It is chosen on test data, unlike
            `runs`. Empty unless requested.
        confusion: tuple of tuples of ints, shape
            `(num_classes, num_classes)`: number of test images of a class
            (row) that the networks together predicted as each class (column).
        images_per_class: int, stored images per class of a
            `DistilledDataset`, or `None` where classes differ or arrays were
            evaluated.
        method: string, the method that made the set, or `None`.
        network: string, name of the networks or of the function that built
            them, or `None`.
        labels: `"hard"` or `"soft"`, whether networks were trained on integer
            labels or on soft labels. Stored results without this entry are on
            hard labels.

    Raises:
        ValueError: if `labels` is another string.
    """

    runs: tuple[float, ...]
    protocol: dict[str, Any]
    seed: int
    num_images: int
    seconds: float
    _: dataclasses.KW_ONLY
    best_runs: tuple[float, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    images_per_class: int | None = None
    method: str | None = None
    network: str | None = None
    labels: str = "hard"

    def __post_init__(self):
        if self.labels not in ("hard", "soft"):
            raise ValueError(
                "`labels` must be 'hard' or 'soft'. Received: "
                f"labels={self.labels!r}"
            )

    @property
    def mean(self) -> float:
        """Mean accuracy over the networks, in [0, 1]."""
        return float(np.mean(self.runs))

    @property
    def std(self) -> float:
        """Standard deviation over the networks (population), in [0, 1]."""
        return float(np.std(self.runs))

    @property
    def best(self) -> float | None:
        """Mean of `best_runs`, or `None`. Compare it only with figures that
        were also chosen on test data."""
        return float(np.mean(self.best_runs)) if self.best_runs else None

    @property
    def protocol_fingerprint(self) -> str:
        """16 hex digits of protocol and kind of labels. Only results with
        equal fingerprints are comparable."""
        settings = dict(self.protocol)
        # Results on hard labels keep the fingerprint that they had before
        # soft labels existed.
        if self.labels != "hard":
            settings["labels"] = self.labels
        return settings_fingerprint(settings)

    def to_dict(self) -> dict:
        """Returns a JSON-compatible dict."""
        return {
            "mean": self.mean,
            "std": self.std,
            "best": self.best,
            "protocol_fingerprint": self.protocol_fingerprint,
            **dataclasses.asdict(self),
        }

    @classmethod
    def from_dict(cls, values: dict) -> "EvaluationResult":
        """Returns the result that `to_dict` wrote, also after JSON.

        Args:
            values: dict from the names of attributes to their values. Other
                entries are ignored.

        Raises:
            ValueError: if a required attribute is missing.
        """
        fields = {field.name: field for field in dataclasses.fields(cls)}
        missing = [
            name
            for name, field in fields.items()
            if name not in values and field.default is dataclasses.MISSING
        ]
        if missing:
            raise ValueError(
                "`values` must hold every required attribute. Received: a "
                f"dict without {missing}"
            )
        return cls(
            **{k: _as_tuple(v) for k, v in values.items() if k in fields}
        )

    def __str__(self):
        return (
            f"{100 * self.mean:.1f} ± {100 * self.std:.1f} % "
            f"({len(self.runs)} networks, {self.num_images} images"
            f"{', soft labels' if self.labels == 'soft' else ''})"
        )


def _as_tuple(value: Any) -> Any:
    """Converts lists, which JSON makes of tuples, back to tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(_as_tuple(item) for item in value)
    return value
