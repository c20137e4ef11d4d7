"""The memory allocator of the C library."""

import ctypes
import os
import platform

# Parameters of `mallopt`, from glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def keep_freed_pages() -> bool:
    """Makes glibc keep the pages of freed buffers for later buffers.

    By default glibc returns every large buffer to the system. The next buffer
    then gets fresh pages, which the system clears first. With this setting the
    process stays as large as it was at its peak.

    The environment variable `KERAS_TGDD_KEEP_MEMORY=0` turns it off.

    Returns:
        Whether the setting was made. Other C libraries do not have it.
    """
    if (
        platform.libc_ver()[0] != "glibc"
        or os.environ.get("KERAS_TGDD_KEEP_MEMORY") == "0"
    ):
        return False
    library = ctypes.CDLL(None)
    return bool(
        library.mallopt(_M_MMAP_MAX, 0)
        and library.mallopt(_M_TRIM_THRESHOLD, -1)
    )
