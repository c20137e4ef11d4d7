"""Floors of the package: which room imports which, and circles of files.

A room is a folder or file at the top of the package. Modules are named by
their dotted names. An import counts wherever it stands: at the top of a file,
in a function, or as a string of `require` or `import_module`.
"""

import ast
import re

PACKAGE = "keras_tgdd"
FACE = "__init__"
HEADING = "## How the code is arranged"
# An indented line: the number of a floor, and rooms up to two spaces.
_FLOOR = re.compile(r"^\s+(\d+) {2,}(\S+(?: \S+)*)")
_ROOM = re.compile(r"(\w+)(?:/|\.py)")


def read_floors(text):
    """Reads the picture of the floors.

    Args:
        text: string, Markdown with the picture under `HEADING`. Its lines are
            indented: the number of a floor, its rooms as `name/` or `name.py`,
            and a comment, with two spaces or more between them.

    Returns:
        Dict from the name of a room to the number of its floor.
    """
    _, _, section = text.partition(f"{HEADING}\n")
    section = re.split(r"^## ", section, maxsplit=1, flags=re.MULTILINE)[0]
    floors = {}
    for line in section.splitlines():
        found = _FLOOR.match(line)
        if not found:
            continue
        for word in found[2].split():
            room = _ROOM.fullmatch(word)
            assert room, f"{word!r} is not a room: {line.strip()}"
            assert room[1] not in floors, f"{room[1]} is on two floors"
            floors[room[1]] = int(found[1])
    return floors


def module_name(path, root):
    """Returns the dotted name of a file of the package at `root`."""
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(source, module, modules, is_package=False):
    """Returns the modules of the package that a file imports.

    Args:
        source: string, content of the file.
        module: string, its dotted name.
        modules: set of the dotted names of all modules of the package.
        is_package: whether the file is an `__init__.py`.

    Returns:
        Set of dotted names. `from a import b` imports the module `a.b` if
        there is one, and `a` otherwise.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = node.level - is_package
                parts = module.split(".")
                parts = parts[: len(parts) - above]
                base = ".".join([*parts, *filter(None, [base])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.add(whole if whole in modules else base)
        elif isinstance(node, ast.Call):
            found |= set(loaded_by_name(node))
    return {
        name
        for name in found
        if name.split(".")[0] == PACKAGE and name != module
    }


def loaded_by_name(call):
    """Yields the constant first argument of `require` and the like."""
    name = getattr(call.func, "attr", getattr(call.func, "id", None))
    if name in ("require", "import_module", "__import__") and call.args:
        first = call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def read_imports(root):
    """Returns the imports of every file of the package at `root`.

    Returns:
        Dict from dotted name to the set of imported dotted names.
    """
    paths = {module_name(path, root): path for path in root.rglob("*.py")}
    return {
        name: imported_modules(
            path.read_text(), name, paths.keys(), path.name == "__init__.py"
        )
        for name, path in paths.items()
    }


def room_of(module):
    """Returns the room of a module; the package's `__init__` is `FACE`."""
    return (module.split(".") + [FACE])[1]


def rooms_without_a_floor(imports, floors):
    """Returns the rooms that the picture lacks."""
    return sorted({room_of(module) for module in imports} - floors.keys())


def floors_without_a_room(imports, floors):
    """Returns the rooms of the picture that the package lacks."""
    return sorted(floors.keys() - {room_of(module) for module in imports})


def arrows_up(imports, floors):
    """Returns the imports of a room that is not on a lower floor.

    Args:
        imports: dict from module to imported modules.
        floors: dict from room to floor.

    Returns:
        Sorted list of strings `"module -> imported module"`.
    """
    return sorted(
        f"{module} -> {target}"
        for module, targets in imports.items()
        for target in targets
        if room_of(module) != room_of(target)
        and not floors.get(room_of(target), 0) < floors.get(room_of(module), 0)
    )


def imports_of_packages(imports, packages):
    """Returns the imports of a folder in place of a concrete file.

    Args:
        imports: dict from module to imported modules.
        packages: set of the modules that are an `__init__.py`. These may
            import folders, to re-export them.

    Returns:
        Sorted list of strings `"module -> imported folder"`.
    """
    return sorted(
        f"{module} -> {target}"
        for module, targets in imports.items()
        for target in targets & packages
        if module not in packages
    )


def circles(imports):
    """Returns the groups of modules that import each other.

    Args:
        imports: dict from module to imported modules.

    Returns:
        List of sorted lists: the strongly connected components of more than
        one module.
    """
    reached = {module: _reachable(module, imports) for module in imports}
    groups = {
        tuple(sorted(o for o in reached[m] if m in reached.get(o, ())))
        for m in imports
        if m in reached[m]
    }
    return sorted(map(list, groups))


def _reachable(start, imports):
    """Modules at the end of one import or more."""
    reached, waiting = set(), list(imports.get(start, ()))
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting.extend(imports.get(module, ()))
    return reached
