"""How much of a step is in memory at a time, and how much was."""

import sys

# What the activations of a step may take, before it is cut over classes.
MOST_BYTES = 5 * 2**30


def fitting_classes(
    num_classes: int, bytes_per_class: int, networks: int = 1
) -> int:
    """Returns how many classes to take at a time.

    All of them where their activations fit together; otherwise as many as
    take a quarter of that, since a chunk is computed anew beside what is kept
    of the others, in chunks as even as can be.

    Args:
        num_classes: int.
        bytes_per_class: int, activations of the images of a class in one
            network.
        networks: int, networks whose activations are kept until the backward
            pass. Defaults to `1`.

    Returns:
        An int from 1 to `num_classes`.
    """
    if num_classes * bytes_per_class * networks <= MOST_BYTES:
        return num_classes
    fitting = max(1, MOST_BYTES // (4 * bytes_per_class))
    chunks = -(-num_classes // fitting)
    return -(-num_classes // chunks)


def peak_bytes() -> int | None:
    """Returns the most memory that this process has held so far, in bytes.

    Measured by the system, so that compiled programs, the backend's own
    buffers and the data count; activations alone are a part of it. `None`
    where the system does not tell (Windows).
    """
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
