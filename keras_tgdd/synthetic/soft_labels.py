"""Labels that are probabilities: their checks and their place in a file."""

import json

import numpy as np

from keras_tgdd.arguments import check_positive
from keras_tgdd.storage.tensor_file import TensorFile

_LABELS, _TEMPERATURE = "soft_labels", "temperature"
# Far above the rounding of float32, far below a missing probability.
_TOLERANCE = 1e-4


def check_soft_labels(
    soft_labels: np.ndarray | None,
    temperature: float | None,
    num_images: int,
    num_classes: int,
) -> tuple[np.ndarray | None, float | None]:
    """Checks that soft labels are class probabilities of decoded images.

    Args:
        soft_labels: float array, or `None`.
        temperature: temperature of the softmax that made them. `None` means 1
            if there are soft labels.
        num_images: int, number of decoded images.
        num_classes: int.

    Returns:
        A float32 array of shape `(num_images, num_classes)` and a float, or
        two times `None`.

    Raises:
        TypeError: if the labels are no floating-point array.
        ValueError: if their shape does not fit, they are no probabilities, the
            temperature is not positive, or there is a temperature only.
    """
    if soft_labels is None:
        if temperature is not None:
            raise ValueError(
                "`temperature` needs `soft_labels`, and there are none. "
                f"Received: temperature={temperature!r}"
            )
        return None, None
    if not isinstance(soft_labels, np.ndarray) or not np.issubdtype(
        soft_labels.dtype, np.floating
    ):
        received = getattr(soft_labels, "dtype", type(soft_labels).__name__)
        raise TypeError(
            "`soft_labels` must be a NumPy array of floating-point "
            f"probabilities. Received: {received}"
        )
    if soft_labels.shape != (num_images, num_classes):
        raise ValueError(
            "`soft_labels` must have one row for each decoded image and one "
            f"column for each class, shape {(num_images, num_classes)}. "
            f"Received: shape={soft_labels.shape}"
        )
    low = float(soft_labels.min())
    sums = soft_labels.sum(axis=1, dtype="float64")
    error = float(np.abs(sums - 1.0).max())
    # Comparisons with NaN are false, hence the `not`.
    if not (low >= 0.0 and error <= _TOLERANCE):
        raise ValueError(
            "`soft_labels` must be probabilities: not NaN, not below 0, and of "
            f"sum 1 in each row. Received: min={low:g}, sums up to {error:g} "
            "from 1"
        )
    temperature = 1.0 if temperature is None else temperature
    check_positive("temperature", temperature)
    return soft_labels.astype("float32"), float(temperature)


def stored_soft_labels(
    soft_labels: np.ndarray | None, temperature: float | None
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Returns the tensors and metadata that store soft labels in a file."""
    if soft_labels is None:
        return {}, {}
    return {_LABELS: soft_labels}, {_TEMPERATURE: json.dumps(temperature)}


def read_soft_labels(
    stored: TensorFile,
) -> dict[str, np.ndarray | float]:
    """Reads soft labels from a file, if it has any.

    Args:
        stored: the open file.

    Returns:
        Dict with `"soft_labels"` and `"temperature"`, or an empty dict.

    Raises:
        ValueError: if one of them is missing, or has another type.
    """
    if _LABELS not in stored.keys() and _TEMPERATURE not in stored.metadata:
        return {}
    return {
        _LABELS: stored.get_tensor(_LABELS, "float32"),
        _TEMPERATURE: stored.get_json(_TEMPERATURE, float),
    }
