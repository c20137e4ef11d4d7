"""How well networks train on a distilled set."""

import time

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import confusion_matrix

from keras_tgdd.arguments import NetworkFn
from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.datasets.statistics import complete_statistics
from keras_tgdd.evaluation.architectures import get_architecture
from keras_tgdd.evaluation.comparison import pool
from keras_tgdd.evaluation.finished_runs import FinishedRuns
from keras_tgdd.evaluation.protocols import get_protocol
from keras_tgdd.evaluation.result import EvaluationResult
from keras_tgdd.models.conv_net import ConvNet
from keras_tgdd.models.frozen_network import check_network
from keras_tgdd.runtime.compilation import announce
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.runtime.compilation import using_dtype_policy
from keras_tgdd.runtime.fingerprint import fingerprint
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.training.classifier_batches import TestBatches
from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.progress import Progress
from keras_tgdd.training.recipe import TrainingRecipe

_WEIGHTS, _BATCHES = 0, 1


def evaluate(
    distilled: DistilledDataset | tuple[np.ndarray, np.ndarray],
    x_test: np.ndarray,
    y_test: np.ndarray,
    network_fn: NetworkFn | str | None = None,
    protocol: str | TrainingRecipe = "tgdd",
    num_runs: int = 3,
    seed: int = 0,
    mean: ArrayLike | None = None,
    std: ArrayLike | None = None,
    jit_compile: bool | str | None = None,
    description: str = "evaluation",
    verbose: int = 1,
    dtype_policy: str | None = None,
    test_every: int | None = None,
    filepath: PathLike | None = None,
    soft_labels: bool = False,
) -> EvaluationResult:
    """Trains fresh networks on a small set and tests each of them once.

    Test data are read after the last epoch and for nothing else, unless
    `test_every` asks for the best-of figure that many papers print.

    Args:
        distilled: `DistilledDataset`, or a pair `(x, y)` of images (uint8 in
            0–255 or float in [0, 1]) and integer labels.
        x_test: array of shape `(n, height, width, channels)`, uint8 in 0–255
            or float in [0, 1].
        y_test: int array of shape `(n,)`.
        network_fn: function of `(input_shape, num_classes)` that builds a
            functional `keras.Model`, or a name of `get_architecture`, which
            brings its recipe with it. Defaults to
            `keras_tgdd.models.ConvNet`.
        protocol: name of a protocol, or a `TrainingRecipe` (see
            `get_protocol`). Defaults to `"tgdd"`.
        num_runs: positive int, number of networks. Defaults to `3`.
        seed: int; network `i` is seeded by `(seed, i)`. Defaults to `0`.
        mean: floats of shape `(channels,)`, in [0, 1] units. Only with a pair
            `(x, y)`: a distilled set has its own. `None` takes the mean of
            `x`.
        std: as `mean`, the standard deviation.
        jit_compile: bool or `"auto"`, as in `keras.Model.compile`. `None`
            takes what measured fastest on this backend.
        description: string, shown before progress bars.
        verbose: `0` is silent, `1` shows progress bars. Defaults to `1`.
        dtype_policy: name of the Keras dtype policy of the networks. `None`
            takes the global one, or `"mixed_bfloat16"` where a long training
            is faster with it.
        test_every: optional int, a divisor of the protocol's epochs: tests
            that often and reports the best accuracy beside that of the last
            epoch. It is chosen on test data, so it flatters; use it to
            compare with publications that do the same.
        filepath: optional path of a JSON file, in a directory that exists,
            for the results of finished networks. The same call again goes on
            with those that are missing.
        soft_labels: whether networks are trained on the soft labels of the
            set, which `DistilledDataset.relabel` makes, and no longer on its
            classes. They take the place of one-hot vectors in the
            cross-entropy, at temperature 1 whatever theirs is. Augmentation
            moves pixels, while labels stay those of the image before it;
            CutMix mixes them as it does one-hot vectors. Results on soft and
            on hard labels do not compare. Defaults to `False`, also for a set
            that has some.

    Returns:
        `EvaluationResult`.

    Raises:
        TypeError, ValueError: if sets or numbers do not fit, there are no
            soft labels where they are asked for, or `filepath` is of another
            evaluation.
        FileNotFoundError: if the directory of `filepath` does not exist.

    Example:

    ```python
    result = keras_tgdd.evaluate(distilled, x_test, y_test)
    print(result)  # 84.9 ± 0.2 % (3 networks, 400 images)
    ```
    """
    check_positive_int("num_runs", num_runs)
    check_seed(seed)
    protocol = get_protocol(protocol)
    described = _describe(distilled, network_fn, soft_labels)
    if isinstance(network_fn, str):
        architecture = get_architecture(network_fn)
        network_fn, protocol = (
            architecture.network_fn,
            architecture.adapt(protocol),
        )
    x, y, mean, std = _training_set(distilled, mean, std)
    targets = _targets(distilled, y, soft_labels)
    num_classes = check_labels(y, len(x))
    check_images(x_test, x.shape[1:], "x_test")
    check_labels(y_test, len(x_test), num_classes, "y_test", every_class=False)
    _check_test_every(test_every, protocol.epochs)
    with using_dtype_policy(
        dtype_policy
        or default_dtype_policy(num_runs * protocol.epochs * x[..., 0].size)
    ):
        network = (network_fn or ConvNet)(tuple(x.shape[1:]), num_classes)
    check_network(network, x.shape[1:], num_classes)
    trainer = ClassifierTrainer(network, protocol, mean, std, jit_compile)
    identity = {}
    if filepath is not None:  # else nothing is compared with it
        sets = {"training images": (x, y), "test images": (x_test, y_test)}
        identity = _identify(trainer, sets, mean, std)
        identity |= {"seed": seed, "test_every": test_every}
        identity |= _identify_labels(targets)
    finished = FinishedRuns(filepath, identity)
    for run in range(len(finished.results), num_runs):
        progress = Progress(f"{description} {run + 1}/{num_runs}", verbose)
        start = time.perf_counter()
        batches = trainer.batches(x, targets, [seed, run, _BATCHES])
        trainer.restart([seed, run, _WEIGHTS], batches.steps_per_epoch)
        if verbose and run == len(finished.results):
            announce(description, trainer, network)
        best = _train(trainer, batches, (x_test, y_test), test_every, progress)
        predicted = trainer.predict_labels(x_test)
        accuracy = float(np.mean(predicted == y_test))
        confusion = confusion_matrix(
            y_test, predicted, labels=np.arange(num_classes)
        )
        finished.append(
            EvaluationResult(
                runs=(accuracy,),
                protocol=protocol.to_dict(),
                seed=seed,
                num_images=len(x),
                seconds=time.perf_counter() - start,
                best_runs=(max(best, accuracy),) if test_every else (),
                confusion=tuple(map(tuple, confusion.tolist())),
                **described,
            )
        )
    return pool(finished.results[:num_runs])


def _describe(distilled, network_fn, soft_labels):
    """What a result says of the set and of how networks are trained on it."""
    described = {
        "network": _name(network_fn or ConvNet),
        "labels": "soft" if soft_labels is True else "hard",
    }
    if isinstance(distilled, DistilledDataset):
        per_class = distilled.images_per_class
        if isinstance(per_class, int):  # else there is no one number
            described["images_per_class"] = per_class
        described["method"] = distilled.info.get("method")
    return described


def _targets(distilled, y, soft_labels):
    """What networks are trained on: integers, or probabilities."""
    if not isinstance(soft_labels, bool):
        raise TypeError(
            "`soft_labels` must be True or False; the labels are those of the "
            f"set. Received: {type(soft_labels).__name__}"
        )
    if not soft_labels:
        return y
    found = getattr(distilled, "soft_labels", None)
    if found is None:
        raise ValueError(
            "`soft_labels=True` needs a DistilledDataset with soft labels. "
            "Make one by `distilled.relabel(experts)`, or train on hard labels "
            f"with `soft_labels=False`. Received: {type(distilled).__name__} "
            "without any"
        )
    return found


def _name(network_fn):
    """What the caller calls the network, or `None`."""
    if isinstance(network_fn, str):
        return network_fn
    return getattr(network_fn, "__name__", None)


def _identify(trainer, sets, mean, std):
    """What decides how networks are trained, but for the seed."""
    network = trainer.network
    return {
        **{name: fingerprint(*images) for name, images in sets.items()},
        "normalization": [np.ravel(mean).tolist(), np.ravel(std).tolist()],
        "protocol": trainer.recipe.fingerprint,
        "network": [list(weight.shape) for weight in network.weights],
        "dtype": [layer.compute_dtype for layer in network.layers],
    }


def _identify_labels(targets):
    """What tells apart trainings on the same images and other labels."""
    if targets.ndim == 1:  # they are part of the training images
        return {"kind of labels": "hard"}
    return {
        "kind of labels": "soft",
        "soft labels": fingerprint(targets, np.arange(len(targets))),
    }


def _train(trainer, batches, test_data, test_every, progress):
    """Trains one network; returns its best test accuracy where asked."""
    # One Keras epoch for the whole run, or for what lies between two tests:
    # hundreds of short epochs would spend more time between than in them.
    epochs = trainer.recipe.epochs // test_every if test_every else 1
    watching = {}
    if test_every:
        watching["validation_data"] = TestBatches(
            *test_data, trainer.num_classes
        )
    history = trainer.fit(
        batches,
        epochs=epochs,
        steps_per_epoch=len(batches) // epochs,
        callbacks=[progress],
        shuffle=False,
        verbose=0,
        **watching,
    ).history
    return max(history["val_accuracy"]) if test_every else None


def _check_test_every(test_every, epochs):
    if test_every is None:
        return
    check_positive_int("test_every", test_every)
    if epochs % test_every:
        raise ValueError(
            "`test_every` must divide the epochs of the protocol. Received: "
            f"test_every={test_every}, {epochs} epochs"
        )


def _training_set(distilled, mean, std):
    """Returns images, labels and the statistics they are normalized by."""
    if isinstance(distilled, DistilledDataset):
        if mean is not None or std is not None:
            raise ValueError(
                "A DistilledDataset carries its own normalization; `mean` and "
                f"`std` must be None. Received: mean={mean}, std={std}"
            )
        x, y = distilled.to_numpy()
        return x, y, distilled.mean, distilled.std
    if not isinstance(distilled, (tuple, list)) or len(distilled) != 2:
        raise TypeError(
            "`distilled` must be a DistilledDataset or a pair (x, y). "
            f"Received: {type(distilled).__name__}"
        )
    x, y = distilled
    check_images(x)
    mean, std = complete_statistics(x, mean, std)
    return x, y, mean, std
