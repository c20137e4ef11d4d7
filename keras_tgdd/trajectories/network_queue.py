"""Networks that train during the distillation."""

import json
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_tgdd.arguments import check_positive_int
from keras_tgdd.arguments import check_seed
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.datasets.training_data import as_training_data
from keras_tgdd.models.frozen_network import FrozenNetwork
from keras_tgdd.models.frozen_network import check_network
from keras_tgdd.models.weight_draws import WeightDraws
from keras_tgdd.runtime.draws import Draws
from keras_tgdd.runtime.fingerprint import digest
from keras_tgdd.training.classifier_trainer import ClassifierTrainer
from keras_tgdd.training.recipe import TrainingRecipe
from keras_tgdd.trajectories.queued_network import QueuedNetwork
from keras_tgdd.trajectories.random_networks import describe_networks
from keras_tgdd.trajectories.trajectory import NetworkDraw
from keras_tgdd.trajectories.trajectory import Trajectory

_WEIGHTS, _TRAINING = 0, 1
_CHOICE = 0
# Refreshes of a distillation of 600 steps; their pixels decide on compiling.
_USUAL_REFRESHES = 20


class NetworkQueue(Trajectory):
    """A queue of networks at different stages of training.

    Every `steps_per_refresh` steps, a new random network joins the queue, the
    oldest network leaves a full queue, and `networks_per_refresh` randomly
    chosen networks train on real images for `steps_per_training` steps each:
    SGD with learning rate 0.01, momentum 0.9 and L2 5e-4, in batches of 256.
    A step draws one network uniformly. Features and constraint use the same
    weights: pass `region=1` to the trainer, which then computes the network
    once per step instead of twice. The constraint is multiplied by the
    network's training accuracy *in percent*, averaged over all its training
    and 0 before the first. The trainer's `constraint_weight` is the paper's w:
    0.5, or 0.1 at 50 images per class.

    Departures from the published code:

    - There, two networks train for 10 steps after each step, with 600 steps
      between two new networks; here there are 200 by default.
    - There, each step uses two networks; here it uses one.
    - There, the queue starts with four networks; here it starts with one.
    - There, a network keeps its momentum from one training to the next; here
      each training starts without momentum.

    The queue after a refresh depends on `seed` and the number of the refresh
    only. A distillation that resumes in a new process, from a
    `DistillationCheckpoint`, first repeats all former refreshes, which takes
    as long as before. Keras' `BackupAndRestore` does not support a queue.

    All networks are held in memory, `capacity` times 4 bytes per weight:
    130 MB for 100 ConvNets of three blocks, 4.5 GB for 100 ResNets of 18
    layers.

    Args:
        network: functional `keras.Model` from normalized images to logits or
            probabilities. Its own weights do not change.
        data: real images with labels to train on: `TrainingData`, an
            `ImageDataset`, a pair `(x, y)` of arrays, or batches that fit in
            memory, as in `train_experts`.
        normalization: `Normalization` of the networks' inputs. `None`, the
            default, takes the data's.
        capacity: positive int, networks in the queue. Defaults to `100`.
        steps_per_refresh: positive int, distillation steps between two
            refreshes. Defaults to `30`.
        networks_per_refresh: positive int, networks that train at a refresh;
            all of them if the queue has fewer. Defaults to `2`.
        steps_per_training: positive int, SGD steps per training. Defaults to
            `100`.
        augmentation: strategies of `SiameseAugmentation`, drawn per training
            image. Defaults to `()`, none.
        class_names: optional sequence of strings. `None`, the default, takes
            the data's.
        feature_layer: name of the layer where features are read, or a
            sequence of names. `None`, the default, takes the input of the
            last dense layer.
        seed: int, seed of the queue. Defaults to `0`.
        jit_compile: bool or `"auto"`, as in `keras.Model.compile`, for the
            training. `None`, the default, takes what measured fastest on this
            backend.

    Attributes:
        members: tuple of `QueuedNetwork`, the oldest first.
        last_refresh: int, number of the last refresh; -1 before the first.

    Raises:
        TypeError, ValueError: if the data are not images with labels that fit
            the network, the network is not functional or cannot be rebuilt,
            or a number is out of range.

    Example:

    ```python
    queue = keras_tgdd.trajectories.NetworkQueue(
        network, (x, y), steps_per_training=10
    )
    queue.refresh(2)  # `fit` does so before its steps 60 to 89
    draw = queue.draw(np.random.default_rng(0), region=1)
    percent = draw.constraint_scale
    ```

    References:
        - [IDM](https://arxiv.org/abs/2307.09742)
    """

    scales_constraint = True

    def __init__(
        self,
        network: keras.Model,
        data: Any,
        *,
        normalization: Normalization | None = None,
        capacity: int = 100,
        steps_per_refresh: int = 30,
        networks_per_refresh: int = 2,
        steps_per_training: int = 100,
        augmentation: Sequence[str | Sequence[str]] = (),
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
        data = as_training_data(
            data, class_names=class_names, normalization=normalization
        )
        check_network(network, data.image_shape, data.num_classes)
        self.normalization = data.normalization
        self.class_names = data.class_names
        self.capacity = capacity
        self.steps_per_refresh = steps_per_refresh
        self.networks_per_refresh = networks_per_refresh
        self.steps_per_training = steps_per_training
        self.seed = seed
        self._data = data
        self._draws = Draws(seed)
        self._student = FrozenNetwork(
            keras.models.clone_model(
                network, clone_function=_seeded, recursive=True
            )
        )
        self._weight_draws = WeightDraws(self._student.network)
        recipe = TrainingRecipe(
            "network queue",
            epochs=networks_per_refresh * _USUAL_REFRESHES,
            batch_size=256,
            milestones=(),
            augmentation=tuple(augmentation),
        )
        self._trainer = ClassifierTrainer(
            self._student.network,
            recipe,
            self.normalization,
            jit_compile=jit_compile,
        )
        # One tuple, replaced as a whole: other threads draw from it.
        self._state: tuple[int, tuple[QueuedNetwork, ...]] = (-1, ())

    def __len__(self):
        return len(self.members)

    @property
    def members(self) -> tuple[QueuedNetwork, ...]:
        return self._state[1]

    @property
    def last_refresh(self) -> int:
        return self._state[0]

    def refresh(self, number: int) -> None:
        """Puts the queue into its state after refresh `number`.

        Makes the refreshes that are missing. If the queue is further than
        `number`, it makes all of them again from the start.

        Args:
            number: int of at least 0. Refresh 0 adds the first network.

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
        """Returns the members after one more refresh."""
        fresh = self._weight_draws.draw([self.seed, _WEIGHTS, number])
        members = [*members, QueuedNetwork(fresh)][-self.capacity :]
        generator = self._draws.generator(_CHOICE, number)
        chosen = generator.permutation(len(members))
        for place, index in enumerate(chosen[: self.networks_per_refresh]):
            seed = [self.seed, _TRAINING, number, place]
            members[index] = self._trained(members[index], seed)
        return tuple(members)

    def _trained(self, member, seed):
        """Returns a member after one more training."""
        trainer, steps = self._trainer, self.steps_per_training
        trainer.reset_optimizer(steps)
        self._student.assign(member.weights)
        _seed_layers(self._student.network, seed)
        batches = trainer.batches(self._data.x, self._data.y, seed)
        batches.last_step = steps
        history = trainer.fit(
            batches, steps_per_epoch=steps, shuffle=False, verbose=0
        ).history
        return QueuedNetwork(
            self._student.flat_weights(),
            member.accuracies + float(history["accuracy"][-1]),
            member.trainings + 1,
        )

    def draw(self, generator: np.random.Generator, region: int) -> NetworkDraw:
        """Draws a network; `region` is not used.

        A queue that was never refreshed makes refresh 0 first.

        Returns:
            `NetworkDraw` with the same weights twice and the network's
            training accuracy in percent for `constraint_scale`.
        """
        member = self._draw_member(generator)[1]
        percent = 100.0 * member.accuracy
        return NetworkDraw(member.weights, member.weights, percent)

    def describe_draw(self, generator: np.random.Generator, region: int) -> str:
        """Names the network that `draw` would draw and its training steps."""
        index, member = self._draw_member(generator)
        return (
            f"network {index} of {len(self)} in the queue, after "
            f"{member.trainings * self.steps_per_training} training steps"
        )

    def _draw_member(self, generator):
        if not len(self):
            self.refresh(0)
        members = self.members
        index = int(generator.integers(len(members)))
        return index, members[index]

    def fingerprint(self) -> str:
        """Returns a SHA-256 hex digest of all settings and the data."""
        parts = [
            describe_networks(self._student.network, self.normalization),
            self._data.fingerprint(),
            self.capacity,
            self.steps_per_refresh,
            self.networks_per_refresh,
            self.steps_per_training,
            self._trainer.recipe.to_dict(),
            self.seed,
        ]
        return digest(json.dumps(parts))


def _seeded(layer):
    """Copies a layer, with a seed if it is a dropout layer without one.

    PyTorch would draw from its global generator instead.
    """
    config = layer.get_config()
    if config.get("seed", 0) is None:
        config["seed"] = 0
    return type(layer).from_config(config)


def _seed_layers(network, seed):
    """Seeds the random generators within a network, such as dropout's.

    Keras seeds them once, when the layers are created.
    """
    known = {id(weight) for weight in network.weights}
    states = [v for v in network.non_trainable_variables if id(v) not in known]
    for number, variable in enumerate(states):
        sequence = np.random.SeedSequence([*seed, number])
        value = sequence.generate_state(1) >> 1  # fits in int32 also
        variable.assign(np.append(value, 0))
