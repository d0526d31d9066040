"""The dashboard in headless Chromium: each page shows what the store holds, as text."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import served
from tests.browser.story import HOSTILE_TABLE, IMAGE, SCRIPT, STEPS, Story, another_write, roll_back

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


def card(page: Page, table: str) -> Locator:
    return page.locator("article.card").filter(has=page.get_by_text(table, exact=True))


def ledger(page: Page, title: str) -> Locator:
    return page.get_by_role("table", name=title)


def node(page: Page, table: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"^{re.escape(table)}:"))


def test_overview_shows_every_table_with_its_status_in_words(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    for table in STEPS:
        expect(card(page, table)).to_have_count(1)
    expect(card(page, "silver.flights")).to_contain_text("Failing")
    expect(card(page, "bronze.flights")).to_contain_text("Passing")
    expect(card(page, "silver.flights")).to_contain_text("rules9")
    expect(page.get_by_text("Open incidents", exact=True)).to_be_visible()
    expect(ledger(page, "Open incidents")).to_contain_text("share_of.cancelled")
    expect(ledger(page, "Latest writes").locator("tbody tr")).to_have_count(12)


def test_a_card_opens_its_table(page: Page, dashboard: str) -> None:
    page.goto(dashboard)
    card(page, "silver.flights").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/table\?table=silver\.flights"))
    expect(ledger(page, "Rules")).to_contain_text("foreign_key.dest")


def test_overview_shows_a_new_write_by_itself_when_asked(
    page: Page, dashboard: str, story: Story
) -> None:
    page.goto(dashboard)
    page.get_by_role("radio", name="5 s", exact=True).click()
    expect(page).to_have_url(re.compile("refresh=5"))
    expect(card(page, "bronze.planes")).to_contain_text("v1")
    another_write(story, "bronze.planes")
    expect(card(page, "bronze.planes")).to_contain_text(f"v{story.days + 1}", timeout=30_000)


def test_a_rollback_is_a_row_and_what_it_undid_is_marked(
    page: Page, dashboard: str, story: Story
) -> None:
    roll_back(story, "gold.carrier_day", by="ana", reason="rates of the wrong year")
    page.goto(f"{dashboard}/table?table=gold.carrier_day")
    rows = ledger(page, "Writes").locator("tbody tr")
    expect(rows.filter(has_text="Undone")).to_have_count(1)
    expect(rows.filter(has_text="Undone")).to_contain_text(f"{story.days}")
    expect(rows.filter(has_text="rates of the wrong year")).to_contain_text("rollback")
    page.goto(dashboard)
    expect(card(page, "gold.carrier_day")).to_contain_text(f"v{story.days + 1}")


def test_failures_name_rule_rows_and_expectation(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/failures?table=silver.flights&rule=foreign_key.dest")
    rows = ledger(page, "Failures").locator("tbody tr")
    expect(rows.first).to_contain_text("foreign_key.dest")
    expect(rows.first).to_contain_text("warn over 0 rows")
    expect(rows.first).to_contain_text(re.compile(r"\d+ of \d+ rows fail"))
    expect(ledger(page, "Failures")).not_to_contain_text("foreign_key.tailnum")


def test_refused_rows_are_masked_until_asked(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/failures?table=silver.flights&rule=foreign_key.dest")
    sample = ledger(page, "Rows in quarantine")
    expect(sample).to_contain_text("••• text, 2–3 long")  # noqa: RUF001
    expect(sample).to_contain_text("••• integer")
    expect(sample).not_to_contain_text("N618JB")
    expect(sample).not_to_contain_text("BQN")
    page.get_by_text("Show values").click()
    expect(sample).to_contain_text("N618JB")
    expect(sample).to_contain_text(SCRIPT)
    expect(sample).to_contain_text(IMAGE)


def test_a_clicked_failure_shows_its_own_rows(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/failures?table=silver.flights")
    expect(ledger(page, "Rows in quarantine")).to_contain_text("foreign_key.dest")
    rows = ledger(page, "Failures").locator("tbody tr")
    rows.filter(has_text="foreign_key.tailnum").first.click()
    expect(ledger(page, "Rows in quarantine").locator("tbody tr")).to_have_count(1)
    expect(page.get_by_text("1 row shown of 124 that failed")).to_be_visible()


def test_a_ledger_sorts_by_the_clicked_heading(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/table?table=silver.flights")
    rules = ledger(page, "Rules")
    heading = rules.get_by_role("columnheader", name="Rows failed")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.get_by_role("button").click()
    expect(rules.locator("tbody tr").first).to_contain_text("foreign_key.tailnum")


def test_values_cannot_be_shown_where_the_settings_forbid_it(page: Page, story: Story) -> None:
    with served(story, show_samples=False) as url:
        # The very first request of this server: all pages must be there, not only the asked one.
        page.goto(f"{url}/failures?table=silver.flights&rule=foreign_key.dest")
        pages = page.get_by_role("navigation").get_by_role("link")
        titles = ("Overview", "Failures", "Table", "Lineage")
        expect(pages).to_have_text([re.compile(f"{title}$") for title in titles])
        expect(ledger(page, "Rows in quarantine")).to_contain_text("••• text")
        expect(page.get_by_text("show_samples")).to_be_visible()
        expect(page.get_by_text("Show values")).to_have_count(0)


def test_statuses_filter_the_failures(page: Page, dashboard: str, story: Story) -> None:
    page.goto(f"{dashboard}/failures")
    expect(ledger(page, "Failures")).to_contain_text("foreign_key.tailnum")
    page.get_by_role("button", name="Failing").click()
    expect(ledger(page, "Failures").locator("tbody tr")).to_have_count(2)
    expect(ledger(page, "Failures")).to_contain_text(f"{story.blizzard:%d %b %Y}")


def test_resolved_incidents_appear_when_asked(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/failures")
    expect(ledger(page, "Incidents").locator("tbody tr")).to_have_count(1)
    page.get_by_text("Show resolved").click()
    expect(ledger(page, "Incidents")).to_contain_text("The delivery came without the column humid")


def test_a_metric_is_drawn_with_its_flagged_days(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/table?table=silver.flights")
    chart = page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
    expect(chart.first).to_be_visible()
    expect(page.get_by_text("2 points outside")).to_be_visible()
    expect(page.get_by_text("shaded: what was expected")).to_be_visible()


def test_a_metric_with_segments_is_drawn_one_by_one(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/table?table=gold.carrier_day")
    expect(ledger(page, "Rules")).to_contain_text("mean.delay [2 segments]")
    page.get_by_role("combobox", name="Metric").click()
    page.get_by_role("option", name="mean.delay").click()
    segment = page.get_by_role("combobox", name="Segment")
    expect(segment).to_be_visible()
    segment.click()
    page.get_by_role("option", name="UA").click()
    expect(page.get_by_text("15 measurements")).to_be_visible()


def test_a_table_shows_what_became_of_its_refused_rows(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/table?table=silver.flights")
    held = ledger(page, "Quarantine by rule")
    for word in ("Open", "Waived", "Released", "Superseded", "Purged", "Lost"):
        expect(held.get_by_role("columnheader", name=word)).to_be_visible()
    rule = held.locator("tbody tr").filter(has_text="foreign_key.dest")
    expect(rule.locator("td").nth(2)).to_have_text("2")
    expect(held.locator("tbody tr").filter(has_text="All rows")).to_have_count(1)
    page.goto(dashboard)
    expect(page.get_by_text(re.compile(r"rows delivered, [\d,]+ still open"))).to_be_visible()


def test_a_rejected_write_says_why(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/table?table=bronze.weather")
    row = ledger(page, "Writes").locator("tbody tr").filter(has_text="Rejected")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("column humid is missing")


def test_lineage_draws_every_table_and_a_click_fills_the_panel(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/lineage")
    for table in STEPS:
        expect(node(page, table)).to_be_visible()
    panel = page.locator(".st-key-panel")
    expect(panel).to_contain_text("Nothing selected")
    node(page, "silver.flights").click()
    expect(panel).to_contain_text("foreign_key.dest")
    expect(panel).to_contain_text("More than 40% of the day's flights were cancelled")
    expect(panel).to_contain_text("bronze.airports")
    expect(page).to_have_url(re.compile(r"node=silver\.flights"))
    node(page, "bronze.planes").click()
    expect(panel).to_contain_text("Every rule passes")
    panel.get_by_role("link", name="Open table").click()
    expect(page).to_have_url(re.compile(r"/table\?table=bronze\.planes"))


def test_lineage_highlights_the_path_and_dims_the_rest(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/lineage?node=silver.weather")
    expect(node(page, "silver.weather")).to_have_attribute("aria-pressed", "true")
    expect(node(page, "bronze.weather")).not_to_have_class(re.compile("dim"))
    expect(node(page, "gold.carrier_day")).to_have_class(re.compile("dim"))
    node(page, "gold.carrier_day").hover()
    expect(node(page, "silver.flights")).not_to_have_class(re.compile("dim"))
    expect(node(page, "bronze.weather")).to_have_class(re.compile("dim"))


def test_lineage_is_walked_and_chosen_by_keyboard(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/lineage")
    node(page, "bronze.weather").focus()
    page.keyboard.press("ArrowRight")
    expect(node(page, "silver.weather")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-panel")).to_contain_text("silver.weather")


def test_lineage_zooms_and_fits(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/lineage")
    world = page.locator("svg.canvas > g")
    expect(world).to_have_attribute("transform", re.compile("scale"))
    fitted = world.get_attribute("transform") or ""
    page.get_by_role("button", name="Zoom in").click()
    expect(world).not_to_have_attribute("transform", fitted)
    page.get_by_role("button", name="Fit the graph").click()
    expect(world).to_have_attribute("transform", fitted)


@pytest.mark.parametrize("where", ["", "failures", "table", "lineage"], ids=lambda w: w or "home")
def test_markup_in_names_stays_text(page: Page, dashboard: str, where: str) -> None:
    page.goto(f"{dashboard}/{where}?table={HOSTILE_TABLE}&node={HOSTILE_TABLE}")
    expect(page.get_by_text(SCRIPT).locator("visible=true").first).to_be_visible()
    expect(page.locator("script", has_text="owned")).to_have_count(0)
    expect(page.locator("img[src*=evil]")).to_have_count(0)
    expect(page).not_to_have_title("owned")


def test_a_rule_named_like_an_image_stays_text(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/table?table={HOSTILE_TABLE}")
    expect(ledger(page, "Rules")).to_contain_text(IMAGE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_looks_follow_the_system(page: Page, dashboard: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(dashboard)
    expect(card(page, "gold.route_day")).to_be_visible()
    expect(page.locator(".stApp")).to_have_css("color-scheme", scheme)
