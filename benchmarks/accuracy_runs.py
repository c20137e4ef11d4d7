"""What `accuracy.py` measures: one value a run, with all its settings."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Run:
    """A small set, made and evaluated.

    Attributes:
        dataset: name for `keras_tgdd.datasets.load`.
        images_per_class: int.
        method: `"tgdd"`; `"stage_wise"`, which leaves out the constraint;
            `"random_networks"`, which leaves out the experts, too; or a
            method of `select_images`.
        factor: int, tiles on a side of an image.
        iterations: int, distillation steps.
        epochs: int, of evaluation; the protocol's are 1500.
        network: name for `keras_tgdd.evaluation.get_architecture`.
        num_runs: int, fresh networks.
        test_every: optional int, for the best-of figure.
        expert_epochs: int, epochs of the one expert.
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
    expert_epochs: int = 16

    @property
    def distils(self):
        return self.method in ("tgdd", "stage_wise", "random_networks")

    @property
    def from_summaries(self):
        return self.method != "random_networks"

    @property
    def set_name(self):
        """Name of the set; runs that share it differ in evaluation alone."""
        return (
            f"{self.method}_{self.images_per_class}_factor_{self.factor}_"
            f"{self.iterations}"
        )

    @property
    def name(self):
        return next(name for name, run in RUNS.items() if run == self)

    def settings(self):
        return dataclasses.asdict(self)


# Beside the ConvNet that sets are made with.
NETWORKS = (
    *("MLP", "AlexNet", "VGG11", "ResNet10", "ResNet10-BN", "ResNet18"),
    *("ResNetAP10", "DenseNet121", "VisionTransformer"),
)
# On two cores a network of these takes as long as several ConvNets.
_HEAVY = ("ResNet18", "DenseNet121")
_BASELINES = ("random", "herding", "k_center", "k_means")


def _main_runs(dataset, epochs_10):
    """Three sizes, each beside random real images."""
    one = Run(dataset, 1, iterations=500, test_every=100)
    ten = Run(
        dataset,
        10,
        iterations=300,
        epochs=epochs_10,
        test_every=epochs_10 // 15,
    )
    fifty = Run(dataset, 50, iterations=100, epochs=100, test_every=10)
    for run in (one, ten, fifty):
        name = f"{dataset}_{run.images_per_class}"
        yield name, run
        yield (
            f"{name}_random",
            dataclasses.replace(
                run, method="random", factor=1, iterations=0, test_every=None
            ),
        )


def _fashion_runs():
    """What else is asked of one data set, at a fraction of the epochs."""
    short = Run("fashion_mnist", 10, iterations=300, epochs=200)
    yield "fashion_mnist_10_short", short
    for method in ("stage_wise", "random_networks"):
        yield (
            f"fashion_mnist_10_{method}",
            dataclasses.replace(short, method=method),
        )
    for method in _BASELINES:
        selected = dataclasses.replace(
            short, method=method, factor=1, iterations=0
        )
        yield f"fashion_mnist_10_{method}_short", selected
        yield (
            f"fashion_mnist_10_{method}_mosaics_short",
            dataclasses.replace(selected, factor=2),
        )
    for network in NETWORKS:
        yield (
            f"fashion_mnist_10_{network}",
            dataclasses.replace(
                short,
                network=network,
                num_runs=1 if network in _HEAVY else 3,
            ),
        )
    yield (
        "fashion_mnist_50_factor_1",
        Run("fashion_mnist", 50, factor=1, iterations=100, epochs=100),
    )


RUNS = {
    **dict(_main_runs("fashion_mnist", 1500)),
    **dict(_main_runs("cifar10", 300)),
    **dict(_fashion_runs()),
}
