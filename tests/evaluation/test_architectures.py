import pytest

from keras_tgdd.evaluation import evaluate
from keras_tgdd.evaluation import get_architecture
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import random_images

NAMES = (
    *("MLP", "ConvNet", "AlexNet", "VGG11", "ResNet10", "ResNet10-BN"),
    *("ResNet18", "ResNet18-BN", "ResNetAP10", "DenseNet121"),
    "VisionTransformer",
)


@pytest.mark.parametrize("name", NAMES)
def test_every_network_has_a_valid_recipe(name):
    protocol = get_protocol("tgdd", epochs=7)
    adapted = get_architecture(name).adapt(protocol)
    assert adapted.epochs == 7 and adapted.name == "tgdd"
    unchanged = adapted.fingerprint == protocol.fingerprint
    assert unchanged == (not get_architecture(name).changes)


def test_a_name_brings_network_and_recipe(small_data):
    distilled = random_images(*small_data, images_per_class=1)
    protocol = get_protocol("tgdd", epochs=2, flip=False)
    architecture = get_architecture("MLP")
    arguments = dict(num_runs=1, verbose=0)
    named = evaluate(distilled, *small_data, "MLP", protocol, **arguments)
    built = evaluate(
        distilled,
        *small_data,
        architecture.network_fn,
        architecture.adapt(protocol),
        **arguments,
    )
    assert named.runs == built.runs
    assert named.protocol == architecture.adapt(protocol).to_dict()
    assert named.network == built.network == "MLP"


def test_an_unknown_name_is_refused(small_data):
    with pytest.raises(ValueError, match="'ConvNet'.*Received: 'LeNet'"):
        evaluate(small_data, *small_data, "LeNet")
