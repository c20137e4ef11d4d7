"""Seconds per distillation step, compared with the loop as published.

    python benchmarks/step.py --backend torch --images-per-class 10

Measures one after the other, each in its own process so that their threads do
not compete: the reference loop (plain PyTorch, see reference_loop.py), then our
step with live real images, from cached summaries, and from cached summaries
with one snapshot for features and constraint. Images and snapshots are random.
Reports medians over epochs of a few steps. Prints one JSON line last.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent
MODES = ("live", "cached", "cached_one_snapshot")
EPOCHS, WARM_UP = 5, 2


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--backend", default="torch", choices=("jax", "tensorflow", "torch")
    )
    parser.add_argument("--images-per-class", type=int, default=10)
    parser.add_argument("--factor", type=int, default=2)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--steps", type=int, default=2, help="per epoch")
    parser.add_argument("--dtype-policy", help="default: the library's choice")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--worker", choices=MODES, help=argparse.SUPPRESS)
    return parser.parse_args()


def run_worker(args):
    """Measures one of our modes; prints JSON."""
    os.environ["KERAS_BACKEND"] = args.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import machine
    import made_up

    import keras_tgdd
    from keras_tgdd.runtime import compilation

    # The choices for a job of thousands of steps.
    compilation.keep_freed_memory(10**12)
    policy = args.dtype_policy or compilation.default_dtype_policy(10**12)
    keras.config.set_dtype_policy(policy)
    classes, side = args.classes, args.side
    x, y = made_up.images(classes, 128, side, args.channels)
    with tempfile.TemporaryDirectory() as directory:
        experts = made_up.experts(directory, classes, side, args.channels)
        synthetic = keras_tgdd.layers.SyntheticImages(
            classes, args.images_per_class, x.shape[1:], args.factor
        )
        synthetic.adapt(x, y, mode="random")
        region = 1 if args.worker == "cached_one_snapshot" else 7
        trainer = keras_tgdd.DistillationTrainer(
            synthetic, experts, region=region
        )
        jit_compile = True if args.backend == "torch" else "auto"
        trainer.compile(jit_compile=jit_compile)
        data = (x, y)
        if args.worker != "live":
            # The values in the summaries do not change the time of a step.
            data = keras_tgdd.summarize(
                experts, data, plan=4, samples_per_class=2, verbose=0
            )
        timer = made_up.StepTimer(args.steps)
        trainer.fit(
            data,
            epochs=WARM_UP + EPOCHS,
            steps_per_epoch=args.steps,
            callbacks=[timer],
            verbose=0,
        )
    compute = keras.dtype_policies.get(policy).compute_dtype
    one_pass = machine.convolution_operations(experts.network.network)
    parts = trainer.parts
    images = parts.networks_in_step * parts.decoded_in_step * classes
    operations = 2 * one_pass * images
    if args.worker == "live":
        operations += one_pass * parts.samples_per_class * classes
    seconds = float(np.median(timer.seconds[WARM_UP:]))
    peak = machine.peak(compute)
    result = {
        "seconds": seconds,
        "all_seconds": timer.seconds[WARM_UP:],
        "hours_of_10000_steps": 10_000 * seconds / 3600,
        "dtype_policy": policy,
        "classes_per_chunk": parts.synthetic_chunk,
        "gflop": operations / 1e9,
        "gflops": operations / seconds / 1e9,
        "peak_gflops": peak / 1e9,
        "fraction_of_peak": operations / seconds / peak,
        "memory_gb": peak_memory(),
        "provenance": machine.provenance(),
    }
    print(json.dumps(result))


def peak_memory():
    """Peak resident memory of this process, in GB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def call(script, *arguments):
    """Runs a script and reads its last line."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    output = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return json.loads(output.splitlines()[-1])


def main():
    args = parse_arguments()
    if args.worker:
        run_worker(args)
        return
    shape = [
        "--images-per-class",
        args.images_per_class,
        "--factor",
        args.factor,
        "--side",
        args.side,
        "--channels",
        args.channels,
    ]
    own = [*shape, "--backend", args.backend, "--classes", args.classes]
    own += ["--steps", args.steps]
    if args.dtype_policy:
        own += ["--dtype-policy", args.dtype_policy]
    first = call("reference_loop.py", *shape)["seconds"]
    ours = {
        mode: call("step.py", *own, "--worker", mode) for mode in args.modes
    }
    # Measured before and after ours, so that a slowdown of the machine shows.
    last = call("reference_loop.py", *shape)["seconds"]
    reference = float(np.median(first + last))
    provenance = {}
    for mode, result in ours.items():
        result["ratio"] = reference / result["seconds"]
        provenance = result.pop("provenance")
        print(
            f"{mode:<20} {result['seconds']:7.3f} s   "
            f"{result['ratio']:5.1f} x the reference's {reference:.2f} s   "
            f"{100 * result['fraction_of_peak']:3.0f} % of peak   "
            f"{result['memory_gb']:.1f} GB   {result['dtype_policy']}"
        )
    settings = {
        key: value
        for key, value in vars(args).items()
        if key not in ("worker", "modes", "dtype_policy")
    }
    print(
        json.dumps(
            {
                **settings,
                "reference_seconds": reference,
                "reference_all_seconds": first + last,
                **ours,
                **provenance,
            }
        )
    )


if __name__ == "__main__":
    main()
