"""The list of bad inputs: a name, a call, its error, part of the message."""

from collections.abc import Callable

CASES = []


def case(name: str, error: type, message: str) -> Callable:
    """Adds the function below it to `CASES`."""

    def add(call):
        CASES.append((name, call, error, message))
        return call

    return add


def table(rows, call, error=ValueError):
    """Adds cases that differ in one value."""
    for name, value, message, *other in rows:
        kind = other[0] if other else error
        CASES.append((name, lambda g, v=value: call(g, v), kind, message))
