"""Small image files."""

from PIL import Image


def write_picture(path, color, size=(12, 8), mode="RGB"):
    """Writes an image of one colour; `size` is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path)
