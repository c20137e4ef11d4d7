"""Time from raw images to an evaluated distilled set, part by part.

    KERAS_BACKEND=torch python benchmarks/end_to_end.py --target 0.85

Trains one expert with the short recipe, distils with a method, and evaluates
fresh networks with the protocol `tgdd`, all in a temporary directory. Prints
one JSON line last. Empty the compiler caches first to include compilation, as
on a first run.
"""

import argparse
import functools
import json
import tempfile
import time

import machine

import keras_tgdd
from keras_tgdd import Progress
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.methods import get_method
from keras_tgdd.methods import method_names
from keras_tgdd.training import short_recipe


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="fashion_mnist")
    parser.add_argument("--data-dir", help="where TFDS keeps its data")
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument("--factor", type=int, default=2)
    parser.add_argument("--width", type=int, default=64, help="of the expert")
    parser.add_argument("--expert-epochs", type=int, default=12)
    parser.add_argument("--snapshots-per-epoch", type=int, default=2)
    parser.add_argument(
        "--method",
        choices=method_names(),
        default="covariance_tgdd",
    )
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--samples-per-class", type=int, default=64)
    parser.add_argument(
        "--cached", action="store_true", help="distil from summaries"
    )
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--num-runs", type=int, default=3)
    parser.add_argument("--target", type=float, help="accuracy to reach")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Clock:
    """Keeps the seconds between its calls, by name."""

    def __init__(self):
        self.seconds = {}
        self._last = time.perf_counter()

    def __call__(self, name):
        now = time.perf_counter()
        self.seconds[name] = round(now - self._last, 1)
        self._last = now


def main():
    args = parse_arguments()
    clock = Clock()
    data = keras_tgdd.datasets.load(args.dataset, args.data_dir)
    clock("load")
    with tempfile.TemporaryDirectory() as directory:
        experts = keras_tgdd.train_experts(
            data,
            functools.partial(keras_tgdd.models.ConvNet, width=args.width),
            num_experts=1,
            directory=directory,
            recipe=short_recipe(args.expert_epochs, data.image_shape[0]),
            snapshots_per_epoch=args.snapshots_per_epoch,
            seed=args.seed,
        )
        clock("experts")
        method = get_method(args.method).replace(
            factor=args.factor, samples_per_class=args.samples_per_class
        )
        trainer = method.build(
            data,
            experts,
            args.images_per_class,
            steps=args.steps,
            seed=args.seed,
        )
        clock("start")
        source = data
        if args.cached:
            source = keras_tgdd.summarize(
                experts,
                data,
                trainer.parts.objective,
                augmentation=trainer.parts.augmentation,
            )
        clock("summaries")
        trainer.fit(
            source,
            steps_per_epoch=args.steps,
            callbacks=[Progress("distillation")],
            verbose=0,
        )
        clock("distillation")
    result = keras_tgdd.evaluate(
        trainer.distilled_dataset(),
        data,
        protocol=get_protocol("tgdd", epochs=args.epochs, flip=data.flip),
        num_runs=args.num_runs,
        seed=args.seed,
    )
    clock("evaluation")
    seconds = clock.seconds
    print(f"{result}; {sum(seconds.values()):.0f} s: {seconds}")
    reached = None if args.target is None else result.mean >= args.target
    print(
        json.dumps(
            {
                **vars(args),
                "accuracy": result.mean,
                "std": result.std,
                "runs": result.runs,
                "target_reached": reached,
                "seconds": seconds,
                "total_seconds": round(sum(seconds.values()), 1),
                "dtype_policy": experts.network.network.layers[1].compute_dtype,
                **machine.provenance(),
            }
        )
    )


if __name__ == "__main__":
    main()
