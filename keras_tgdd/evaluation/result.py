"""What an evaluation found, and how."""

import dataclasses

import numpy as np

from keras_tgdd.runtime.fingerprint import settings_fingerprint


@dataclasses.dataclass(frozen=True)
class EvaluationResult:
    """Test accuracy of fresh networks, after their last epoch.

    Attributes:
        runs: tuple of floats in [0, 1], accuracy of each network.
        protocol: dict, every setting of the training.
        seed: int; network `i` is seeded by `(seed, i)`.
        num_images: int, images trained on.
        seconds: float, time the evaluation took.
        best_runs: tuple of floats, best accuracy of each network over the
            tests of `evaluate(test_every=)`. Chosen on test data, unlike
            `runs`; empty where not asked for.
        confusion: tuple of tuples of ints, shape
            `(num_classes, num_classes)`: test images of a class (row) that
            the networks together took for each class (column).
        images_per_class: int, stored images of each class, where a
            `DistilledDataset` was evaluated, else `None`.
        method: string, how that set was made, or `None`.
        network: string, name of the networks or of the function that built
            them, or `None` where it has none.
        labels: `"hard"` or `"soft"`, whether networks were trained on classes
            or on what experts take the images for. Results that were stored
            without it are on hard labels.

    Raises:
        ValueError: if `labels` is another string.
    """

    runs: tuple
    protocol: dict
    seed: int
    num_images: int
    seconds: float
    best_runs: tuple = ()
    confusion: tuple = ()
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
        """Mean of `best_runs`, or `None`; for comparison with best-of figures
        alone."""
        return float(np.mean(self.best_runs)) if self.best_runs else None

    @property
    def protocol_fingerprint(self) -> str:
        """16 hex digits of the protocol and of the kind of labels; only equal
        ones compare."""
        settings = dict(self.protocol)
        if self.labels != "hard":  # else that of results before there were any
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
        """Returns the result that `to_dict` wrote, also by way of JSON.

        Args:
            values: dict.

        Raises:
            ValueError: if it lacks an attribute.
        """
        fields = {field.name: field for field in dataclasses.fields(cls)}
        missing = [
            name
            for name, field in fields.items()
            if name not in values and field.default is dataclasses.MISSING
        ]
        if missing:
            raise ValueError(
                "`values` must hold every attribute of a result. Received: a "
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


def _as_tuple(value):
    """Lists, as JSON has them, as tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(_as_tuple(item) for item in value)
    return value
