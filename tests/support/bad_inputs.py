"""All bad inputs; run as a script, it prints them with their messages.

cd tests && KERAS_BACKEND=jax python -m support.bad_inputs
"""

import shutil
import tempfile

from support import bad_arguments  # noqa: F401
from support import bad_files  # noqa: F401
from support.bad_cases import CASES
from support.good_inputs import make_good

__all__ = ["CASES"]


def _print_table():
    print("| input | error | message |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        good = make_good(directory)
        for name, call, _, _ in CASES:
            shutil.rmtree(good.place)
            good.place.mkdir()
            try:
                call(good)
            except Exception as error:  # whatever it is, it is shown
                text = " ".join(str(error).split()).replace("|", "/")
                text = text.replace(str(good.place), "…")
                print(f"| {name} | {type(error).__name__} | {text} |")
            else:
                print(f"| {name} | none | |")


if __name__ == "__main__":
    _print_table()
