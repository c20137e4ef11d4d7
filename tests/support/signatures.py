"""Positional arguments of functions, read from their source."""

import ast


def positional_arguments(tree, classes=None):
    """Counts the positional arguments of public functions and constructors.

    Args:
        tree: `ast.Module`.
        classes: dict from the names of classes to `ast.ClassDef`, where the
            fields of base classes are found. `None` takes those of `tree`.

    Returns:
        Dict from name, such as `"Class.method"`, to the number of arguments
        that may be positional, without `self` and `cls`.
    """
    classes = classes_of(tree) if classes is None else classes
    counts = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _public(node.name):
            counts[node.name] = _count(node)
        if not isinstance(node, ast.ClassDef):
            continue
        for member in node.body:
            if not isinstance(member, ast.FunctionDef):
                continue
            if _public(member.name) or member.name == "__init__":
                bound = not _decorated(member, "staticmethod")
                counts[f"{node.name}.{member.name}"] = _count(member) - bound
        if is_dataclass(node) and f"{node.name}.__init__" not in counts:
            fields = positional_fields(node, classes)
            counts[f"{node.name}.__init__"] = len(fields)
    return counts


def classes_of(tree):
    """Returns the classes at the top of a module by name."""
    return {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}


def is_dataclass(node):
    """Returns whether a class is decorated as a dataclass."""
    return _decorated(node, "dataclass")


def dataclass_fields(node, classes):
    """Returns the fields of a dataclass and its bases, in their order.

    Args:
        node: `ast.ClassDef`.
        classes: dict from name to `ast.ClassDef`, where bases are found.

    Returns:
        Dict from name to a pair: the `ast.AnnAssign`, and whether the field
        is keyword-only.
    """
    fields = {}
    for base in reversed(node.bases):
        base = classes.get(getattr(base, "attr", getattr(base, "id", None)))
        if base is not None:
            fields.update(dataclass_fields(base, classes))
    if not is_dataclass(node):
        return fields
    keywords_only = any(
        keyword.arg == "kw_only" and getattr(keyword.value, "value", False)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
    )
    for member in node.body:
        if not isinstance(member, ast.AnnAssign):
            continue
        annotation = ast.unparse(member.annotation)
        if "KW_ONLY" in annotation:
            keywords_only = True
        elif "ClassVar" not in annotation:
            options = _options(member.value)
            if options.get("init", True):
                kw_only = options.get("kw_only", keywords_only)
                fields[member.target.id] = (member, kw_only)
    return fields


def positional_fields(node, classes):
    """Returns the names of the fields that are not keyword-only."""
    fields = dataclass_fields(node, classes)
    return [name for name, (_, kw_only) in fields.items() if not kw_only]


def _options(value):
    """Constant keywords of `dataclasses.field`, such as `init`."""
    is_field = isinstance(value, ast.Call) and ast.unparse(value.func) in (
        "dataclasses.field",
        "field",
    )
    return {
        keyword.arg: keyword.value.value
        for keyword in (value.keywords if is_field else ())
        if isinstance(keyword.value, ast.Constant)
    }


def _public(name):
    return not name.startswith("_")


def _decorated(node, name):
    return any(
        ast.unparse(getattr(decorator, "func", decorator)).split(".")[-1]
        == name
        for decorator in node.decorator_list
    )


def _count(function):
    return len(function.args.posonlyargs) + len(function.args.args)
