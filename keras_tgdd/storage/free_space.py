"""Disks that are full before the work is done."""

import shutil

from keras_tgdd.arguments import PathLike
from keras_tgdd.runtime.quantities import format_bytes


def check_free_space(
    directory: PathLike, needed: int, what: str, remedy: str
) -> None:
    """Refuses what will not fit on a disk.

    Args:
        directory: path that exists.
        needed: int, bytes that will be added at the most.
        what: string, what is written and how much of it, for the message.
        remedy: string, a sentence.

    Raises:
        OSError: if fewer bytes are free.
    """
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise OSError(
            f"The disk of {str(directory)!r} is too small for {what}. {remedy} "
            f"Received: {format_bytes(free)} free, {format_bytes(needed)} "
            "needed"
        )
