"""From a folder of your own images to a trained network.

    KERAS_BACKEND=torch python examples/own_images.py --directory photos

The folder holds one folder of images per class. Sizes, formats and counts may
differ, and grey images may lie among coloured ones: all are resized and cropped
to one size, and files that cannot be read are named and left out. A fifth of
each class is held out. Without `--directory` the example makes such a folder
from digits and takes one or two minutes. The whole job is ten lines of `main`;
the network at their end is plain Keras, not made for distilled images.

How to read the result: a second network of the same kind is trained on as many
real images, drawn at random. The difference of the two accuracies is what
distilling is worth. Look at `distilled.png`, too: each image is a mosaic of
four, and the class of each of the four should still be visible.
"""

import argparse
import json
import pathlib

import keras
import numpy as np
from PIL import Image

import keras_tgdd
from keras_tgdd.evaluation import select_images


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", help="default: made from digits")
    parser.add_argument("--image-size", type=int, default=12)
    parser.add_argument("--images-per-class", type=int, default=3)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--output-dir", default="output/own_images")
    return parser.parse_args()


def make_folder(folder):
    """Writes digits of different sizes, modes and counts, and a broken file."""
    data = keras_tgdd.datasets.load("digits")
    for label, name in enumerate(("zero", "one", "two", "three", "four")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        digits = data.x_train[data.y_train == label, ..., 0]
        for number, digit in enumerate(digits[: 120 - 20 * label]):
            picture = Image.fromarray(np.pad(digit, ((0, number % 3), (0, 0))))
            picture = picture.resize((3 * picture.width, 3 * picture.height))
            if number % 2:
                picture = Image.merge("RGB", [picture] * 3)
            picture.save(folder / name / f"{number:03d}.png")
    whole = (folder / "one" / "000.png").read_bytes()
    (folder / "one" / "broken.png").write_bytes(whole[: len(whole) // 2])


def plain_network(image_shape, num_classes):
    """Builds a small classifier; any other would do."""
    network = keras.Sequential([keras.Input(image_shape)])
    network.add(keras.layers.Conv2D(32, 3, activation="relu"))
    network.add(keras.layers.Flatten())
    network.add(keras.layers.Dense(num_classes, activation="softmax"))
    loss = "sparse_categorical_crossentropy"
    network.compile("adam", loss, metrics=["accuracy"])
    return network


def main():
    args = parse_arguments()
    output, epochs = pathlib.Path(args.output_dir), args.epochs
    folder, kept = args.directory or output / "photos", output / "kept"
    if args.directory is None:
        make_folder(folder)
    # The ten lines.
    data = keras_tgdd.datasets.from_directory(folder, args.image_size)
    size, steps = args.images_per_class, args.steps
    distilled = keras_tgdd.distill(data, size, steps=steps, directory=kept)
    distilled.save(output / "distilled.safetensors")
    images, labels = distilled.to_numpy()
    network = plain_network(data.image_shape, data.num_classes)
    network.fit(distilled.preprocess(images), labels, epochs=epochs, verbose=0)
    # And the same with real images.
    distilled.to_grid(output / "distilled.png")
    rival = plain_network(data.image_shape, data.num_classes)
    real = select_images(data, size)
    images, labels = real.to_numpy()
    rival.fit(distilled.preprocess(images), labels, epochs=epochs, verbose=0)
    x_test = distilled.preprocess(data.x_test)
    found = {"images": len(data.x_train), "kept": size * data.num_classes}
    for name, trained in (("distilled", network), ("random", rival)):
        found[name] = trained.evaluate(x_test, data.y_test, verbose=0)[1]
        print(f"{name:<10} {100 * found[name]:.1f} % of held-out images")
    print(json.dumps({**found, "output": str(output)}))


if __name__ == "__main__":
    main()
