import json
import sys

import pytest

from keras_tgdd.runtime.optional import require

# No backend takes part.
pytestmark = pytest.mark.once


def test_returns_the_module_itself_not_its_package():
    assert require("json", "extra", "Testing") is json
    assert require("json.decoder", "extra", "Testing") is json.decoder


@pytest.mark.parametrize(
    "module, package",
    [
        ("PIL.Image", "Pillow"),
        ("ot.lp", "POT"),
        ("sklearn.cluster", "scikit-learn"),
        ("tensorflow_datasets", "tensorflow-datasets"),
        ("matplotlib.pyplot", "matplotlib"),
        ("torch", "torch"),
        ("jinja2", "jinja2"),
    ],
)
def test_names_package_and_extra_where_it_is_missing(
    monkeypatch, module, package
):
    root = module.split(".")[0]
    for name in [root, *(n for n in sys.modules if n.startswith(root + "."))]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError) as raised:
        require(module, "report", "Making pages")
    assert str(raised.value) == (
        f"Making pages needs {package}, which is not installed. Install it "
        "with `pip install keras-tgdd[report]`."
    )
    assert root in str(raised.value.__cause__)
