import pytest

from keras_tgdd import models
from keras_tgdd.evaluation import Architecture
from keras_tgdd.evaluation import architectures
from keras_tgdd.evaluation import evaluate
from keras_tgdd.evaluation import get_architecture
from keras_tgdd.evaluation import get_protocol
from keras_tgdd.evaluation import select_images

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


def test_a_name_brings_network_and_recipe(small_data, monkeypatch):
    architecture = Architecture(models.MLP, {"learning_rate": 0.5})
    monkeypatch.setitem(architectures._ARCHITECTURES, "MLP", architecture)
    distilled = select_images(small_data, 1)
    protocol = get_protocol("tgdd", epochs=2, flip=False)
    arguments = dict(num_runs=1, verbose=0)
    named = evaluate(
        distilled, small_data, network="MLP", protocol=protocol, **arguments
    )
    assert named.protocol == protocol.replace(learning_rate=0.5).to_dict()
    built = evaluate(
        distilled,
        small_data,
        network=models.MLP,
        protocol=architecture.adapt(protocol),
        **arguments,
    )
    assert named.runs == built.runs and named.confusion == built.confusion
    assert named.network == built.network == "MLP"


def test_an_unknown_name_is_refused(small_data):
    with pytest.raises(ValueError, match="'ConvNet'.*Received: 'LeNet'"):
        evaluate(small_data, small_data, network="LeNet")
