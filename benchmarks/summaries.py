"""Accuracy of sets distilled from summaries beside those from live batches.

    KERAS_BACKEND=jax python benchmarks/summaries.py --num-seeds 3

On the embedded digits: the same experts, then for each seed a distillation from
live real images and one from cached summaries, each evaluated with the same
fresh networks. Prints one JSON line last.
"""

import argparse
import json
import tempfile
import time

import machine
import numpy as np

import keras_tgdd
from keras_tgdd.evaluation import get_protocol


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument("--num-seeds", type=int, default=3)
    parser.add_argument("--num-runs", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=200)
    return parser.parse_args()


def main():
    args = parse_arguments()
    data = keras_tgdd.datasets.load("digits")
    protocol = get_protocol("tgdd", epochs=args.epochs, flip=data.flip)
    accuracies = {"live": [], "cached": []}
    seconds = {"live": [], "cached": []}
    with tempfile.TemporaryDirectory() as directory:
        for seed in range(args.num_seeds):
            for source in accuracies:
                start = time.perf_counter()
                distilled = keras_tgdd.distill(
                    data.x_train,
                    data.y_train,
                    images_per_class=args.images_per_class,
                    factor=1,
                    num_experts=2,
                    expert_epochs=40,
                    iterations=args.iterations,
                    constraint_weight=0.1,
                    directory=f"{directory}/{seed}",
                    seed=seed,
                    cache_summaries=source == "cached",
                )
                seconds[source].append(time.perf_counter() - start)
                result = keras_tgdd.evaluate(
                    distilled,
                    data.x_test,
                    data.y_test,
                    protocol=protocol,
                    num_runs=args.num_runs,
                    verbose=0,
                )
                accuracies[source].append(result.mean)
                print(f"seed {seed}, {source}: {result}", flush=True)
    print(
        json.dumps(
            {
                **vars(args),
                "dataset": data.name,
                **{f"{k}_accuracies": v for k, v in accuracies.items()},
                **{f"{k}_mean": np.mean(v) for k, v in accuracies.items()},
                **{f"{k}_std": np.std(v) for k, v in accuracies.items()},
                # The first source of a seed trains its experts.
                "seconds": seconds,
                **machine.provenance(),
            }
        )
    )


if __name__ == "__main__":
    main()
