"""Test accuracy of networks that are trained on a distilled set."""

import time
from typing import Any

import numpy as np

from keras_tgdd.arguments import NetworkFn
from keras_tgdd.arguments import PathLike
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.datasets.image_dataset import ImageDataset
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.evaluation.comparison import pool
from keras_tgdd.evaluation.evaluation_task import EvaluationTask
from keras_tgdd.evaluation.evaluation_task import evaluation_task
from keras_tgdd.evaluation.finished_runs import FinishedRuns
from keras_tgdd.evaluation.result import EvaluationResult
from keras_tgdd.models.frozen_network import check_network
from keras_tgdd.runtime.compilation import announce
from keras_tgdd.runtime.compilation import default_dtype_policy
from keras_tgdd.runtime.compilation import using_dtype_policy
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.training.classifier_batches import ClassifierBatches
from keras_tgdd.training.classifier_batches import TestBatches
from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.progress import Progress
from keras_tgdd.training.recipe import TrainingRecipe

_WEIGHTS, _BATCHES = 0, 1


def evaluate(
    distilled: DistilledDataset | tuple[np.ndarray, np.ndarray],
    test_data: ImageDataset | tuple[np.ndarray, np.ndarray],
    *,
    network: NetworkFn | str | None = None,
    protocol: str | TrainingRecipe = "tgdd",
    num_runs: int = 3,
    seed: int = 0,
    normalization: Normalization | None = None,
    soft_labels: bool = False,
    test_every: int | None = None,
    filepath: PathLike | None = None,
    description: str = "evaluation",
    jit_compile: bool | str | None = None,
    dtype_policy: str | None = None,
    verbose: int = 1,
) -> EvaluationResult:
    """Trains fresh networks on a small set and tests each of them once.

    The test data are used after the last epoch only, unless `test_every`
    requests the best accuracy over several tests, as many papers report it.

    Args:
        distilled: `DistilledDataset`, or a pair `(x, y)` of images of shape
            `(n, height, width, channels)`, uint8 in 0–255 or float in [0, 1],
            and int labels of shape `(n,)`.
        test_data: a pair `(x_test, y_test)` of the same kind, or an
            `ImageDataset`, whose test part is used.
        network: function of `(input_shape, num_classes)` that builds a
            functional `keras.Model`; or a name, as in `get_architecture`,
            which also changes the protocol as this network needs. Defaults to
            `keras_tgdd.models.ConvNet`.
        protocol: name of a protocol (see `get_protocol`), or a
            `TrainingRecipe`. Defaults to `"tgdd"`.
        num_runs: positive int, number of networks. Defaults to `3`.
        seed: int of at least 0. Network `i` is seeded by `(seed, i)`.
            Defaults to `0`.
        normalization: `Normalization` of training and test images, only with
            a pair `(x, y)`: a `DistilledDataset` carries its own. `None`
            computes it from `x`.
        soft_labels: whether to train on the soft labels of the set (see
            `relabel`) in place of its integer labels. They replace the
            one-hot vectors in the cross-entropy, which is at temperature 1
            whatever their own temperature. Augmented images keep the soft
            labels of the original; CutMix mixes soft labels like one-hot
            vectors. Results on soft labels are not comparable with results on
            hard labels. Defaults to `False`, also for a set with soft labels.
        test_every: optional int, a divisor of the protocol's epochs: tests
            after every `test_every` epochs and also reports the best
            accuracy. The best is chosen on test data and therefore
            optimistic; compare it only with publications that report the
            same.
        filepath: optional path of a JSON file, in an existing directory, for
            the results of finished networks. The same call resumes with the
            networks that are missing in it.
        description: string, shown before progress bars. Defaults to
            `"evaluation"`.
        jit_compile: bool or `"auto"`, as in `keras.Model.compile`. `None`
            chooses the fastest as measured on this backend.
        dtype_policy: name of the Keras dtype policy of the networks. `None`
            uses the global policy, or `"mixed_bfloat16"` where a training of
            this length is faster with it.
        verbose: `0` is silent, `1` shows progress bars. Defaults to `1`.

    Returns:
        `EvaluationResult`.

    Raises:
        TypeError, ValueError: if sets, network or numbers do not fit, soft
            labels are requested but missing, or `filepath` holds another
            evaluation.
        FileNotFoundError: if the directory of `filepath` does not exist.

    Example:

    ```python
    result = keras_tgdd.evaluate(distilled, (x_test, y_test))
    print(result)  # 84.9 ± 0.2 % (3 networks, 400 images)
    ```
    """
    check_positive_int("num_runs", num_runs)
    check_seed(seed)
    task = evaluation_task(
        distilled,
        test_data,
        network=network,
        protocol=protocol,
        normalization=normalization,
        soft_labels=soft_labels,
        test_every=test_every,
    )
    pixels = num_runs * task.protocol.epochs * task.x[..., 0].size
    policy = dtype_policy or default_dtype_policy(pixels)
    trainer = _build_trainer(task, policy, jit_compile)
    # Digests of the data take time and are needed for a file only.
    identity = {} if filepath is None else task.identity(trainer.network, seed)
    finished = FinishedRuns(filepath, identity)
    first = len(finished.results)
    for run in range(first, num_runs):
        start = time.perf_counter()
        batches = trainer.batches(task.x, task.targets, [seed, run, _BATCHES])
        trainer.restart([seed, run, _WEIGHTS], batches.steps_per_epoch)
        if verbose and run == first:
            announce(description, trainer, trainer.network)
        progress = Progress(f"{description} {run + 1}/{num_runs}", verbose)
        best = _train(task, trainer, batches, progress)
        finished.append(_test(task, trainer, best, seed, start))
    return pool(finished.results[:num_runs])


def _build_trainer(
    task: EvaluationTask, dtype_policy: str, jit_compile: bool | str | None
) -> ClassifierTrainer:
    image_shape = tuple(task.x.shape[1:])
    with using_dtype_policy(dtype_policy):
        network = task.network(image_shape, task.num_classes)
    check_network(network, image_shape, task.num_classes)
    return ClassifierTrainer(
        network, task.protocol, task.normalization, jit_compile=jit_compile
    )


def _train(
    task: EvaluationTask,
    trainer: ClassifierTrainer,
    batches: ClassifierBatches,
    progress: Progress,
) -> float | None:
    """Trains one network; returns its best test accuracy with `test_every`."""
    # One Keras epoch spans the whole training, or the time between two tests:
    # hundreds of short epochs would spend most of their time in between.
    epochs = 1
    options: dict[str, Any] = {"shuffle": False, "verbose": 0}
    if task.test_every:
        epochs = task.protocol.epochs // task.test_every
        options["validation_data"] = TestBatches(
            *task.test_data, task.num_classes
        )
    history = trainer.fit(
        batches,
        epochs=epochs,
        steps_per_epoch=len(batches) // epochs,
        callbacks=[progress],
        **options,
    ).history
    return max(history["val_accuracy"]) if task.test_every else None


def _test(
    task: EvaluationTask,
    trainer: ClassifierTrainer,
    best: float | None,
    seed: int,
    start: float,
) -> EvaluationResult:
    """Tests a trained network; returns the result of this network alone."""
    x_test, y_test = task.test_data
    predicted = trainer.predict_labels(x_test)
    accuracy = float(np.mean(predicted == y_test))
    confusion = np.zeros((task.num_classes, task.num_classes), "int64")
    np.add.at(confusion, (y_test, predicted), 1)
    return EvaluationResult(
        runs=(accuracy,),
        protocol=task.protocol.to_dict(),
        seed=seed,
        num_images=len(task.x),
        seconds=time.perf_counter() - start,
        best_runs=() if best is None else (max(best, accuracy),),
        confusion=tuple(map(tuple, confusion.tolist())),
        **task.description,
    )
