"""The runs of `accuracy.py`: one value per run, with all of its settings."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Expert:
    """How the experts of a distilled set are trained.

    Attributes:
        epochs: int.
        width: int, filters of each convolution.
        recipe: `"published"`, or `"short"` for `short_recipe`.
        snapshots_per_epoch: int.
        number: int, number of experts; each step draws one of them.
    """

    epochs: int = 16
    width: int = 128
    recipe: str = "published"
    snapshots_per_epoch: int = 1
    number: int = 1

    @property
    def name(self):
        name = f"{self.recipe}_{self.epochs}_width_{self.width}"
        return name if self.number == 1 else f"{name}_{self.number}_experts"


_DISTILLING = ("tgdd", "covariance_tgdd", "stage_wise", "random_networks")
# Half as wide: a fifth of the time, and no accuracy lost (README.md).
NARROW = Expert(12, 64, "short", 2)
# Longer and wider, for data on which the narrow one is too weak.
LONG = Expert(24, 128, "short")
# The paper's. With the distillation they take most of a day on a CPU.
PUBLISHED = Expert(60, number=5)


@dataclasses.dataclass(frozen=True)
class Run:
    """A small set and its evaluation.

    Attributes:
        dataset: name for `keras_tgdd.datasets.load`.
        images_per_class: int.
        method: `"tgdd"`; `"covariance_tgdd"`, which also matches covariances;
            `"stage_wise"`, TGDD without the constraint;
            `"random_networks"`, which also replaces the experts by random
            networks; or a method of `select_images`.
        factor: int, tiles along each side of an image.
        steps: int, distillation steps.
        epochs: int, epochs of the evaluation; the protocol has 1500.
        network: name for `keras_tgdd.evaluation.get_architecture`.
        num_runs: int, number of fresh networks.
        test_every: optional int, epochs between tests, for the best accuracy
            on the way.
        expert: `Expert`.
        start: method of `select_images` that chooses the real images of the
            starting mosaics.
        samples_per_class: optional int, real images per class in a step.
            `None` distils from summaries.
        rate: optional float, initial learning rate, which falls along a
            cosine to zero. `None` takes the paper's constant rate.
        constraint_weight: optional float. `None` takes the paper's.
    """

    dataset: str
    images_per_class: int
    method: str = "tgdd"
    factor: int = 2
    steps: int = 200
    epochs: int = 1500
    network: str = "ConvNet"
    num_runs: int = 3
    test_every: int | None = None
    expert: Expert = Expert()
    start: str = "random"
    samples_per_class: int | None = None
    rate: float | None = None
    constraint_weight: float | None = None

    @property
    def distils(self):
        return self.method in _DISTILLING

    @property
    def set_name(self):
        """Name of the set. Runs that share it differ in evaluation only."""
        name = (
            f"{self.method}_{self.images_per_class}_factor_{self.factor}_"
            f"{self.steps}_{self.start}_{self.expert.name}"
        )
        if self.constraint_weight is not None:
            name += f"_weight_{self.constraint_weight:g}"
        return name

    @property
    def name(self):
        return next(name for name, run in RUNS.items() if run == self)

    def settings(self):
        """The settings as they are stored."""
        # Stored results call the steps iterations.
        return {
            "iterations" if name == "steps" else name: value
            for name, value in dataclasses.asdict(self).items()
        }


# Sets are distilled with the first.
NETWORKS = (
    *("ConvNet", "MLP", "ResNet10", "ResNet10-BN", "VGG11"),
    *("VisionTransformer", "ResNetAP10", "AlexNet", "ResNet18", "DenseNet121"),
)
# The others take three to six times as long.
_LIGHT = ("ConvNet", "MLP")
_BASELINES = ("random", "herding", "k_center", "k_means")


# Chosen on a held-out tenth of the training data of Fashion-MNIST.
_FOUND = dict(
    expert=NARROW,
    start="k_means",
    steps=200,
    samples_per_class=64,
    rate=0.2,
)
_BEST = {**_FOUND, "method": "covariance_tgdd", "steps": 300}
# The same of CIFAR-10, at one image per class.
_BEST_ONE = dict(method="tgdd", rate=0.2, constraint_weight=10.0)


def _one(ten):
    """The same at one image per class, with the protocol's epochs."""
    # The gradient of a pixel is divided by the number of images per class.
    return dataclasses.replace(
        ten,
        images_per_class=1,
        steps=1000,
        rate=ten.rate / 10,
        epochs=1500,
        test_every=100,
    )


def _fifty(ten, **changes):
    """The same at 50, with as many steps and epochs as two cores allow."""
    few = dict(steps=100, epochs=100)
    return dataclasses.replace(
        ten,
        images_per_class=50,
        rate=ten.rate and 5 * ten.rate,
        **{**few, **changes},
    )


def _main_runs(dataset, real_alone=(), **ten_and_fifty):
    """Three sizes, each with random real images for comparison.

    Args:
        dataset: string.
        real_alone: numbers of images per class without a distilled set.
        **ten_and_fifty: settings at 10 and at 50 images per class.
    """
    one = Run(dataset, 1, steps=500, test_every=100)
    ten = Run(dataset, 10, **{"steps": 300, **ten_and_fifty})
    ten = dataclasses.replace(ten, test_every=ten.epochs // 15)
    for run in (one, ten, _fifty(ten, test_every=10)):
        name = f"{dataset}_{run.images_per_class}"
        if run.images_per_class not in real_alone:
            yield name, run
        yield f"{name}_random", _real(run, "random")


def _real(run, method, factor=1):
    """Real images in place of a distilled set."""
    return dataclasses.replace(
        run, method=method, factor=factor, steps=0, test_every=None
    )


def _long_runs(dataset):
    """Longer in every respect, to find what separates us from the papers."""
    found = {**_BEST, "expert": LONG, "steps": 1000}
    ten = Run(dataset, 10, epochs=300, test_every=20, **found)
    for run in (_one(ten), ten, _fifty(ten, test_every=10)):
        yield f"{dataset}_{run.images_per_class}_long", run
    one = dataclasses.replace(_one(ten), steps=1500, **_BEST_ONE)
    yield f"{dataset}_1_long_tgdd", one
    # The protocol's epochs take half an hour per network.
    full = dataclasses.replace(ten, epochs=1500, test_every=100)
    yield f"{dataset}_10_long_full", full


def _published_runs(dataset):
    """The paper's experts, and as many steps and epochs as a GPU allows."""
    ten = Run(
        dataset,
        10,
        test_every=100,
        **{**_BEST, "expert": PUBLISHED, "steps": 5000},
    )
    one = dataclasses.replace(_one(ten), steps=5000, **_BEST_ONE)
    fifty = _fifty(ten, steps=2000, epochs=1500)
    for run in (one, ten, fifty):
        yield f"{dataset}_{run.images_per_class}_published", run
    for run in (ten, fifty):  # at 1, all runs have the protocol's epochs
        name = f"{dataset}_{run.images_per_class}_random_full"
        yield name, _real(run, "random")


def _fashion_runs():
    """Ablation, baselines and networks on one data set, with fewer epochs."""
    published = Run("fashion_mnist", 10, steps=300, epochs=200)
    yield "fashion_mnist_10_short", published
    short = Run("fashion_mnist", 10, epochs=200, **_FOUND)
    for method in ("tgdd", "stage_wise", "random_networks"):
        yield (
            f"fashion_mnist_10_{method}",
            dataclasses.replace(short, method=method),
        )
    best = Run("fashion_mnist", 10, epochs=200, **_BEST)
    yield "fashion_mnist_10_covariance_tgdd", best
    yield "fashion_mnist_1_covariance_tgdd", _one(best)
    for method in _BASELINES:
        name = f"fashion_mnist_10_{method}"
        yield f"{name}_short", _real(short, method)
        yield f"{name}_mosaics_short", _real(short, method, factor=2)
    for network in NETWORKS:
        yield (
            f"fashion_mnist_10_{network}",
            dataclasses.replace(
                best,
                epochs=100,
                network=network,
                num_runs=3 if network in _LIGHT else 1,
            ),
        )
    at_50 = _fifty(best, factor=1)
    yield "fashion_mnist_50_factor_1", at_50
    yield (
        "fashion_mnist_50_long",
        dataclasses.replace(at_50, steps=400, epochs=300, test_every=20),
    )


RUNS = {
    **dict(_main_runs("fashion_mnist", **_BEST)),
    # At 50 the set is distilled along the long expert only.
    **dict(_main_runs("cifar10", real_alone=(50,), epochs=300)),
    **dict(_long_runs("cifar10")),
    **dict(_published_runs("cifar10")),
    **dict(_fashion_runs()),
}
