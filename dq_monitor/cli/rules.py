"""`dqm rules`: lists the checks that a rule can use, finds some, explains one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import click

from dq_monitor.cli._engines import page, summary
from dq_monitor.cli._reference import explained, reference
from dq_monitor.errors import UnknownName
from dq_monitor.model.check import Family, Kind
from dq_monitor.packs.catalog import Catalog, CheckType, catalog
from dq_monitor.packs.describe import by_family, describe, look_for, named
from dq_monitor.packs.foreign import by_alias

HINT = "`dqm rules NAME` explains one, `dqm rules WORD` finds those that are about it"


@click.command(name="rules")
@click.argument("words", nargs=-1, metavar="[NAME|WORD...]")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="only one kind")
@click.option(
    "--family", type=click.Choice([family.value for family in Family]), help="only one family"
)
@click.option("--json", "as_json", is_flag=True, help="print JSON instead of text")
@click.option("--markdown", is_flag=True, help="print the reference in docs/rules.md")
@click.option("--engines", "by_engine", is_flag=True, help="tell which engines run the checks")
def command(
    words: tuple[str, ...],
    kind: str | None,
    family: str | None,
    *,
    as_json: bool,
    markdown: bool,
    by_engine: bool,
) -> None:
    """List the checks that a rule can use, find those about a WORD, or explain the one of a NAME.

    A NAME may also be what dbt, Great Expectations, Soda, Deequ or DQX call the check.
    """
    if as_json and markdown:
        raise click.UsageError("--json and --markdown exclude each other: give one of them")
    known = catalog()
    checks = [
        check
        for check in look_for(known, words)
        if kind in {None, check.kind.value} and family in {None, check.family.value}
    ]
    if not checks:
        raise _nothing(words, known)
    if as_json:
        click.echo(json.dumps([describe(check) for check in checks], indent=2))
    elif by_engine:
        click.echo("\n".join(page(checks) if markdown else summary(checks)).rstrip())
    elif markdown:
        click.echo("\n".join(reference(checks)).rstrip())
    elif len(words) == 1 and named(known, words[0]):
        click.echo("\n".join(explained(checks[0])))
    else:
        click.echo("\n".join(_listed(checks)))


def _listed(checks: Sequence[CheckType]) -> Iterator[str]:
    widest = max(len(check.name) for check in checks)
    for family, group in by_family(checks).items():
        yield click.style(family.value, bold=True)
        for check in group:
            yield f"  {check.name:<{widest}}  {check.kind.value:<7}  {check.summary}"
        yield ""
    yield f"{len(checks)} {'check' if len(checks) == 1 else 'checks'}: {HINT}"


def _nothing(words: Sequence[str], known: Catalog) -> UnknownName:
    asked, aliases = " ".join(words), by_alias(known)
    near = get_close_matches(asked, [*known, *aliases], n=1) if asked else []
    ours = [aliases[name].name if name in aliases else name for name in near]
    fix = f"did you mean {ours[0]!r}?" if ours else f"`dqm rules` lists all {len(known)}"
    return UnknownName(f"check {asked!r}" if asked else "check of this kind and family", fix=fix)
