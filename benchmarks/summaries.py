"""Accuracy of sets distilled from summaries and from live batches.

    KERAS_BACKEND=jax python benchmarks/summaries.py --num-seeds 3

On the digits of scikit-learn. For each seed, two experts are trained, and a set
is distilled along them from live real images and another from cached summaries.
Both are evaluated with the same fresh networks. Prints one JSON line last.
"""

import argparse
import json
import tempfile
import time

import machine
import numpy as np

import keras_tgdd
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.methods import TGDD


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument("--num-seeds", type=int, default=3)
    parser.add_argument("--num-runs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=200)
    return parser.parse_args()


def main():
    args = parse_arguments()
    data = keras_tgdd.datasets.load("digits")
    protocol = get_protocol("tgdd", epochs=args.epochs, flip=data.flip)
    method = TGDD(factor=1, constraint_weight=0.1)
    accuracies = {"live": [], "cached": []}
    seconds = {"experts": [], "live": [], "cached": []}
    with tempfile.TemporaryDirectory() as root:
        for seed in range(args.num_seeds):
            directory = f"{root}/{seed}"
            start = time.perf_counter()
            experts = keras_tgdd.train_experts(
                data, num_experts=2, epochs=40, directory=directory, seed=seed
            )
            seconds["experts"].append(time.perf_counter() - start)
            for source, found in accuracies.items():
                start = time.perf_counter()
                distilled = keras_tgdd.distill(
                    data,
                    args.images_per_class,
                    method,
                    experts=experts,
                    steps=args.steps,
                    directory=directory,
                    cache_summaries=source == "cached",
                    seed=seed,
                )
                seconds[source].append(time.perf_counter() - start)
                result = keras_tgdd.evaluate(
                    distilled,
                    data,
                    protocol=protocol,
                    num_runs=args.num_runs,
                    verbose=0,
                )
                found.append(result.mean)
                print(f"seed {seed}, {source}: {result}", flush=True)
    print(
        json.dumps(
            {
                **vars(args),
                "dataset": data.name,
                **{f"{k}_accuracies": v for k, v in accuracies.items()},
                **{f"{k}_mean": np.mean(v) for k, v in accuracies.items()},
                **{f"{k}_std": np.std(v) for k, v in accuracies.items()},
                "seconds": seconds,
                **machine.provenance(),
            }
        )
    )


if __name__ == "__main__":
    main()
