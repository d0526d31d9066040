// A table of facts: sortable, its rows selectable where asked, every cell set as text.
const kept = new WeakMap(); // how each mounted table is sorted, over Streamlit's repeated calls

function content(column, value) {
  if (value === null || value === undefined || value === "") return "–";
  if (column.kind === "status") return badge(value.status, value.words);
  if (column.kind === "tags") {
    return html("span", { class: "chips" }, ...value.map((tag) => html("code", {}, tag)));
  }
  const [text, title] = typeof value === "object" ? [value.text, value.title] : [value, null];
  return html(column.kind === "code" ? "code" : "span", { title }, text);
}

function rank(cell) {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "object" || !("sort" in cell)) return cell;
  return cell.sort === null ? -Infinity : cell.sort;
}

function sorted(rows, sort) {
  if (!sort) return rows;
  const order = sort.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [rank(a.cells[sort.column]), rank(b.cells[sort.column])];
    return x === y ? 0 : (x < y ? -1 : 1) * order;
  });
}

function heading(column, index, sort, resort) {
  const mine = sort && sort.column === index;
  const button = html("button", { type: "button" }, column.label,
    html("span", { class: "arrow", "aria-hidden": "true" }, mine ? (sort.down ? "↓" : "↑") : ""));
  button.addEventListener("click", () =>
    resort(mine && sort.down ? null : { column: index, down: Boolean(mine) }));
  return html("th", {
    class: column.kind, scope: "col",
    "aria-sort": mine ? (sort.down ? "descending" : "ascending") : null,
  }, button);
}

function line(row, columns, selected, select) {
  const cells = columns.map((column, index) =>
    html("td", { class: column.kind }, content(column, row.cells[index])));
  if (!select) return html("tr", {}, ...cells);
  const tr = html("tr", { tabindex: 0, "aria-selected": String(row.id === selected) }, ...cells);
  tr.addEventListener("click", () => select(row.id));
  tr.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    select(row.id);
  });
  return tr;
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const { columns, rows, selectable } = data;
  const root = stage(parentElement, "ledger");
  const choose = (id) => {
    data.selected = id;
    for (const tr of root.querySelectorAll("tbody tr")) {
      tr.setAttribute("aria-selected", String(tr.dataset.id === id));
    }
    setStateValue("selected", id);
  };
  const draw = () => {
    const sort = kept.get(parentElement);
    const resort = (next) => { kept.set(parentElement, next); draw(); };
    const body = html("tbody", {}, ...sorted(rows, sort).map((row) => {
      const tr = line(row, columns, data.selected, selectable ? choose : null);
      tr.dataset.id = row.id;
      return tr;
    }));
    root.replaceChildren(html("table", { "aria-label": data.title },
      html("thead", {}, html("tr", {}, ...columns.map((c, i) => heading(c, i, sort, resort)))),
      body));
    root.style.maxHeight = data.height ? `${data.height}px` : "";
  };
  const first = !kept.has(parentElement);
  draw();
  if (!first) return;
  kept.set(parentElement, null);
  const marked = root.querySelector("tr[aria-selected=true]"); // may lie below the fold of the table
  if (marked) root.scrollTop = marked.offsetTop - root.clientHeight / 2;
}
