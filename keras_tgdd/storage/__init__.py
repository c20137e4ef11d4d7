"""Files on disk: tensors, arrays, atomic writes and free space."""
