"""The comparison of several examples, its table and its line of JSON."""

import json
import pathlib
import sys
import time

import keras
import numpy as np

import keras_tgdd
from keras_tgdd.evaluation import select_images


def compare(
    data,
    distilled,
    experts,
    protocol,
    *,
    num_runs=3,
    seed=0,
    network=None,
    dtype_policy=None,
):
    """Evaluates real and distilled images under one protocol.

    Args:
        data: `ImageDataset`.
        distilled: `DistilledDataset`.
        experts: `ExpertTrajectories`. Their last test accuracy is reported
            for a training on all data, which would take a day under the
            protocol.
        protocol: `TrainingRecipe`.
        num_runs: int, fresh networks per set.
        seed: int.
        network: function that builds the networks. `None` uses `ConvNet`.
        dtype_policy: string, of the networks. `None` uses the fastest.

    Returns:
        A dict that maps the name of a set to its accuracies, the number of
        stored images and the training.
    """
    size = distilled.images_per_class
    sets = {"random real images": select_images(data, size, seed=seed)}
    if distilled.factor > 1:
        sets["random real mosaics"] = select_images(
            data, size, factor=distilled.factor, seed=seed
        )
    sets["distilled"] = distilled
    stored = size * data.num_classes
    rows = {}
    for name, small_set in sets.items():
        result = keras_tgdd.evaluate(
            small_set,
            data,
            network=network,
            protocol=protocol,
            num_runs=num_runs,
            seed=seed,
            description=name,
            dtype_policy=dtype_policy,
        )
        rows[name] = (result.runs, stored, f"{protocol.epochs} epochs")
    last = [
        float(experts.accuracies(expert)[-1, 1])
        for expert in range(experts.num_experts)
    ]
    epochs = experts.num_snapshots(0) - 1
    how = f"experts' own recipe, {epochs} epochs"
    rows["all data"] = (last, len(data.x_train), how)
    return rows


def print_table(rows, protocol):
    """Prints one line per set: mean ± standard deviation over networks."""
    print(f"\nTest accuracy in %, mean ± std; protocol {protocol.name!r}")
    for name, (runs, stored, how) in rows.items():
        mean, std = 100 * np.mean(runs), 100 * np.std(runs)
        print(
            f"  {name:<20} {mean:5.1f} ± {std:3.1f}   "
            f"{stored:>6} images, {len(runs)} networks, {how}"
        )


def write_outputs(distilled, directory):
    """Writes the distilled set and its picture.

    Returns:
        Path of the distilled set.
    """
    directory = pathlib.Path(directory)
    name = f"distilled_{distilled.images_per_class}"
    distilled.save(directory / f"{name}.safetensors")
    distilled.to_grid(directory / f"{name}.png")
    print(f"\nWrote {directory / name}.safetensors and .png")
    return directory / f"{name}.safetensors"


def print_json(data, distilled, rows, seconds, output):
    """Prints the result as one line of JSON, the last of the program."""
    means = {name: float(np.mean(runs)) for name, (runs, *_) in rows.items()}
    random = means["random real images"]
    sys.stderr.flush()
    print(
        json.dumps(
            {
                "dataset": data.name,
                "backend": keras.backend.backend(),
                "images_per_class": distilled.images_per_class,
                "random_accuracy": random,
                # With factor 1, mosaics are the random images themselves.
                "mosaic_accuracy": means.get("random real mosaics", random),
                "distilled_accuracy": means["distilled"],
                "distilled_std": float(np.std(rows["distilled"][0])),
                "full_accuracy": means["all data"],
                **seconds,
                "output": str(output),
            }
        ),
        flush=True,
    )


class Stopwatch:
    """Collects the seconds of named parts, as `<part>_seconds`."""

    def __init__(self):
        self.seconds = {}

    def __call__(self, part):
        self._part = f"{part}_seconds"
        return self

    def __enter__(self):
        self._start = time.perf_counter()

    def __exit__(self, *error):
        elapsed = time.perf_counter() - self._start
        self.seconds[self._part] = round(elapsed, 1)
