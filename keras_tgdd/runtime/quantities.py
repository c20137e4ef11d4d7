"""Sizes and times in readable units."""

import math


def format_bytes(count: int) -> str:
    """Returns a size in a suitable unit, such as `"1.9 GB"`.

    Args:
        count: int, not negative. A GB is 10⁹ bytes.
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= 0.9995 * size:  # else 999.6 KB would be 1e+03 KB
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"


def format_seconds(seconds: float) -> str:
    """Returns a time in a suitable unit, such as `"4 min"`.

    Args:
        seconds: float, not negative.
    """
    for unit, size, end in (
        ("ms", 0.001, 1.0),
        ("s", 1, 90),
        ("min", 60, 90 * 60),
        ("h", 3600, 48 * 3600),
        ("days", 24 * 3600, math.inf),
    ):
        if seconds < end:
            break
    count = seconds / size
    return f"{count:.0f} {unit}" if count >= 9.95 else f"{count:.2g} {unit}"
