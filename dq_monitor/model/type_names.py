"""How types are written: a name, `list[...]` of a type, `struct{name: type, ...}`, also nested."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

LIST, STRUCT = "list", "struct"
_DEEPEST = 16
_SHOWN = 60
_LEAF = re.compile(r"[^\s,:\[\]{}()]+(?: ?\([^()]*\))?")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_BARE = re.compile(r'[^\s,:\[\]{}"][^,:\[\]{}"]*')


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as it is written: its name, and the parts of a list (one) or a struct, by field."""

    name: str
    parts: tuple[tuple[str, TypeName], ...] = ()

    def __str__(self) -> str:
        if self.name == LIST and self.parts:
            return f"list[{self.parts[0][1]}]"
        if self.name == STRUCT and self.parts:
            return f"struct{{{', '.join(f'{_field(name)}: {part}' for name, part in self.parts)}}}"
        return self.name


def read_type(text: str) -> TypeName:
    """Return what `text` says; raise ValueError where it is not written as a type."""
    reader = _Reader(text)
    found = reader.type(depth=0)
    reader.skip()
    if reader.at < len(text):
        raise reader.wrong("nothing")
    return found


def _field(name: str) -> str:
    return name if _BARE.fullmatch(name) and name == name.strip() else json.dumps(name)


class _Reader:
    """Reads a type from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def type(self, depth: int) -> TypeName:
        """Read one type."""
        if depth > _DEEPEST:
            raise ValueError(f"a type nested more than {_DEEPEST} levels deep: no table needs that")
        name = self.take(_LEAF, "a type")
        if name == LIST and self.follows("["):
            item = self.type(depth + 1)
            self.need("]")
            return TypeName(LIST, (("", item),))
        if name == STRUCT and self.follows("{"):
            return TypeName(STRUCT, self.fields(depth + 1))
        return TypeName(name)

    def fields(self, depth: int) -> tuple[tuple[str, TypeName], ...]:
        """Read the fields of a struct, up to its end."""
        found: dict[str, TypeName] = {}
        while True:
            name = self.name()
            if name in found:
                raise ValueError(f"field {name!r} of a struct is named twice")
            self.need(":")
            found[name] = self.type(depth)
            if not self.follows(","):
                self.need("}")
                return tuple(found.items())

    def name(self) -> str:
        """Read a field's name: in quotes where it holds what types are written with."""
        if self.text[self.at :].lstrip().startswith('"'):
            try:
                return str(json.loads(self.take(_QUOTED, "a field's name")))
            except json.JSONDecodeError as error:
                raise self.wrong("a field's name in quotes") from error
        return self.take(_BARE, "a field's name").strip()

    def take(self, pattern: re.Pattern[str], what: str) -> str:
        """Read what a pattern matches, and the space around it."""
        self.skip()
        found = pattern.match(self.text, self.at)
        if not found:
            raise self.wrong(what)
        self.at = found.end()
        self.skip()
        return found[0]

    def need(self, sign: str) -> None:
        """Read a sign; raise ValueError where there is another."""
        if not self.follows(sign):
            raise self.wrong(f"{sign!r}")

    def follows(self, sign: str) -> bool:
        """Read a sign if it is the next one."""
        self.skip()
        there = self.text.startswith(sign, self.at)
        self.at += len(sign) * there
        return there

    def skip(self) -> None:
        """Read on to what is no space."""
        rest = self.text[self.at :]
        self.at += len(rest) - len(rest.lstrip())

    def wrong(self, what: str) -> ValueError:
        """Return the error that says what should have stood where."""
        rest = self.text[self.at : self.at + _SHOWN]
        where = f"before {rest!r}" if rest else "at the end"
        return ValueError(f"{self.text[:_SHOWN]!r} is no type: {what} should stand {where}")
