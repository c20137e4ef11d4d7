"""Images in folders: one's own, and those of ImageNet."""
