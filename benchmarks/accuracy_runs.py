"""What `accuracy.py` measures: one value a run, with all its settings."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Expert:
    """How the experts are trained that a set is distilled along.

    Attributes:
        epochs: int.
        width: int, filters of each convolution.
        recipe: `"published"`, or `"short"` for `short_recipe`.
        snapshots_per_epoch: int.
        number: int, of experts; each step draws one of them.
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
# Where a short one is too little: trained out, and wide.
LONG = Expert(24, 128, "short")
# As the paper has it; most of a day on a CPU, with what follows.
PUBLISHED = Expert(60, number=5)


@dataclasses.dataclass(frozen=True)
class Run:
    """A small set, made and evaluated.

    Attributes:
        dataset: name for `keras_tgdd.datasets.load`.
        images_per_class: int.
        method: `"tgdd"`; `"covariance_tgdd"`, which matches covariances, too;
            `"stage_wise"`, which leaves out the constraint;
            `"random_networks"`, which leaves out the experts, too; or a
            method of `select_images`.
        factor: int, tiles on a side of an image.
        iterations: int, distillation steps.
        epochs: int, of evaluation; the protocol's are 1500.
        network: name for `keras_tgdd.evaluation.get_architecture`.
        num_runs: int, fresh networks.
        test_every: optional int, for the best-of figure.
        expert: `Expert`.
        start: the method of `select_images` that the images start from.
        samples_per_class: optional int, real images of each class in a step.
            `None` distils from summaries.
        rate: optional float, learning rate of the pixels that falls along a
            cosine to zero. `None` takes the paper's constant one.
        constraint_weight: optional float. `None` takes the paper's.
    """

    dataset: str
    images_per_class: int
    method: str = "tgdd"
    factor: int = 2
    iterations: int = 200
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
        """Name of the set; runs that share it differ in evaluation alone."""
        name = (
            f"{self.method}_{self.images_per_class}_factor_{self.factor}_"
            f"{self.iterations}_{self.start}_{self.expert.name}"
        )
        if self.constraint_weight is not None:
            name += f"_weight_{self.constraint_weight:g}"
        return name

    @property
    def name(self):
        return next(name for name, run in RUNS.items() if run == self)

    def settings(self):
        return dataclasses.asdict(self)


# The first is what sets are made with.
NETWORKS = (
    *("ConvNet", "MLP", "ResNet10", "ResNet10-BN", "VGG11"),
    *("VisionTransformer", "ResNetAP10", "AlexNet", "ResNet18", "DenseNet121"),
)
# A network of the others takes as long as three to six of these.
_LIGHT = ("ConvNet", "MLP")
_BASELINES = ("random", "herding", "k_center", "k_means")


# Chosen on a held-out tenth of the training data of Fashion-MNIST.
_FOUND = dict(
    expert=NARROW,
    start="k_means",
    iterations=200,
    samples_per_class=64,
    rate=0.2,
)
_BEST = {**_FOUND, "method": "covariance_tgdd", "iterations": 300}
# The same of CIFAR-10, at one image per class.
_BEST_ONE = dict(method="tgdd", rate=0.2, constraint_weight=10.0)


def _one(ten):
    """The same at one image per class, by the protocol's own epochs."""
    # The gradient of a pixel falls with the number of images.
    return dataclasses.replace(
        ten,
        images_per_class=1,
        iterations=1000,
        rate=ten.rate / 10,
        epochs=1500,
        test_every=100,
    )


def _fifty(ten, **changes):
    """The same at 50, in as many steps and epochs as two cores allow."""
    few = dict(iterations=100, epochs=100)
    return dataclasses.replace(
        ten,
        images_per_class=50,
        rate=ten.rate and 5 * ten.rate,
        **{**few, **changes},
    )


def _main_runs(dataset, real_alone=(), **ten_and_fifty):
    """Three sizes, each beside random real images, or these alone."""
    one = Run(dataset, 1, iterations=500, test_every=100)
    ten = Run(dataset, 10, **{"iterations": 300, **ten_and_fifty})
    ten = dataclasses.replace(ten, test_every=ten.epochs // 15)
    for run in (one, ten, _fifty(ten, test_every=10)):
        name = f"{dataset}_{run.images_per_class}"
        if run.images_per_class not in real_alone:
            yield name, run
        yield f"{name}_random", _real(run, "random")


def _real(run, method, factor=1):
    """Real images in the place of a distilled set."""
    return dataclasses.replace(
        run, method=method, factor=factor, iterations=0, test_every=None
    )


def _long_runs(dataset):
    """More of everything: what is short of the published figures, and why."""
    found = {**_BEST, "expert": LONG, "iterations": 1000}
    ten = Run(dataset, 10, epochs=300, test_every=20, **found)
    for run in (_one(ten), ten, _fifty(ten, test_every=10)):
        yield f"{dataset}_{run.images_per_class}_long", run
    one = dataclasses.replace(_one(ten), iterations=1500, **_BEST_ONE)
    yield f"{dataset}_1_long_tgdd", one
    # The protocol's own epochs take a network half an hour.
    full = dataclasses.replace(ten, epochs=1500, test_every=100)
    yield f"{dataset}_10_long_full", full


def _published_runs(dataset):
    """The paper's experts, and as many steps and epochs as a GPU allows."""
    ten = Run(
        dataset,
        10,
        test_every=100,
        **{**_BEST, "expert": PUBLISHED, "iterations": 5000},
    )
    one = dataclasses.replace(_one(ten), iterations=5000, **_BEST_ONE)
    fifty = _fifty(ten, iterations=2000, epochs=1500)
    for run in (one, ten, fifty):
        yield f"{dataset}_{run.images_per_class}_published", run
    for run in (ten, fifty):  # at 1 these are the protocol's epochs anyway
        name = f"{dataset}_{run.images_per_class}_random_full"
        yield name, _real(run, "random")


def _fashion_runs():
    """What else is asked of one data set, at a fraction of the epochs."""
    published = Run("fashion_mnist", 10, iterations=300, epochs=200)
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
        dataclasses.replace(at_50, iterations=400, epochs=300, test_every=20),
    )


RUNS = {
    **dict(_main_runs("fashion_mnist", **_BEST)),
    # Fifty are too many for a second expert beside the long one.
    **dict(_main_runs("cifar10", real_alone=(50,), epochs=300)),
    **dict(_long_runs("cifar10")),
    **dict(_published_runs("cifar10")),
    **dict(_fashion_runs()),
}
