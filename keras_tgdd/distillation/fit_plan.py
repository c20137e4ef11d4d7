"""How one `fit` of a distillation is cut into calls of Keras' `fit`."""

from collections.abc import Iterable
from collections.abc import Iterator

# `(initial_epoch, epochs, steps_per_epoch)` of a call.
Piece = tuple[int, int, int]


def remaining_pieces(
    done: int, epochs: int, steps_per_epoch: int
) -> list[Piece]:
    """Cuts what is left of a training into calls of Keras' `fit`.

    Args:
        done: int, steps made.
        epochs: int.
        steps_per_epoch: int.

    Returns:
        List of `(initial_epoch, epochs, steps_per_epoch)`: the rest of a
        partly done epoch, and the epochs after it.
    """
    epoch, within = divmod(done, steps_per_epoch)
    pieces = []
    if within and epoch < epochs:
        pieces.append((epoch, epoch + 1, steps_per_epoch - within))
        epoch += 1
    if epoch < epochs:
        pieces.append((epoch, epochs, steps_per_epoch))
    return pieces


def cut_pieces(
    pieces: Iterable[Piece], step: int, every: int
) -> Iterator[Piece]:
    """Cuts calls of Keras' `fit` at all multiples of a number of steps.

    Args:
        pieces: list that `remaining_pieces` returned.
        step: int, number of the first step.
        every: positive int.

    Yields:
        `(initial_epoch, epochs, steps_per_epoch)`: whole epochs as far as
        they fit, or a piece of one.
    """
    for epoch, last_epoch, steps in pieces:
        while epoch < last_epoch:
            whole = (every - step % every) // steps
            if whole:
                following = min(epoch + whole, last_epoch)
                yield epoch, following, steps
                step += (following - epoch) * steps
                epoch = following
                continue
            left = steps
            while left:
                size = min(left, every - step % every)
                yield epoch, epoch + 1, size
                step += size
                left -= size
            epoch += 1
