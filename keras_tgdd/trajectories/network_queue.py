"""Networks that train while the distillation goes on."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from keras_tgdd.arguments import check_images
from keras_tgdd.arguments import check_labels
from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.arguments import check_statistics
from keras_tgdd.datasets.sources import collect
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.weight_draws import WeightDraws
from keras_tgdd.runtime.draws import Draws
from keras_tgdd.runtime.fingerprint import fingerprint
from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.recipe import TrainingRecipe
from keras_tgdd.trajectories.random_networks import describe_networks
from keras_tgdd.trajectories.trajectory import Trajectory

_WEIGHTS, _TRAINING = 0, 1
_CHOICE = 0
# Refreshes of a distillation of 600 steps, by which compiling is decided on.
_USUAL_REFRESHES = 20


class NetworkQueue(Trajectory):
    """A queue of networks of all ages, refreshed as the distillation goes.

    Every `steps_per_refresh` steps a fresh random network joins the queue,
    the oldest leaves it where it is full, and `networks_per_refresh` of its
    networks, drawn at random, train on real images for `steps_per_training`
    steps: SGD 0.01, momentum 0.9, L2 5e-4, batches of 256. A step draws any of
    them. Features and constraint are read under the same weights (pass
    `region=1` to the trainer, which then makes one pass instead of two), and
    the constraint is multiplied by the network's training accuracy *in
    percent*, averaged over all of its training and 0 before. The trainer's
    `constraint_weight` is the paper's w: 0.5, or 0.1 at 50 images per class.

    Departures from what was published: there two networks train for 10 steps
    after *each* step, 600 steps between two fresh networks where this has 200
    by default, and each step reads two networks; the queue starts with four
    networks where this starts with one; and momentum lasts from one training
    of a network to its next, where here it starts from zero.

    The queue after a refresh depends on `seed` and the number of the refresh
    alone. A distillation that goes on in a new process, from a
    `DistillationCheckpoint`, first makes all refreshes until there again,
    which takes as long as they took. Keras' `BackupAndRestore` does not work
    with a queue.

    All networks are held in memory, `capacity` times 4 bytes a weight: 130 MB
    for 100 ConvNets of three blocks, 4.5 GB for as many ResNets of 18 layers.

    Args:
        network: functional `keras.Model` from normalized images to logits or
            probabilities. Its own weights are left alone.
        mean: floats of shape `(channels,)`, in [0, 1] units; networks are fed
            `(image - mean) / std`.
        std: as `mean`.
        x: real images to train on, of shape `(n, height, width, channels)`,
            uint8 in 0–255 or float in [0, 1]; or an `ImageDataset`; or
            batches, as `train_experts` takes them.
        y: int array of shape `(n,)`; `None` where `x` brings labels.
        capacity: positive int, networks in the queue. Defaults to `100`.
        steps_per_refresh: positive int, distillation steps between two
            refreshes. Defaults to `30`.
        networks_per_refresh: positive int, networks that train at a refresh;
            all of them where there are fewer. Defaults to `2`.
        steps_per_training: positive int, SGD steps of each. Defaults to
            `100`.
        augmentation: strategies of `SiameseAugmentation`, drawn for each
            image of the training. Defaults to `()`, none.
        class_names: optional sequence of strings.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None` takes the input of the last dense layer.
        seed: int, seed of the queue. Defaults to `0`.
        jit_compile: bool or `"auto"`, as in `keras.Model.compile`, for the
            training. `None` takes what measured fastest on this backend.

    Raises:
        TypeError, ValueError: if the data are not images with labels that fit
            the network, the network is not functional or cannot be rebuilt,
            or a number is out of range.

    Example:

    ```python
    queue = keras_tgdd.trajectories.NetworkQueue(
        network, mean=0.5, std=0.25, x=x, y=y, steps_per_training=10
    )
    queue.refresh(2)  # a `fit` does so, before its steps 60 to 89
    weights, _, percent = queue.draw(np.random.default_rng(0), region=1)
    ```

    References:
        - [IDM](https://arxiv.org/abs/2307.09742)
    """

    scales_constraint = True

    def __init__(
        self,
        network: keras.Model,
        mean: ArrayLike,
        std: ArrayLike,
        x: Any,
        y: np.ndarray | None = None,
        capacity: int = 100,
        steps_per_refresh: int = 30,
        networks_per_refresh: int = 2,
        steps_per_training: int = 100,
        augmentation: tuple = (),
        class_names: Sequence[str] | None = None,
        feature_layer: str | Sequence[str] | None = None,
        seed: int = 0,
        jit_compile: bool | str | None = None,
    ) -> None:
        check_positive_int("capacity", capacity)
        check_positive_int("steps_per_refresh", steps_per_refresh)
        check_positive_int("networks_per_refresh", networks_per_refresh)
        check_positive_int("steps_per_training", steps_per_training)
        check_seed(seed)
        self.network = FrozenNetwork(network, feature_layer)
        x, y = collect(x, y)
        check_images(x, self.network.image_shape)
        check_labels(y, len(x), self.network.num_classes)
        check_statistics(mean, std, x.shape[-1])
        self.mean = np.broadcast_to(np.float32(mean), x.shape[-1:])
        self.std = np.broadcast_to(np.float32(std), x.shape[-1:])
        self.class_names = class_names
        self.capacity = capacity
        self.steps_per_refresh = steps_per_refresh
        self.networks_per_refresh = networks_per_refresh
        self.steps_per_training = steps_per_training
        self.seed = seed
        self._x, self._y = x, y
        self._draws = Draws(seed)
        self._student = FrozenNetwork(
            keras.models.clone_model(
                network, clone_function=_seeded, recursive=True
            )
        )
        # Refuses what has no config.
        self._weight_draws = WeightDraws(self._student.network)
        recipe = TrainingRecipe(
            "network queue",
            epochs=networks_per_refresh * _USUAL_REFRESHES,
            batch_size=256,
            milestones=(),
            augmentation=tuple(augmentation),
        )
        self._trainer = ClassifierTrainer(
            self._student.network, recipe, self.mean, self.std, jit_compile
        )
        # Replaced as a whole: a thread that draws sees all of a state.
        self._state = (-1, ())

    def __len__(self):
        return len(self._state[1])

    def refresh(self, number: int) -> None:
        """Brings the queue to its state after refresh `number`.

        Makes the refreshes that are missing, or all of them where the queue is
        further.

        Args:
            number: int of at least 0; refresh 0 makes the first network.

        Raises:
            ValueError: if `number` is not an integer of at least 0.
        """
        check_seed(number, "number")
        done, members = self._state
        if number < done:
            done, members = -1, ()
        for later in range(done + 1, number + 1):
            members = self._refreshed(members, later)
        self._state = (number, members)

    def _refreshed(self, members, number):
        """Returns the networks after one more refresh."""
        fresh = self._weight_draws.draw([self.seed, _WEIGHTS, number])
        members = [*members, _Member(fresh)][-self.capacity :]
        generator = self._draws.generator(_CHOICE, number)
        chosen = generator.permutation(len(members))
        for place, index in enumerate(chosen[: self.networks_per_refresh]):
            seed = [self.seed, _TRAINING, number, place]
            members[index] = self._trained(members[index], seed)
        return tuple(members)

    def _trained(self, member, seed):
        trainer, steps = self._trainer, self.steps_per_training
        trainer.reset_optimizer(steps)
        self._student.assign(member.weights)
        _seed_layers(self._student.network, seed)
        batches = trainer.batches(self._x, self._y, seed)
        batches.last_step = steps
        history = trainer.fit(
            batches, steps_per_epoch=steps, shuffle=False, verbose=0
        ).history
        return _Member(
            self._student.flat_weights(),
            member.accuracies + float(history["accuracy"][-1]),
            member.trainings + 1,
        )

    def draw(
        self, generator: np.random.Generator, region: int
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Draws a network; `region` is not used.

        A queue that was never refreshed makes refresh 0 first.

        Returns:
            Its weights, float32 of shape `(network.num_weights,)`, twice, and
            its training accuracy in percent.
        """
        member = self._draw_member(generator)[1]
        return member.weights, member.weights, 100.0 * member.accuracy

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Says which network `draw` would draw, and how far it is trained."""
        index, member = self._draw_member(generator)
        return (
            f"network {index} of {len(self)} in the queue, after "
            f"{member.trainings * self.steps_per_training} training steps"
        )

    def _draw_member(self, generator):
        if not len(self):
            self.refresh(0)
        members = self._state[1]
        index = int(generator.integers(len(members)))
        return index, members[index]

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest of all that decides over the queue."""
        parts = [
            describe_networks(self._student.network, self.mean, self.std),
            fingerprint(self._x, self._y),
            self.capacity,
            self.steps_per_refresh,
            self.networks_per_refresh,
            self.steps_per_training,
            self._trainer.recipe.to_dict(),
            self.seed,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclasses.dataclass(frozen=True)
class _Member:
    """A network of the queue: its weights, and how its trainings went."""

    weights: np.ndarray
    accuracies: float = 0.0
    trainings: int = 0

    @property
    def accuracy(self):
        """Mean accuracy over all training; 0 before."""
        return self.accuracies / max(1, self.trainings)


def _seeded(layer):
    """Copies a layer; dropout that has no seed gets one.

    Without one, PyTorch draws from its global generator.
    """
    config = layer.get_config()
    if config.get("seed", 0) is None:
        config["seed"] = 0
    return type(layer).from_config(config)


def _seed_layers(network, seed):
    """Seeds anew what draws within a network, such as dropout.

    Keras seeds it once, and lets it run on.
    """
    known = {id(weight) for weight in network.weights}
    states = [v for v in network.non_trainable_variables if id(v) not in known]
    for number, variable in enumerate(states):
        sequence = np.random.SeedSequence([*seed, number])
        value = sequence.generate_state(1) >> 1  # some backends have a sign
        variable.assign(np.append(value, 0))
