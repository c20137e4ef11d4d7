"""A network whose weights arrive as data."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import Tensor
from keras_tgdd.runtime.compilation import compiled
from keras_tgdd.runtime.compilation import compiles_calls
from keras_tgdd.runtime.compilation import scan


class FrozenNetwork:
    """Reads features and logits of a classifier under given weights.

    The weights of a call are one flat float32 vector, so a compiled step can
    take another snapshot each time, no gradient is computed for them, and
    they ride in no optimizer or checkpoint. The network runs in inference
    mode: batch normalization uses the moving statistics *of the snapshot*
    (they are part of the vector), and dropout is off.

    This is not a Keras layer on purpose: its variables must not become state
    of the model that uses it.

    Args:
        network: functional or sequential `keras.Model` from normalized images
            `(batch, height, width, channels)` to logits or, where it ends in
            a softmax, probabilities `(batch, num_classes)`.
        feature_layer: name of the layer whose output are the features, or a
            sequence of names, whose outputs then lie side by side. `None`
            takes the input of the last dense layer.

    Attributes:
        feature_size: int, size of the features of an image.
        feature_sizes: tuple of ints, the share of each layer that is read.

    Raises:
        ValueError: if the network is not functional, has more than one input
            or output, has another output shape, or has no such layer.

    Example:

    ```python
    frozen = FrozenNetwork(keras_tgdd.models.ConvNet((32, 32, 3), 10))
    features, logits = frozen(frozen.flat_weights(), images)
    ```
    """

    def __init__(
        self,
        network: keras.Model,
        feature_layer: str | Sequence[str] | None = None,
    ) -> None:
        check_network(network)
        self.network = network
        single = feature_layer is None or isinstance(feature_layer, str)
        self.feature_layer = feature_layer if single else tuple(feature_layer)
        self.ends_in_softmax = ends_in_softmax(network)
        features = [
            _feature_tensor(network, name)
            for name in ((feature_layer,) if single else feature_layer)
        ]
        self._extractor = keras.Model(
            network.inputs[0], [*features, network.outputs[0]]
        )
        self.feature_sizes = tuple(int(np.prod(f.shape[1:])) for f in features)
        self.feature_size = sum(self.feature_sizes)
        self.image_shape = tuple(network.inputs[0].shape[1:])
        self.num_classes = int(network.outputs[0].shape[-1])
        self._run_chunk = self.__call__
        self._compiled_call = None
        self._slices = {}
        offset = 0
        for variable in network.weights:
            size = int(np.prod(variable.shape))
            self._slices[id(variable)] = (offset, offset + size)
            offset += size
        self.num_weights = offset

    @property
    def activation_bytes(self) -> int:
        """Bytes of all layers' outputs for one image, about what a backward
        pass keeps of it."""
        total = 0
        for layer in self._extractor.layers:
            for tensor in keras.tree.flatten(layer.output):
                size = 2 if "16" in str(tensor.dtype) else 4
                total += size * int(np.prod(tensor.shape[1:]))
        return total

    @property
    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of all weights, in the order of the flat vector."""
        return [tuple(variable.shape) for variable in self.network.weights]

    def flat_weights(self) -> np.ndarray:
        """Returns the network's current weights as one float32 vector."""
        return flat_weights(self.network)

    def assign(self, flat: np.ndarray) -> None:
        """Writes a flat vector of shape `(num_weights,)` into the network."""
        for variable in self.network.weights:
            start, end = self._slices[id(variable)]
            variable.assign(np.reshape(flat[start:end], variable.shape))

    def __call__(self, flat: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Runs the network.

        Args:
            flat: float32 tensor of shape `(num_weights,)`.
            images: normalized float tensor of shape
                `(batch, height, width, channels)`.

        Returns:
            Features of shape `(batch, feature_size)` and outputs of shape
            `(batch, num_classes)`, both float32.
        """
        extractor = self._extractor
        (*features, outputs), _ = extractor.stateless_call(
            [self._value(flat, v) for v in extractor.trainable_variables],
            [self._value(flat, v) for v in extractor.non_trainable_variables],
            images,
            training=False,
        )
        parts = [
            ops.cast(ops.reshape(part, (-1, size)), "float32")
            for part, size in zip(features, self.feature_sizes, strict=True)
        ]
        features = parts[0] if len(parts) == 1 else ops.concatenate(parts, 1)
        return features, ops.cast(outputs, "float32")

    def predict(
        self, flat: np.ndarray, images: np.ndarray, jit_compile: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """As a call, compiled and on NumPy arrays; for one batch.

        The network may keep the weights.

        Args:
            flat: float32 array of shape `(num_weights,)`.
            images: normalized float array of shape
                `(batch, height, width, channels)`.
            jit_compile: whether PyTorch compiles, too, for each batch size
                anew. Defaults to `False`.

        Returns:
            As a call, float32 arrays.
        """
        if compiles_calls(jit_compile):
            if self._compiled_call is None:
                self._compiled_call = compiled(self.__call__)
            found = self._compiled_call(
                *map(ops.convert_to_tensor, (flat, images))
            )
            return tuple(map(ops.convert_to_numpy, found))
        self.assign(flat)
        *features, outputs = self._extractor.predict_on_batch(images)
        parts = [np.reshape(part, (len(images), -1)) for part in features]
        return np.float32(np.concatenate(parts, 1)), np.float32(outputs)

    def per_class(
        self,
        flat: Tensor,
        images: Tensor,
        classes_per_chunk: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Runs the network on images grouped by class.

        Args:
            flat: float32 tensor of shape `(num_weights,)`.
            images: normalized float tensor of shape
                `(n_classes, n, height, width, channels)`.
            classes_per_chunk: int, classes that pass the network at a time.
                Where that is not all of them, the backward pass computes the
                activations of a chunk anew, so that those of one chunk alone
                are in memory. `None` takes all at once.

        Returns:
            Features of shape `(n_classes, n, feature_size)` and outputs of
            shape `(n_classes, n, num_classes)`, both float32.
        """
        n_classes, n, *image_shape = images.shape
        size = min(classes_per_chunk or n_classes, n_classes)
        whole = ops.reshape(images, (-1, *image_shape))
        if size == n_classes:
            features, outputs = self(flat, whole)
        else:
            features, outputs = self._in_chunks(flat, whole, size * n)
        return (
            ops.reshape(features, (n_classes, n, self.feature_size)),
            ops.reshape(outputs, (n_classes, n, self.num_classes)),
        )

    def _in_chunks(self, flat, images, size):
        """Runs the network on `size` images at a time, one after the other."""
        run = keras.remat(self._run_chunk)

        def step(former, chunk):
            # Each chunk depends on the one before, lest they be computed side
            # by side, forward or backward, with all their activations.
            result = run(flat, chunk + 0.0 * former[0][0, 0])
            return result, result

        nothing = (
            ops.zeros((size, self.feature_size)),
            ops.zeros((size, self.num_classes)),
        )
        count, shape = images.shape[0], images.shape[1:]
        missing = -count % size
        if missing:  # one shape is one program
            filling = ops.zeros((missing, *shape), images.dtype)
            images = ops.concatenate([images, filling])
        _, parts = scan(step, nothing, ops.reshape(images, (-1, size, *shape)))
        return [
            ops.reshape(part, (-1, part.shape[-1]))[:count] for part in parts
        ]

    def compile_chunks(self) -> None:
        """Compiles the pass of a chunk as a program of its own, once.

        PyTorch compiles all chunks of a step into one program and holds the
        activations of all of them, in spite of `keras.remat`: over 16 GB for
        100 classes of 10 images (factor 2, 32 x 32). Chunks compiled for
        themselves, in a step that is not, hold 3.3 GB.
        """
        if self._run_chunk == self.__call__:
            self._run_chunk = compiled(self.__call__)

    def _value(self, flat, variable):
        if id(variable) not in self._slices:
            return variable.value  # the state of a seed generator
        start, end = self._slices[id(variable)]
        return ops.reshape(flat[start:end], variable.shape)

    def architecture(self) -> str:
        """Returns the network's config as JSON, for storage."""
        return self.network.to_json()


def flat_weights(network: keras.Model) -> np.ndarray:
    """Returns all weights of a network as one float32 NumPy vector."""
    return np.concatenate(
        [np.asarray(w, "float32").ravel() for w in network.get_weights()]
    )


def check_network(
    network: keras.Model,
    image_shape: tuple[int, ...] | None = None,
    num_classes: int | None = None,
) -> None:
    """Refuses what cannot take `ConvNet`'s place.

    Args:
        network: what a user's `network_fn` returned.
        image_shape: `(height, width, channels)` of the data, if known.
        num_classes: number of classes of the data, if known.

    Raises:
        ValueError: if the network is not functional, has more than one input
            or output, or does not fit the data.
    """
    functional = isinstance(
        network, (keras.models.Model, keras.Sequential)
    ) and hasattr(network, "inputs")
    if not functional or not network.built or network.inputs is None:
        raise ValueError(
            "The network must be a built functional or sequential "
            "`keras.Model`; a subclassed model hides its layers. Received: "
            f"{type(network).__name__}"
        )
    inputs, outputs = network.inputs, network.outputs
    if (
        len(inputs) != 1
        or len(outputs) != 1
        or len(inputs[0].shape) != 4
        or len(outputs[0].shape) != 2
        or None in inputs[0].shape[1:]
    ):
        raise ValueError(
            "The network must have one input of fixed shape (batch, height, "
            "width, channels) and one output of shape (batch, num_classes). "
            f"Received: inputs={[tuple(t.shape) for t in inputs]}, "
            f"outputs={[tuple(t.shape) for t in outputs]}"
        )
    received = (tuple(inputs[0].shape[1:]), outputs[0].shape[-1])
    expected = (
        received[0] if image_shape is None else tuple(image_shape),
        received[1] if num_classes is None else num_classes,
    )
    if received != expected:
        raise ValueError(
            f"The network must map images of shape {expected[0]} to "
            f"{expected[1]} classes. Received: a network for images of shape "
            f"{received[0]} and {received[1]} classes"
        )


def ends_in_softmax(network: keras.Model) -> bool:
    """Whether the network returns probabilities rather than logits."""
    last = network.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return True
    activation = getattr(last, "activation", None)
    return activation is keras.activations.softmax


def _feature_tensor(network, feature_layer):
    if feature_layer is None:
        dense = [
            layer
            for layer in network.layers
            if isinstance(layer, keras.layers.Dense)
        ]
        if not dense:
            raise ValueError(
                "Features are read at the input of the last dense layer, and "
                f"network {network.name!r} has none. Name a layer with "
                "`feature_layer=`."
            )
        return dense[-1].input
    names = [layer.name for layer in network.layers]
    if feature_layer not in names:
        raise ValueError(
            f"`feature_layer` must name a layer of network {network.name!r}, "
            f"one of {names}. Received: feature_layer={feature_layer!r}"
        )
    return network.get_layer(feature_layer).output
