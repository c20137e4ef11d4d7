"""NumPy files of arrays that do not fit in memory."""

import contextlib
from typing import Any
from typing import BinaryIO

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.storage.atomic_write import atomic_write


class ArrayWriter:
    """Writes a `.npy` file in parts, atomically.

    A context manager. The file appears when the block ends without an error.
    The length of the first axis is written at the end: NumPy's header has room
    for any length.

    Args:
        filepath: path of the file. Its directory must exist.

    Raises:
        ValueError: on leaving the block, if no array was appended.

    Example:

    ```python
    with ArrayWriter("images.npy") as writer:
        for images in batches:
            writer.append(images)
    ```
    """

    def __init__(self, filepath: PathLike) -> None:
        self._filepath = filepath
        self._stack = contextlib.ExitStack()
        self._file: BinaryIO
        self._row: tuple[np.dtype, tuple[int, ...]] | None = None
        self._length = 0

    def __enter__(self) -> "ArrayWriter":
        temporary = self._stack.enter_context(atomic_write(self._filepath))
        self._file = self._stack.enter_context(open(temporary, "wb"))
        self._stack.push(self._finish)
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._stack.__exit__(*error)

    def append(self, array: np.ndarray) -> None:
        """Writes rows after those of earlier calls.

        Args:
            array: array of shape `(n, ...)`. Its dtype and the shape of its
                rows are those of the first call.

        Raises:
            ValueError: if dtype or shape differ.
        """
        row = (array.dtype, array.shape[1:])
        if self._row is None:
            self._row = row
            self._write_header(*row)
        if row != self._row:
            raise ValueError(
                f"Rows must be of dtype and shape {self._row}. Received: {row}"
            )
        self._file.write(np.ascontiguousarray(array).data)
        self._length += len(array)

    def _finish(self, error_type, *error):
        """Writes the length, unless the block ended with an error."""
        if error_type is not None:
            return
        if self._row is None:
            raise ValueError(
                f"{str(self._filepath)!r} needs at least one array. Received: "
                "no call of `append`"
            )
        end = self._file.tell()
        self._file.seek(0)
        self._write_header(*self._row)
        self._file.seek(end)

    def _write_header(self, dtype, shape):
        np.lib.format.write_array_header_1_0(
            self._file,
            {
                "descr": np.lib.format.dtype_to_descr(dtype),
                "fortran_order": False,
                "shape": (self._length, *shape),
            },
        )
