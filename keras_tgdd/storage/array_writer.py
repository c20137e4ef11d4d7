"""NumPy files of arrays that are longer than memory."""

import contextlib
import pathlib

import numpy as np

from keras_tgdd.storage.atomic_write import atomic_write


class ArrayWriter:
    """Writes a `.npy` file part by part, whole or not at all.

    Use it as a context manager; the file is there when it is left without an
    error. NumPy leaves room in the header for a first axis of any length, so
    that the length is filled in at the end.

    Args:
        filepath: path of the file; its directory must exist.

    Example:

    ```python
    with ArrayWriter("images.npy") as writer:
        for images in batches:
            writer.append(images)
    ```
    """

    def __init__(self, filepath: pathlib.Path) -> None:
        self._filepath = filepath
        self._stack = contextlib.ExitStack()
        self._file = None
        self._first = None
        self._length = 0

    def __enter__(self):
        temporary = self._stack.enter_context(atomic_write(self._filepath))
        self._file = self._stack.enter_context(open(temporary, "wb"))
        return self

    def append(self, array: np.ndarray) -> None:
        """Adds rows, of the dtype and shape of the first ones.

        Args:
            array: array of one axis or more.

        Raises:
            ValueError: if they are of another dtype or shape.
        """
        kind = (array.dtype, array.shape[1:])
        if self._first is None:
            self._first = kind
            self._write_header()
        if kind != self._first:
            raise ValueError(
                f"Rows must be of dtype and shape {self._first}. Received: "
                f"{kind}"
            )
        self._file.write(np.ascontiguousarray(array).data)
        self._length += len(array)

    def __exit__(self, *error):
        if error[0] is None:
            end = self._file.tell()
            self._file.seek(0)
            self._write_header()
            self._file.seek(end)
        return self._stack.__exit__(*error)

    def _write_header(self):
        dtype, shape = self._first
        np.lib.format.write_array_header_1_0(
            self._file,
            {
                "descr": np.lib.format.dtype_to_descr(dtype),
                "fortran_order": False,
                "shape": (self._length, *shape),
            },
        )
