"""Texts for users of Python, as errors and reports have them, in the words of the command line."""

from __future__ import annotations

import re

from ..errors import EESError


class UsageError(EESError):
    """Arguments that make no sense together, or that only the command itself can tell; the exit code is 2."""


_OPTIONS = {
    "indicators": "--indicator", "filters": "--filter", "periods": "--period", "levels": "--level", "places": "--place",
    "within": "--within", "include_self": "--include-self", "others": "--others", "sort": "--sort", "limit": "--limit",
    "values": "--values", "names": "--names", "search": "TEXT", "base_url": "--base-url", "store": "--store",
    "service": "--demo or --folder", "lock": "--lock", "offline": "--offline", "time_limit": "EES_TIME_LIMIT",
    "max_unpacked": "EES_MAX_UNPACKED", "preview_token": "EES_PREVIEW_TOKEN",
}  # fmt: skip
"""What stands for an argument."""

_ARGUMENT = re.compile(
    # not as a part of a call, and not in quotes
    rf"(?<![\w.'\"-])(?<!\w\()({'|'.join(_OPTIONS)})=(True|'[^']*'|\"[^\"]*\"|\d+|(?=[\s:,;.)]|$))"
)

_CALLS = tuple(
    (re.compile(call), command)
    for call, command in (
        (r'client\.open\("([^"]+)", version="([^"]+)"\)\.read\(\)', r"ees read \1@\2"),
        (r'client\.open\("([^"]+)", version="([^"]+)"\)', r"ees show \1@\2"),
        (r'client\.open\("([^"]+)"\)', r"ees show \1"),
        (r'client\.catalogue\.entry\("([^"]+)"\)\.open\(\)', r"ees read \1"),
        (r"client\.versions\('([^']+)'\)", r"ees show \1"),
        (r"client\.data_sets\(search=\.\.\.\)(?: or ees search)?", "ees search"),
        (r"(search for 3 characters or more), or None", r"\1"),
        (r"(?:open it with|make a) Client\(base_url=(\.\.\.|'[^']+')\)", r"use --base-url \1"),
    )
)
"""What stands for a call."""


def in_options(text: str) -> str:
    """A text with options and commands in place of arguments and calls: `--filter` for `filters=`, and the like."""

    def option(found: re.Match[str]) -> str:
        name, value = _OPTIONS[found[1]], found[2]
        return f"{name} {value}" if value not in ("", "True") and name.startswith("--") else name

    for call, command in _CALLS:
        text = call.sub(command, text)
    # where the command line has no option, the variable is named once
    return re.sub(r"\b(EES_[A-Z_]+) \(or \1\)", r"\1", _ARGUMENT.sub(option, text))
