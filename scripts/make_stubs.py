"""Make the stubs of ``convpipe.filters``, by which editors and type checkers know its functions.

Run from anywhere: ``python scripts/make_stubs.py``. A test holds them to be what is declared.
"""

import re
from inspect import Parameter as Argument
from pathlib import Path
from textwrap import wrap

from convpipe import filters, stages
from convpipe.filters.annotations import annotation, python_name
from convpipe.filters.function import Filter

PACKAGE = Path(filters.__file__).parent

IMPORTS = {
    "collections.abc": ("Mapping", "Sequence"),
    "typing": ("Any", "Literal"),
    "numpy.typing": ("ArrayLike", "NDArray"),
}
"""What stubs import, where it is used."""

COMMON = {
    annotation(each): f"_{each.name.capitalize()}" for each in stages.COMMON if "Literal" in annotation(each)
}
"""Types that nearly every filter has, by a name for each."""


def main():
    made = stubs()
    for old in PACKAGE.glob("*.pyi"):
        old.unlink()
    for path, text in made.items():
        path.write_text(text)


def stubs():
    """Return the text of every stub, by its path."""
    families = {name: module for name, module in vars(filters).items() if name in filters.__all__}
    modules = {name: module for name, module in families.items() if not isinstance(module, Filter)}
    made = {PACKAGE / f"{name}.pyi": of_family(module) for name, module in modules.items()}
    lines = [f"from convpipe.filters import {name} as {name}" for name in sorted(modules)]
    alone = sorted((one.__module__, name) for name, one in families.items() if isinstance(one, Filter))
    lines += [f"from {home} import {name} as {name}" for home, name in alone]
    made[PACKAGE / "__init__.pyi"] = "\n".join(lines) + "\n"
    return made


def of_family(module):
    functions = [getattr(module, name) for name in module.__all__]
    body = "\n\n".join(map(of_function, functions)) + "\n"
    aliases = [f"{name} = {kind}" for kind, name in COMMON.items() if name in body]
    text = "\n".join([*aliases, "", body])
    return "\n".join([*imports(text), text])


def imports(text):
    """Return the lines that import what a stub uses: Python's own first."""
    lines = []
    for module, words in IMPORTS.items():
        used = [word for word in words if re.search(rf"\b{word}\b", text)]
        lines += [""] * (module == "numpy.typing") + [f"from {module} import {', '.join(used)}"] * bool(used)
    return [*lines, ""]


def of_function(one):
    """Return the stub of a function: its signature, what it does, and what it takes of its own."""
    arguments = []
    starred = False
    for each in one.__signature__.parameters.values():
        if each.kind is Argument.KEYWORD_ONLY and not starred:
            arguments += [] if any(a.startswith("*") for a in arguments) else ["*"]
            starred = True
        stars = {Argument.VAR_POSITIONAL: "*", Argument.VAR_KEYWORD: "**"}.get(each.kind, "")
        default = "" if each.default is Argument.empty else f" = {each.default!r}"
        arguments.append(f"{stars}{each.name}: {COMMON.get(each.annotation, each.annotation)}{default}")
    own = [each for each in one.method.parameters if each in one.parameters]
    said = [one.method.summary[0].upper() + one.method.summary[1:] + "."]
    said += ["", *(f"{python_name(each.name)}: {each.doc}" for each in own)] if own else []
    lines = [line for each in said for line in wrap(each, 100, subsequent_indent="    ") or [""]]
    document = "\n".join(f"    {line}".rstrip().replace("\\", "\\\\") for line in lines).lstrip()
    ends = "\n    " if own else ""
    taken = "".join(f"    {each},\n" for each in arguments)
    return f'def {one.__name__}(\n{taken}) -> NDArray[Any]:\n    """{document}{ends}"""\n'


if __name__ == "__main__":
    main()
