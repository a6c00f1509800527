"""How shells ask for completions, and how they get them: click's ways, and what these leave out.

An error completes to nothing and prints nothing. Folders, ``key.`` and ``key=`` are followed by no space, as
they go on; in bash, words that it has broken at an equals sign are one again.
"""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, suppress
from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

OPEN = ("/", ".", "=")
"""How words end that go on."""

BASH = """\
%(complete_func)s() {
    local IFS=$'\\n'
    local completion kind value

    for completion in $(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \
%(complete_var)s=bash_complete "$1" 2>/dev/null); do
        kind=${completion%%%%,*}
        value=${completion#*,}
        case $kind in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            path) compopt -o filenames; COMPREPLY+=("${value%%/}") ;;
            open) compopt -o nospace; COMPREPLY+=("$(printf %%q "$value")") ;;
            plain) COMPREPLY+=("$(printf %%q "$value")") ;;
        esac
    done
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a response open_words words_alone described
    local kind key descr
    (( ! $+commands[%(prog_name)s] )) && return 1

    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \
%(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}")

    for kind key descr in ${response}; do
        case $kind in
            file) _path_files -f ;;
            dir) _path_files -/ ;;
            open) open_words+=("$key") ;;
            plain)
                if [[ "$descr" == "_" ]]; then
                    words_alone+=("$key")
                else
                    described+=("$key":"$descr")
                fi
                ;;
        esac
    done

    (( $#described )) && _describe -V unsorted described -U
    (( $#words_alone )) && compadd -U -V unsorted -a words_alone
    (( $#open_words )) && compadd -U -S '' -V unsorted -a open_words
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


class Quiet(ShellComplete):
    """Completes to nothing where anything goes wrong."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return the completions."""
        with suppress(Exception), redirect_stderr(io.StringIO()):
            return super().get_completions(args, incomplete)
        return []


class Bash(Quiet, BashComplete):
    """Bash 4.4 and later."""

    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is typed, and that; those broken at an equals sign are one."""
        words = os.environ["COMP_WORDS"].split("\n")[: int(os.environ["COMP_CWORD"]) + 1]
        whole: list[str] = []
        for word in words:
            if whole and len(whole) > 1 and (word == "=" or whole[-1].endswith("=")) and whole[-1]:
                whole[-1] += word
            else:
                whole.append(word)
        *args, self._begun = map(_unquoted, whole)
        return args[1:], self._begun

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return the kind and the word; of that, what follows the equals sign that bash broke it at."""
        value, kind = str(item.value), item.type
        if kind == "plain":
            kind = "path" if item.path else "open" if value.endswith(OPEN) else "plain"
        key, equals, _ = self._begun.rpartition("=")
        return f"{kind},{value.removeprefix(key + equals) if equals else value}"


class Zsh(Quiet, ZshComplete):
    """Zsh."""

    source_template = ZSH

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return three lines: kind, word, and what it is."""
        if item.type == "plain" and item.value.endswith(OPEN):
            return f"open\n{item.value}\n_"
        return super().format_completion(item)


class Fish(Quiet, FishComplete):
    """Fish, which puts no space after a slash, a dot or an equals sign of its own accord.

    Only the first comma parts the kind from the word: what words are has commas, too.
    """

    source_template = FishComplete.source_template.replace('string split ","', 'string split -m 1 ","')


def _unquoted(word: str) -> str:
    """Return a word without the quotes and backslashes of a shell, also where they are not closed."""
    from click.shell_completion import split_arg_string

    return "".join(split_arg_string(word)) if word else ""


def register() -> None:
    """Have click take these."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
