"""Shares a distilled set: as a file, as pictures, with other libraries.

    KERAS_BACKEND=jax python examples/sharing.py

A distilled set is one safetensors file: images, labels, the normalization that
networks need, the names of the classes and how it was made. Any safetensors
reader opens it, in any language, and nothing in it is executed. Here digits are
distilled and saved, the file is opened by safetensors alone, and plain Keras,
plain PyTorch (where installed) and scikit-learn train on it, in about a minute.

How to read the result: the images were distilled along the training of a
convolutional network, and yet other models learn from them. If your own model
learns nothing, check its input: networks read `(image - mean) / std`, and
PyTorch expects channels first.
"""

import argparse
import functools
import importlib.util
import json
import pathlib

import keras
from safetensors import safe_open
from sklearn.svm import SVC

import keras_tgdd

EPOCHS = 200


def with_safetensors(path):
    """Reads images and labels, ready to train on, without keras_tgdd."""
    with safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        print(f"metadata: {file.metadata()}")
    print({name: tensor.shape for name, tensor in tensors.items()})
    x = (tensors["images"] - tensors["mean"]) / tensors["std"]
    return x.reshape(-1, *x.shape[2:]), tensors["labels"].ravel()


def with_keras(x, y, x_test, y_test):
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Flatten()])
    model.add(keras.layers.Dense(int(y.max()) + 1, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["acc"])
    model.fit(x, y, epochs=EPOCHS, verbose=0)
    return model.evaluate(x_test, y_test, verbose=0)[1]


def with_torch(dataset, x_test, y_test):
    import torch

    linear = torch.nn.Linear(dataset[0][0].numel(), int(y_test.max()) + 1)
    model = torch.nn.Sequential(torch.nn.Flatten(), linear)
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(EPOCHS):
        for x, y in torch.utils.data.DataLoader(dataset, 32, shuffle=True):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
    x_test = torch.from_numpy(x_test.transpose(0, 3, 1, 2).copy())
    predicted = model(x_test).argmax(dim=1).numpy()
    return float((predicted == y_test).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--output-dir", default="output/sharing")
    args = parser.parse_args()
    output = pathlib.Path(args.output_dir)
    data = keras_tgdd.datasets.load("digits")
    distilled = keras_tgdd.distill(
        data,
        images_per_class=10,
        # A quarter of 8 x 8 pixels could not show a digit.
        method=keras_tgdd.methods.TGDD(factor=1),
        network=functools.partial(keras_tgdd.models.ConvNet, width=32),
        steps=args.steps,
        directory=output,
    )
    path = output / "distilled.safetensors"
    distilled.save(path)
    distilled.save_images(output / "pictures")
    x, y = with_safetensors(path)
    x_test, y_test = distilled.preprocess(data.x_test), data.y_test
    found = {"keras": with_keras(x, y, x_test, y_test)}
    if importlib.util.find_spec("torch"):
        dataset = distilled.to_torch()
        found["torch"] = with_torch(dataset, x_test, y_test)
    classifier = SVC().fit(x.reshape(len(x), -1), y)
    found["sklearn"] = classifier.score(x_test.reshape(len(x_test), -1), y_test)
    for name, accuracy in found.items():
        print(f"{name:<8} {100 * accuracy:.1f} % of test images")
    print(json.dumps({"accuracies": found, "output": str(path)}))


if __name__ == "__main__":
    main()
