"""Writing files atomically."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

from keras_tgdd.arguments import PathLike


@contextlib.contextmanager
def atomic_write(filepath: PathLike) -> Iterator[pathlib.Path]:
    """Yields a temporary path beside a file, and renames it at the end.

    After an error the former file is unchanged and the temporary file gone.

    Args:
        filepath: path of the file. Its directory must exist.

    Example:

    ```python
    with atomic_write("results.json") as temporary:
        temporary.write_text("{}")
    ```
    """
    filepath = pathlib.Path(filepath)
    temporary = filepath.with_name(f".{filepath.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(temporary, filepath)
    finally:
        temporary.unlink(missing_ok=True)
