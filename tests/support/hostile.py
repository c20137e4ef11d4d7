"""Files that promise more than they hold."""

import json


def header_of_promises(kind):
    """A safetensors file of a kind, with a tensor of four terabytes."""
    header = {
        "__metadata__": {"format": kind},
        "images": {
            "dtype": "F32",
            "shape": [1 << 40],
            "data_offsets": [0, 1 << 42],
        },
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(64)
