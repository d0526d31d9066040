"""Patterns in the syntax of Rust, as other engines write them.

Most of the syntax is common. What means something else elsewhere is spelled out, and what has no
equal is refused: an engine that reads it in its own way would give a wrong answer without a word.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<code>\\[xuU]\{[0-9A-Fa-f]+\} | \\x[0-9A-Fa-f]{2} | \\u[0-9A-Fa-f]{4}
                | \\U[0-9A-Fa-f]{8})
      | (?P<escape>\\[pP]\{[^}]*\} | \\b\{[^}]*\} | \\.)
      | (?P<name>\(\?P?<[^>]+>)
      | (?P<flags>\(\?[A-Za-z-]*[:)])
      | (?P<set>\[:\^?[a-z]+:\])
      | (?P<operator>&&|--|~~)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_LEADING = re.compile(r"\(\?([is]+)\)")
_CHARACTERS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SETS = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "digit": "0-9",
    "lower": "a-z",
    "space": " \t\n\r\f\v",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_POSTGRES = {"b": r"\y", "B": r"\Y", "z": r"\Z"}
# These read flags anywhere, and a dot as Rust does.
_RE2 = frozenset({"duckdb", "clickhouse"})


def spelled(pattern: str, engine: str) -> tuple[str, str]:
    r"""Return the leading flags of a pattern and the rest, as an engine reads them.

    Raises ValueError for what it cannot. Letters, digits and word borders beyond ASCII are known to
    `\w`, `\d` and `\b` on Polars alone.
    """
    if engine == "polars":
        return "", pattern
    leading = _LEADING.match(pattern)
    flags = leading[1] if leading else ""
    rest = pattern[leading.end() :] if leading else pattern
    body = "".join(_body(rest, engine, any_dot="s" in flags))
    if engine == "clickhouse" and "s" not in flags:
        flags += "-s"  # there a dot is a line end too, unless told otherwise
    return f"(?{flags})" if flags else "", body


def _body(pattern: str, engine: str, *, any_dot: bool) -> Iterator[str]:
    inside = first = False
    for token in _TOKEN.finditer(pattern):
        kind, text = str(token.lastgroup), token[0]
        if not inside:
            yield _outside(kind, text, engine, any_dot=any_dot)
            inside = first = text == "["
        elif text == "]" and not first:
            yield text
            inside = False
        else:
            yield _in_set(kind, text, engine)
            first = first and text == "^"


def _outside(kind: str, text: str, engine: str, *, any_dot: bool) -> str:
    match kind:
        case "code" | "escape":
            return _escape(kind, text, engine)
        case "name":  # nothing refers back to a group
            return "("
        case "flags" if text != "(?:" and not (engine in _RE2 and set(text) <= set("(?ims-:)")):
            raise _refusal(text, engine)
        case "set":
            raise _refusal(text, engine)
        case "other" if engine not in _RE2 and text == "." and not any_dot:
            return "[^\n]"
        case "other" if engine == "spark" and text == "$":
            return r"\z"
    return text


def _in_set(kind: str, text: str, engine: str) -> str:
    if kind in {"code", "escape"}:
        return _escape(kind, text, engine)
    if kind == "set" and text[2:-2] in _SETS:
        return _SETS[text[2:-2]]
    if kind in {"set", "name", "operator"} or text == "[":
        raise _refusal(text, engine)
    return r"\]" if text == "]" else text


def _escape(kind: str, text: str, engine: str) -> str:
    if kind == "code":
        return _literal(chr(int(text[2:].strip("{}"), 16)))
    if text[1] in _CHARACTERS:
        return _CHARACTERS[text[1]]
    unknown = text[1] in "<>" or text.startswith("\\b{")
    if unknown or (engine == "postgres" and text[1] in "pP"):
        raise _refusal(text, engine)
    return _POSTGRES.get(text[1], text) if engine == "postgres" else text


def _literal(character: str) -> str:
    return f"\\{character}" if character in string.punctuation else character


def _refusal(text: str, engine: str) -> ValueError:
    return ValueError(f"{engine} cannot read {text!r} in a pattern: write it in another way")
