// Cards of tables in columns by layer; a card opens its table.
function strip(writes, words) {
  const bars = writes.map((write) =>
    html("i", { class: `is-${write.status} as-${write.status}`, title: write.title }));
  return html("div", { class: "strip", role: "img", "aria-label": words }, ...bars);
}

function fact({ name, value, title, alarm }) {
  return html("div", { class: alarm ? "fact alarm" : "fact", title },
    html("dt", {}, name), html("dd", {}, value));
}

function card(item, open) {
  const link = html("a", { class: "name", href: item.href }, item.name);
  link.addEventListener("click", (event) => {
    if (!plainClick(event)) return;
    event.preventDefault();
    open(item.table);
  });
  const head = html("header", {}, link, badge(item.status, item.words));
  const foot = html("footer", { class: "quiet" },
    ...item.notes.map((note) => html("span", { title: note.title }, note.text)));
  return html("article", { class: `card is-${item.status}`, "data-table": item.table },
    head, html("dl", {}, ...item.facts.map(fact)), strip(item.writes, item.strip), foot);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = stage(parentElement, "board");
  const open = (table) => setTriggerValue("opened", table);
  for (const group of data.groups) {
    const title = group.title && html("h3", {}, html("span", { class: "dot" }), group.title,
      html("span", { class: "quiet count" }, group.count));
    root.append(html("section", { class: `in-${group.layer}` }, title,
      ...group.cards.map((item) => card(item, open))));
  }
}
