"""Refusal of work that does not fit on the disk."""

import shutil

from keras_tgdd.arguments import PathLike
from keras_tgdd.runtime.quantities import format_bytes


def check_free_space(
    directory: PathLike, needed: int, what: str, remedy: str
) -> None:
    """Raises `OSError` if too few bytes are free on a disk.

    Args:
        directory: existing path on the disk.
        needed: int, the most bytes that will be written.
        what: string, the files and their number, for the message.
        remedy: string, a sentence for the message.

    Raises:
        OSError: if fewer than `needed` bytes are free.
    """
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise OSError(
            f"The disk of {str(directory)!r} is too small for {what}. {remedy} "
            f"Received: {format_bytes(free)} free, {format_bytes(needed)} "
            "needed"
        )
