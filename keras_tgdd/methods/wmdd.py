"""WMDD: the barycentre of each class in the features of the last networks."""

import dataclasses

import keras

from keras_tgdd.distillation.summaries.summary_plan import SummaryPlan
from keras_tgdd.methods.matching_method import MatchingMethod
from keras_tgdd.methods.matching_method import cosine
from keras_tgdd.methods.task import Task
from keras_tgdd.objectives.barycenter_matching import BarycenterMatching
from keras_tgdd.objectives.objective import Objective


@keras.saving.register_keras_serializable(package="keras_tgdd")
@dataclasses.dataclass(frozen=True, kw_only=True)
class WMDD(MatchingMethod):
    """Dataset distillation via the Wasserstein metric.

    `Σ_j ||f(x_j) - b_j||²` against the atoms b_j of the Wasserstein
    barycentre of each class, plus 10 times the distance of mean and variance,
    plus the cross-entropy, all under the last weights of an expert (the plan of
    summaries picks them). No
    augmentation; Adam 0.25 with betas 0.5 and 0.9, falling along a cosine to
    zero over the steps; published for 2000. `fit` finds the barycentres first,
    which needs POT (`pip install keras-tgdd[transport]`). All classes have the
    same number of images.

    Departs: means and variances are those of the features of a class, where
    the paper compares statistics of batch normalization, which ConvNets with
    instance normalization do not have; images start from real ones; labels
    stay hard (`keras_tgdd.evaluation.relabel` gives soft ones).

    Attributes: see `MatchingMethod`.

    References:
        - [WMDD](https://arxiv.org/abs/2311.18531)
    """

    factor: int = 1
    region: int = 1  # the constraint reads the same weights
    constraint_weight: float | None = 1.0
    augmentation: tuple = ()

    def objective(self, task: Task) -> Objective:
        counts = set(task.counts)
        if len(counts) > 1:
            raise ValueError(
                "WMDD takes the same number of images for each class. "
                f"Received: images_per_class={task.counts}"
            )
        atoms = counts.pop() * self.factor**2
        return BarycenterMatching(atoms, seed=task.seed)

    def summary_plan(self, task: Task) -> SummaryPlan | None:
        # Nothing is drawn: without augmentation one summary per expert is all.
        experts = task.expert_trajectories
        return SummaryPlan(experts.num_experts, snapshots=(-1,))

    def default_rate(self, task: Task) -> float:
        return 0.25

    def optimizer(self, task: Task) -> keras.optimizers.Optimizer:
        schedule = cosine(self.rate(task), task.steps)
        return keras.optimizers.Adam(schedule, 0.5, 0.9)
