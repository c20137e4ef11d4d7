"""How many classes fit in memory, and how much memory a process held."""

import sys

# The largest size of a step's activations, in bytes. Larger steps compute
# their classes in chunks.
MOST_BYTES = 5 * 2**30


def fitting_classes(
    num_classes: int, bytes_per_class: int, networks: int = 1
) -> int:
    """Returns how many classes a step computes at a time.

    All of them if their activations fit in 5 GiB together. Otherwise chunks
    use at most a quarter of this limit, because activations are recomputed in
    the backward pass. Chunks are of near-equal size.

    Args:
        num_classes: int.
        bytes_per_class: int, size of the activations of the images of one
            class in one network.
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

    The operating system measures it, so it includes compiled programs, the
    backend's buffers and the data. `None` where the system does not tell
    (Windows).
    """
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
