"""Distils in a process that has no access to the data.

    python tests/support/distil_without_data.py EXPERTS SUMMARIES OUTPUT

Reads experts and summaries alone and starts from noise.
"""

import sys

import keras_tgdd
from keras_tgdd.distillation.summaries import Summaries


def main(directory, summaries, output):
    experts = keras_tgdd.ExpertTrajectories.load(directory)
    synthetic = keras_tgdd.layers.SyntheticImages(3, 2, experts.image_shape)
    synthetic.adapt(mode="noise", seed=0)
    trainer = keras_tgdd.DistillationTrainer(synthetic, experts, seed=1)
    history = trainer.fit(
        Summaries.load(summaries), epochs=2, steps_per_epoch=10, verbose=0
    ).history
    assert history["matching"][1] < history["matching"][0]
    trainer.distilled_dataset().save(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
