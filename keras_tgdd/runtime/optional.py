"""Packages that only some jobs need, imported when those jobs start."""

import importlib
from typing import Any


def require(module: str, extra: str, purpose: str) -> Any:
    """Imports a module of an optional package.

    Args:
        module: string, the module's dotted name, such as `"sklearn.cluster"`.
        extra: string, the extra of this package that installs it.
        purpose: string, the start of the error's sentence, such as
            `"Reading image files"`.

    Returns:
        The module.

    Raises:
        ImportError: if the module or one that it imports is not installed;
            names the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        root = module.split(".")[0]
        package = _DISTRIBUTIONS.get(root, root)
        raise ImportError(
            f"{purpose} needs {package}, which is not installed. Install it "
            f"with `pip install keras-tgdd[{extra}]`."
        ) from error


# Names of packages on PyPI, where they differ from the imported name.
_DISTRIBUTIONS = {
    "PIL": "Pillow",
    "ot": "POT",
    "sklearn": "scikit-learn",
    "tensorflow_datasets": "tensorflow-datasets",
}
