"""Files that are whole or not there."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

from keras_tgdd.arguments import PathLike


@contextlib.contextmanager
def atomic_write(filepath: PathLike) -> Iterator[pathlib.Path]:
    """Gives a temporary path beside a file, and renames it at the end.

    An error leaves the file as it was, and nothing else.

    Args:
        filepath: path of the file; its directory must exist.
    """
    filepath = pathlib.Path(filepath)
    temporary = filepath.with_name(f".{filepath.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(temporary, filepath)
    finally:
        temporary.unlink(missing_ok=True)
