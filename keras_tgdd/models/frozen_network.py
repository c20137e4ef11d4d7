"""A network whose weights are an input."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_tgdd.arguments import NetworkFn
from keras_tgdd.arguments import Tensor
from keras_tgdd.runtime.compilation import compiled
from keras_tgdd.runtime.compilation import compiles_calls
from keras_tgdd.runtime.compilation import scan


class FrozenNetwork:
    """Computes features and outputs of a classifier under given weights.

    The weights of a call are one flat float32 vector. A compiled step can
    therefore use another snapshot each time; the weights get no gradient and
    are part of no optimizer or checkpoint. The network runs in inference
    mode: batch normalization uses the moving statistics of the snapshot
    (they are part of the vector), and dropout is off.

    This is deliberately not a Keras layer: its variables must not become
    state of the model that uses it.

    Images are channels last, whatever `keras.config.image_data_format()` is.
    This holds for the whole package.

    Args:
        network: functional or sequential `keras.Model` from normalized images
            of shape `(batch, height, width, channels)` to logits or, if it
            ends in a softmax, probabilities of shape `(batch, num_classes)`.
        feature_layer: name of the layer whose outputs are the features, or a
            sequence of names, whose flattened outputs are concatenated.
            `None` takes the input of the last dense layer.

    Attributes:
        network: the `keras.Model`.
        feature_layer: string, tuple of strings, or `None`, as given.
        ends_in_softmax: bool, whether the outputs are probabilities.
        image_shape: triple of ints, `(height, width, channels)`.
        num_classes: int.
        num_weights: int, length of the flat vector.
        feature_size: int, number of features per image.
        feature_sizes: tuple of ints, number of features per feature layer.

    Raises:
        ValueError: if the network is not functional, does not have one input
            and one output of these shapes, or has no such layer.

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
        names: tuple[str | None, ...]
        if feature_layer is None or isinstance(feature_layer, str):
            self.feature_layer = feature_layer
            names = (feature_layer,)
        else:
            self.feature_layer = tuple(feature_layer)
            names = self.feature_layer
        self.ends_in_softmax = ends_in_softmax(network)
        features = [_feature_tensor(network, name) for name in names]
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
        """Bytes of all layers' outputs for one image: about what is kept for
        the backward pass."""
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
        """Computes features and outputs of a batch.

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
        """Computes features and outputs of a batch of NumPy arrays.

        JAX and TensorFlow compile the computation. The weights of the wrapped
        network may be overwritten.

        Args:
            flat: float32 array of shape `(num_weights,)`.
            images: normalized float array of shape
                `(batch, height, width, channels)`.
            jit_compile: bool, whether PyTorch also compiles, once per batch
                size. Defaults to `False`.

        Returns:
            Two float32 arrays, of shape `(batch, feature_size)` and
            `(batch, num_classes)`.
        """
        if compiles_calls(jit_compile):
            if self._compiled_call is None:
                self._compiled_call = compiled(self.__call__)
            features, outputs = self._compiled_call(
                *map(ops.convert_to_tensor, (flat, images))
            )
            return ops.convert_to_numpy(features), ops.convert_to_numpy(outputs)
        self.assign(flat)
        *features, outputs = self._extractor.predict_on_batch(images)
        parts = [np.reshape(part, (len(images), -1)) for part in features]
        return (
            np.array(np.concatenate(parts, 1), "float32"),
            np.array(outputs, "float32"),
        )

    def per_class(
        self,
        flat: Tensor,
        images: Tensor,
        classes_per_chunk: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Computes features and outputs of images grouped by class.

        Args:
            flat: float32 tensor of shape `(num_weights,)`.
            images: normalized float tensor of shape
                `(n_classes, n, height, width, channels)`.
            classes_per_chunk: int, classes that are computed together. If
                fewer than all, the backward pass recomputes the activations
                of each chunk, so that only one chunk's activations are in
                memory. `None`, the default, takes all classes.

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
        """Computes `size` images at a time, one chunk after the other."""
        run = keras.remat(self._run_chunk)

        def step(former, chunk):
            # The dependence on the former chunk keeps the compiler from
            # computing several chunks at once, with all their activations.
            result = run(flat, chunk + 0.0 * former[0][0, 0])
            return result, result

        nothing = (
            ops.zeros((size, self.feature_size)),
            ops.zeros((size, self.num_classes)),
        )
        count, shape = images.shape[0], images.shape[1:]
        missing = -count % size
        if missing:  # every shape would compile another program
            filling = ops.zeros((missing, *shape), images.dtype)
            images = ops.concatenate([images, filling])
        _, parts = scan(step, nothing, ops.reshape(images, (-1, size, *shape)))
        return [
            ops.reshape(part, (-1, part.shape[-1]))[:count] for part in parts
        ]

    def compile_chunks(self) -> None:
        """Compiles the computation of one chunk as a separate program.

        In a compiled step, PyTorch keeps the activations of all chunks in
        spite of `keras.remat`: over 16 GB for 100 classes of 10 images
        (factor 2, 32 x 32). With chunks compiled separately, in a step that
        is not compiled, it keeps 3.3 GB. A second call changes nothing.
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


def build_network(
    network: NetworkFn, image_shape: tuple[int, ...], num_classes: int
) -> keras.Model:
    """Builds a network for images and classes, and checks it.

    Args:
        network: function of `(input_shape, num_classes)`.
        image_shape: triple of ints, `(height, width, channels)`.
        num_classes: int.

    Raises:
        TypeError: if `network` is no function, or a network itself.
        ValueError: as `check_network`.
    """
    if not callable(network) or isinstance(network, keras.Model):
        raise TypeError(
            "`network` must be a function of (input_shape, num_classes) that "
            "builds a `keras.Model`, such as `keras_tgdd.models.ConvNet`. "
            f"Received: network of type {type(network).__name__}"
        )
    built = network(tuple(image_shape), num_classes)
    check_network(built, image_shape, num_classes)
    return built


def check_network(
    network: keras.Model,
    image_shape: tuple[int, ...] | None = None,
    num_classes: int | None = None,
) -> None:
    """Refuses networks that are no functional classifiers of images.

    Args:
        network: `keras.Model` to check.
        image_shape: optional `(height, width, channels)` of the data.
        num_classes: optional int, number of classes of the data.

    Raises:
        ValueError: if the network is not functional, does not have one input
            and one output, or does not fit the data.
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
            f"The network must map images of shape {expected[0]}, channels "
            f"last, to {expected[1]} classes. Received: a network for images "
            f"of shape {received[0]} and {received[1]} classes"
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
