"""Result files with an entry for each name, measured once."""

import json
import sys

import keras
import machine
from stored_results import read

from keras_tgdd.storage.atomic_write import atomic_write


def measure_once(path, name, settings, arguments, measure):
    """Adds an entry to a file, with its provenance.

    Args:
        path: `pathlib.Path` of the JSON file.
        name: string, of the entry. One that is there is not made again.
        settings: dict of what entries must share to be compared.
        arguments: string, script and arguments that make this entry alone.
        measure: function without arguments that returns the rest of it, as a
            JSON-compatible dict.

    Raises:
        SystemExit: if the file holds the entry with other settings.
    """
    stored = read(path).get(name)
    if stored is not None:
        if stored["settings"] != settings:
            sys.exit(
                f"{path} holds {name} with other settings, and they do not "
                "compare. Choose another `--results-dir`. Received: "
                f"{settings}, stored: {stored['settings']}"
            )
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    entry = {
        "command": f"KERAS_BACKEND={keras.backend.backend()} python "
        f"benchmarks/{arguments}",
        "settings": settings,
        **measure(),
        **machine.provenance(),
    }
    with atomic_write(path) as temporary:
        # Read again: another process may have added its own meanwhile.
        everything = {**read(path), name: entry}
        temporary.write_text(json.dumps(everything, indent=1) + "\n")
