"""Seconds and peak memory of a distillation step by its size.

    python benchmarks/scaling.py --backend torch

Varies the number of classes at 10 images per class and 32 pixels, the images
per class at 10 classes, and the image side at 1 image per class. Steps use
cached summaries, random images and random snapshots; each setting runs in its
own process. Prints a table, writes a plot, and prints one JSON line last.
"""

import argparse
import json
import pathlib

from step import call

SETTINGS = {
    "classes": [
        {"classes": n, "images_per_class": 10, "side": 32}
        for n in (10, 20, 50, 100)
    ],
    "images_per_class": [
        {"classes": 10, "images_per_class": n, "side": 32} for n in (1, 10, 50)
    ],
    "side": [
        {"classes": 10, "images_per_class": 1, "side": n} for n in (32, 64, 128)
    ],
}
TITLES = {
    "classes": "classes, 10 images per class",
    "images_per_class": "images per class, 10 classes",
    "side": "image side in pixels, 1 image per class",
}


def measure(setting, backend, known):
    """Returns the result of a setting, measured once."""
    key = tuple(setting.values())
    if key not in known:
        arguments = ["--worker", "cached", "--backend", backend, "--steps", 1]
        for name, value in setting.items():
            arguments += ["--" + name.replace("_", "-"), value]
        known[key] = call("step.py", *arguments)
    return known[key]


def plot(results, filepath):
    """Draws seconds and peak memory against each size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(results), figsize=(10, 5.5))
    for column, (name, rows) in enumerate(results.items()):
        sizes = [row[name] for row in rows]
        for row, (key, label) in enumerate(
            (("seconds", "seconds per step"), ("memory_gb", "peak memory, GB"))
        ):
            axis = axes[row, column]
            axis.plot(sizes, [r[key] for r in rows], "o-")
            axis.set_xticks(sizes)
            axis.set_ylim(bottom=0)
            axis.grid(alpha=0.3)
            if column == 0:
                axis.set_ylabel(label)
            if row == 1:
                axis.set_xlabel(TITLES[name])
    figure.tight_layout()
    figure.savefig(filepath, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--backend", default="torch", choices=("jax", "tensorflow", "torch")
    )
    parser.add_argument("--output", default="output/scaling.png")
    args = parser.parse_args()
    results, known, provenance = {}, {}, {}
    for name, settings in SETTINGS.items():
        results[name] = []
        for setting in settings:
            result = measure(setting, args.backend, known)
            provenance = result["provenance"]
            row = {
                **setting,
                "seconds": result["seconds"],
                "memory_gb": result["memory_gb"],
                "classes_per_chunk": result["classes_per_chunk"],
            }
            results[name].append(row)
            print(
                f"{setting['classes']:4} classes  "
                f"{setting['images_per_class']:3} images per class  "
                f"{setting['side']:4} px  {row['seconds']:8.3f} s  "
                f"{row['memory_gb']:5.1f} GB  "
                f"{row['classes_per_chunk']:4} classes at a time",
                flush=True,
            )
    output = pathlib.Path(args.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    plot(results, output)
    print(
        json.dumps({"factor": 2, "plot": str(output), **results, **provenance})
    )


if __name__ == "__main__":
    main()
