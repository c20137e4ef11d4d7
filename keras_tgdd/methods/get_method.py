"""Methods by name."""

from keras_tgdd.methods.cafe import CAFE
from keras_tgdd.methods.covariance_tgdd import CovarianceTGDD
from keras_tgdd.methods.csdm import CSDM
from keras_tgdd.methods.dance import DANCE
from keras_tgdd.methods.dm import DM
from keras_tgdd.methods.dsdm import DSDM
from keras_tgdd.methods.idm import IDM
from keras_tgdd.methods.m3d import M3D
from keras_tgdd.methods.method import Method
from keras_tgdd.methods.ncfm import NCFM
from keras_tgdd.methods.tgdd import TGDD
from keras_tgdd.methods.wmdd import WMDD

# The one list of the package's methods; names are those that results store.
_METHODS: dict[str, type[Method]] = {
    "cafe": CAFE,
    "covariance_tgdd": CovarianceTGDD,
    "csdm": CSDM,
    "dance": DANCE,
    "dm": DM,
    "dsdm": DSDM,
    "idm": IDM,
    "m3d": M3D,
    "ncfm": NCFM,
    "tgdd": TGDD,
    "wmdd": WMDD,
}


def method_names() -> list[str]:
    """Returns the names that `get_method` knows, sorted."""
    return sorted(_METHODS)


def get_method(method: str | Method) -> Method:
    """Returns a method with its paper's settings, by name.

    Args:
        method: one of `method_names()`; or a `Method`, which is returned as
            it is.

    Returns:
        `Method`.

    Raises:
        ValueError: if there is no method of that name.
        TypeError: if it is neither a string nor a `Method`.
    """
    if isinstance(method, Method):
        return method
    if not isinstance(method, str):
        is_class = isinstance(method, type)
        received = "the class" if is_class else "method of type"
        name = method.__name__ if is_class else type(method).__name__
        raise TypeError(
            "`method` must be a name or a method, such as "
            f"`keras_tgdd.methods.TGDD()`. Received: {received} {name}"
        )
    if method not in _METHODS:
        raise ValueError(
            f"`method` must be one of {method_names()}, or a value such as "
            f"`keras_tgdd.methods.TGDD()`. Received: method={method!r}"
        )
    return _METHODS[method]()
