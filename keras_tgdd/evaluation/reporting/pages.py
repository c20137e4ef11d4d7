"""A report as files: an HTML page, its Markdown version and its pictures."""

import base64
import pathlib
import re
from typing import Any

from keras_tgdd.runtime.optional import require
from keras_tgdd.storage.atomic_write import atomic_write


def page_environment() -> Any:
    """Returns the `jinja2.Environment` of the templates.

    Raises:
        ImportError: if jinja2 is not installed.
    """
    jinja2 = require("jinja2", "report", "Writing a report")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(
            "keras_tgdd.evaluation.reporting", "templates"
        ),
        autoescape=jinja2.select_autoescape(["html.jinja"]),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["base64"] = lambda raw: base64.b64encode(raw).decode()
    environment.filters["percent"] = lambda value: f"{100 * value:.1f}"
    environment.filters["cell"] = _escape
    return environment


def write_pages(
    path: pathlib.Path, content: dict[str, Any], environment: Any
) -> None:
    """Writes the page and, next to it, its Markdown version with pictures.

    Args:
        path: path of the page, ending in `.html`. The Markdown version ends
            in `.md`; its pictures lie in a directory that ends in `_files`.
            All are replaced.
        content: dict of the variables of the templates. Each of
            `content["figures"]` gets an entry `"file"`, the path of its
            picture relative to the page.
        environment: what `page_environment` returned.

    Raises:
        OSError: if the files cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_pictures(path, content["figures"])
    text = environment.get_template("page.md.jinja").render(content)
    with atomic_write(path.with_suffix(".md")) as temporary:
        temporary.write_text(text, encoding="utf-8")
    page = environment.get_template("page.html.jinja").render(content)
    with atomic_write(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _write_pictures(path, figures):
    directory = path.with_name(f"{path.stem}_files")
    directory.mkdir(exist_ok=True)
    for former in directory.glob("[0-9][0-9]_*.png"):
        former.unlink()
    for number, figure in enumerate(figures, 1):
        picture = directory / f"{number:02d}_{figure['name']}.png"
        with atomic_write(picture) as temporary:
            temporary.write_bytes(figure["png"])
        figure["file"] = f"{directory.name}/{picture.name}"


def _escape(text):
    """Escapes text for Markdown, in a table cell or elsewhere."""
    text = re.sub(r"\s+", " ", str(text))
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", text)
