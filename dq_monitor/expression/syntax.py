"""Reads the text of an expression into our own small tree, within bounds.

sqlglot only parses; nothing that a pack says reaches an engine as text.
Size and nesting are bounded before the parser sees the text: it recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

from dq_monitor.expression.nodes import MAX_DEPTH, translate
from dq_monitor.expression.tree import Node, walk, weight

MAX_CHARACTERS = 2_000
MAX_NODES = 500
MAX_WEIGHT = 2_000
Read = TypeVar("Read")


def read(text: str) -> Node:
    """Return the tree of `text`; raise ValueError with one line that says what is not allowed."""
    root = bounded(text, translate)
    check_size([root])
    return root


def bounded(text: str, translated: Callable[[exp.Expr], Read]) -> Read:
    """Return what `translated` makes of the parser's tree; raise ValueError as `read` does."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"the expression has {len(text):,} characters; {MAX_CHARACTERS:,} are allowed"
        )
    try:
        _check_nesting(sqlglot.tokenize(text))
        return translated(sqlglot.parse_one(text, into=exp.Condition))
    except RecursionError as error:
        raise ValueError("the expression is nested too deeply") from error
    except SqlglotError as error:
        raise ValueError(f"not an SQL expression: {_reason(error)}") from error


def check_size(roots: Sequence[Node], more: int = 0) -> None:
    """Refuse trees that are too large together; `more` counts what stands around them."""
    if sum(map(weight, roots)) > MAX_WEIGHT:
        raise ValueError("the expression is too large: CASE, division or CAST within each other")
    size = sum(1 for root in roots for _ in walk(root)) + more
    if size > MAX_NODES:
        raise ValueError(f"the expression has {size} parts; {MAX_NODES} are allowed")


_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
_PREFIX = {TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE}


def _check_nesting(tokens: list[Token]) -> None:
    if not tokens:
        raise ValueError("the expression is empty")
    depth = run = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        run = run + 1 if token.token_type in _PREFIX else 0
        if max(depth, run) > MAX_DEPTH:
            raise ValueError(f"the expression is nested more than {MAX_DEPTH} levels deep")
    if depth > 0:
        # The parser closes what is left open by itself.
        raise ValueError("not an SQL expression: a bracket or CASE is left open")


def _reason(error: SqlglotError) -> str:
    if isinstance(error, TokenError):
        return "it cannot be split into words; is a quote left open?"
    known = error.errors[-1] if isinstance(error, ParseError) and error.errors else {}
    text = str(known.get("description") or error).splitlines()[0]
    if "Required keyword" in text:
        text = "something is missing"
    return f"{text} near {known['highlight']!r}" if known.get("highlight") else text
