"""Puts the YAML parser's complaints into words that say what to change."""

from __future__ import annotations

import yaml

from dq_monitor.packs.report import START, Mark

# What the parser says (libyaml's words and PyYAML's own), and what it most often means.
MEANINGS = (
    ("unknown escape", "a backslash in double quotes begins an escape: use single quotes"),
    ("invalid unicode character", "this escape is no character: use single quotes"),
    ("mapping values", "a ':' is not allowed here: check the indentation, or put text in quotes"),
    ("entries are not allowed", "a '- ' is not allowed here: begin the list on its own line"),
    ("expected ':'", "a ':' is missing after a key, or the line before is not closed"),
    ("unexpected end of stream", "a quote is opened and never closed"),
    ("document separator", "a quote is opened and never closed"),
    ("expected ',' or ']'", "a ',' or the closing ']' is missing"),
    ("expected ',' or '}'", "a ',' or the closing '}' is missing"),
    ("expected key", "this does not fit what stands before it: check indentation and quotes"),
    ("expected '-' indicator", "a list and keys are mixed: check the indentation"),
    ("<block end>", "this does not fit what stands before it: check indentation and quotes"),
    ("expected <document start>", "the pack ends before this: check the indentation"),
    ("undefined alias", "aliases are not allowed: write the value out"),
    ("undefined tag handle", "tags are not allowed: write the plain value"),
    ("directive", "directives (%) are not allowed: remove the line"),
)
UNQUOTED = "%@`"


def explain(error: yaml.YAMLError, text: str) -> tuple[Mark, str]:
    """Return where the text stops being YAML and why, in plain words."""
    if isinstance(error, yaml.reader.ReaderError):
        return mark_of(
            text, int(error.position)
        ), "this control character is not allowed: remove it"
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return START, "not valid YAML"
    place = error.problem_mark
    if "quoted scalar" in (error.context or "") and "unexpected" in (error.problem or ""):
        place = error.context_mark or place  # the end of the file is no help to find the quote
    mark = Mark(place.line + 1, place.column + 1)
    return mark, f"not valid YAML: {_meaning(error, text, mark)}"


def mark_of(text: str, position: int) -> Mark:
    """Return line and column of the character at `position`."""
    before = text[:position]
    return Mark(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def _meaning(error: yaml.MarkedYAMLError, text: str, mark: Mark) -> str:
    problem = (error.problem or "").lower()
    if "cannot start any token" in problem:
        return _stray(text, mark)
    for words, meaning in MEANINGS:
        if words in problem:
            return meaning + _opened(error, mark)
    return problem or "this does not fit what stands before it"


def _stray(text: str, mark: Mark) -> str:
    lines = text.splitlines()
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    character = line[mark.column - 1 : mark.column]
    if character == "\t":
        return "a tab is used for indentation: use spaces"
    if character in UNQUOTED:
        return f"text that begins with {character} must be in quotes"
    return f"{character!r} cannot stand here: put the text in quotes"


def _opened(error: yaml.MarkedYAMLError, mark: Mark) -> str:
    begun = error.context_mark
    if begun is None or begun.line + 1 == mark.line:
        return ""
    return f" (opened in line {begun.line + 1})"
