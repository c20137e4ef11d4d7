"""JSON files of results with one entry per name, each measured once."""

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
        name: string, name of the entry. A stored entry is not measured again.
        settings: dict of the settings in which all entries must agree.
        arguments: string, the script and the arguments of the command that
            measures this entry.
        measure: function without arguments that returns the other values of
            the entry, a JSON-compatible dict.

    Raises:
        SystemExit: if the entry is stored with other settings.
    """
    stored = read(path).get(name)
    if stored is not None:
        if stored["settings"] != settings:
            sys.exit(
                f"{path} holds {name} with other settings, which is not "
                "comparable. Choose another `--results-dir`. Received: "
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
        # Read again: another process may have added an entry meanwhile.
        everything = {**read(path), name: entry}
        temporary.write_text(json.dumps(everything, indent=1) + "\n")
