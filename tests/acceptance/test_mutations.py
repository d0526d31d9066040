"""A protocol with a step less is noticed; `make crash` takes out every step in turn."""

from __future__ import annotations

import pytest

from tests.acceptance.mutations import MUTATIONS, Mutation, survives

QUICK = [one for one in MUTATIONS if not any("acceptance" in test for test in one.tests)]


@pytest.mark.parametrize("mutation", QUICK, ids=lambda one: one.name)
def test_the_suite_fails_without(mutation: Mutation) -> None:
    assert not survives(mutation)
