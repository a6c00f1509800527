"""``convpipe stages``."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from convpipe.cli.command import Command, completing
from convpipe.cli.options import json_option, print_json, width
from convpipe.cli.streams import emit

if TYPE_CHECKING:
    from convpipe.stages import Method


EXAMPLES = (
    ("convpipe stages", "All filters"),
    ("convpipe stages edge", "One family"),
    ("convpipe stages edge sobel", "The parameters of one"),
    ("convpipe stages skimage filters.sato", "A function of scikit-image"),
)


@click.command("stages", cls=Command, examples=EXAMPLES)
@click.argument("family", metavar="[FAMILY", required=False, shell_complete=completing("families"))
@click.argument("name", metavar="[METHOD]]", required=False, shell_complete=completing("methods"))
@click.option("--markdown", is_flag=True, help="Print the whole catalogue as a Markdown page.")
@click.option("--plugins", multiple=True, metavar="NAME", help="Run a package that brings stages, too.")
@json_option
def command(
    family: str | None, name: str | None, markdown: bool, plugins: tuple[str, ...], as_json: bool
) -> None:
    """List the filters; with FAMILY and METHOD, the parameters of one."""
    from convpipe.stages import catalogue, libraries
    from convpipe.stages.plugins import load

    for plugin in plugins:
        load(plugin)

    if markdown:
        emit(catalogue.markdown(), nl=False)
        return
    chosen = _chosen(family, name)
    if as_json:
        print_json([catalogue.to_dict(method) for method in chosen])
    elif len(chosen) == 1 and family:
        _show(chosen[0])
    else:
        column = max(len(f"{method.family}: {method.name}") for method in chosen)
        for method in chosen:
            _echo(f"{f'{method.family}: {method.name}':<{column}}  {method.summary}", column + 2)
        if family is None:
            for own, library in libraries().items():
                _echo(f"{f'{own}: MODULE.FUNCTION':<{column}}  {library.summary}", column + 2)
        emit("\nconvpipe stages FAMILY METHOD shows the parameters of one.")


def _chosen(family: str | None, name: str | None) -> list[Method]:
    from convpipe.stages import ANY_LABEL, families, find, libraries

    known = families()
    if family is None:
        return [method for methods in known.values() for method in methods.values()]
    if name is None and family in libraries():
        return [find(family, each) for each in libraries()[family].names]
    if name is None and family in known:
        return list(known[family].values())
    if name is None and family != ANY_LABEL:  # a method alone, by its name
        named = [methods[family] for methods in known.values() if family in methods]
        if named:
            return named
    return [find(family, "" if name is None else name)]  # refuses what is unknown


def _show(method: Method) -> None:
    from convpipe.stages.catalogue import default, example, over_stack

    emit(f"{method.family}: {method.name}")
    for text in filter(None, (method.summary, method.formula, f"Source: {method.reference}")):
        _echo(text, 2)
    emit()
    emit(example(method))
    named = [*method.parameters, *over_stack(method), *method.common]
    column = max(10, *(len(parameter.name) for parameter in named))
    for title, parameters in (
        ("Parameters", method.parameters),
        ("With 'axis: stack'", over_stack(method)),
        ("Common parameters", method.common),
    ):
        if parameters:
            emit(f"\n{title}:")
        for parameter in parameters:
            given = "required" if parameter.required else f"default {default(parameter)}"
            _echo(f"  {parameter.name:<{column}} {parameter.doc}", column + 3)
            _echo(f"{'':{column + 2}} {parameter.kind()} ({given})", column + 3)
    for name, why in method.unused.items():
        _echo(f"  no {name:<{column - 3}} {why}", column + 3)
    if found := method.dialects:
        emit("\nLike other libraries:")
    for dialect in found:
        _echo(f"  {dialect.library:<{column}} {dialect.call}: {dialect}", column + 3)


def _echo(text: str, indent: int) -> None:
    """Print a line, wrapped at the width of the terminal, or of COLUMNS; what goes on is indented."""
    emit(
        textwrap.fill(text, max(width(), indent + 20), subsequent_indent=" " * indent, break_on_hyphens=False)
    )
