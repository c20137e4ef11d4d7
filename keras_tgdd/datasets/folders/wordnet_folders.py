"""Class folders named by WordNet ids, as in ImageNet."""

import collections
import pathlib
import re
from collections.abc import Iterable
from collections.abc import Sequence

from keras_tgdd.datasets.folders.class_folders import some_of

_WORDNET_ID = re.compile(r"n[0-9]{8}")


def is_wordnet_id(text: str) -> bool:
    """Returns whether a text has the form `n########`."""
    return _WORDNET_ID.fullmatch(text) is not None


def check_wordnet_ids(name: str, ids: Sequence[str]) -> list[str]:
    """Checks that WordNet ids name two classes or more.

    An id becomes part of a path, so it must have the exact form of one.

    Args:
        name: the argument or file with the ids, for the message.
        ids: sequence of strings.

    Returns:
        The ids as a list.

    Raises:
        ValueError: if `ids` is no sequence, has fewer than two ids or one
            twice, or an id does not have the form of a WordNet id.
    """
    if isinstance(ids, str) or not isinstance(ids, Iterable):
        raise ValueError(
            f"`{name}` must be a sequence of WordNet ids. Received: {ids!r}"
        )
    ids = [str(i) for i in ids]
    wrong = [repr(i) for i in ids if not is_wordnet_id(i)]
    if wrong:
        raise ValueError(
            f"`{name}` must hold WordNet ids, an n and eight digits such as "
            f"'n01440764'. Received: {some_of(wrong)}"
        )
    twice = [i for i, count in collections.Counter(ids).items() if count > 1]
    if len(ids) < 2 or twice:
        raise ValueError(
            f"`{name}` must hold two classes or more, each of them once. "
            f"Received: {len(ids)} ids, more than once: [{some_of(twice)}]"
        )
    return ids


def check_parts(directory: pathlib.Path, layout: str) -> None:
    """Checks that a directory has the folders `train` and `val`.

    Args:
        directory: path.
        layout: description of the expected content, for the message.

    Raises:
        FileNotFoundError: if one of the folders is missing.
    """
    missing = [p for p in ("train", "val") if not (directory / p).is_dir()]
    if missing:
        raise FileNotFoundError(
            f"`directory` must hold {layout}. Received: "
            f"directory={str(directory)!r}, which has no folder "
            f"{' and no folder '.join(map(repr, missing))}"
        )


def check_class_folders(
    folder: pathlib.Path, ids: Sequence[str], remedy: str
) -> None:
    """Checks that a folder has a folder for each class.

    Args:
        folder: path.
        ids: names of the class folders.
        remedy: sentence that ends the message.

    Raises:
        FileNotFoundError: if any is missing; it lists them.
    """
    missing = [i for i in ids if not (folder / i).is_dir()]
    if missing:
        raise FileNotFoundError(
            f"{str(folder)!r} must hold a folder of images for each of "
            f"{len(ids)} classes. Received: no folder of {some_of(missing)}. "
            f"{remedy}"
        )
