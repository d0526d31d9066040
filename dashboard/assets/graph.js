// The lineage graph: places come from Python; here are pan, zoom, hover, keyboard and selection.
const mounted = new WeakMap();
const LONGEST = 21;

function cut(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function way(points) {
  const [[x0, y0], ...rest] = points;
  let path = `M${x0},${y0}`;
  let [px, py] = [x0, y0];
  for (const [x, y] of rest) {
    const middle = (px + x) / 2;
    path += py === y ? `L${x},${y}` : `C${middle},${py} ${middle},${y} ${x},${y}`;
    [px, py] = [x, y];
  }
  return path;
}

function reach(edges, from, to) {
  const next = new Map();
  for (const edge of edges) {
    if (!next.has(edge[from])) next.set(edge[from], []);
    next.get(edge[from]).push(edge[to]);
  }
  return (id) => {
    const seen = new Set([id]);
    for (const here of seen) for (const there of next.get(here) || []) seen.add(there);
    return seen;
  };
}

function drawEdge(edge) {
  const [x, y] = edge.points[edge.points.length - 1];
  const side = edge.back ? 7 : -7;
  return svg("g", { class: edge.back ? "edge back" : "edge" },
    svg("title", {}, `${edge.source} → ${edge.target}${edge.job ? ` (${edge.job})` : ""}`),
    svg("path", { class: "way", d: way(edge.points) }),
    svg("path", { class: "tip", d: `M${x + side},${y - 4.5}L${x},${y}L${x + side},${y + 4.5}z` }));
}

function drawNode(node, { w, h }) {
  const icon = mark(node.status, 15);
  icon.setAttribute("x", 16);
  icon.setAttribute("y", h - 26);
  return svg("g", {
    class: `node in-${node.layer} is-${node.status}`, transform: `translate(${node.x},${node.y})`,
    role: "button", tabindex: 0, "aria-label": node.label, "data-id": node.id,
  },
    svg("title", {}, node.label),
    svg("rect", { class: "body", width: w, height: h, rx: 8 }),
    svg("path", { class: "bar", d: `M8,0H6a6,8 0 0 0-6,8V${h - 8}a6,8 0 0 0 6,8h2z` }),
    svg("text", { class: "title", x: 16, y: 24 }, cut(node.title)),
    icon,
    svg("text", { class: "words", x: 36, y: h - 14 }, node.words),
    svg("text", { class: "over", x: w - 12, y: h - 14, "text-anchor": "end" }, node.over));
}

function legend(data) {
  const layers = data.layers.map((layer) =>
    html("span", { class: `key in-${layer}` }, html("i", {}), layer));
  const states = data.states.map(({ status, words }) =>
    html("span", { class: `key is-${status}` }, mark(status), words));
  return html("div", { class: "legend quiet" }, ...layers, ...states);
}

function build(parent) {
  const state = { component: null, signature: "", view: null, moved: false, hovered: null };
  const root = stage(parent, "graph");
  const canvas = svg("svg", { class: "canvas", role: "group", "aria-label": "Lineage graph" });
  const world = svg("g", {});
  const tools = html("div", { class: "tools" });
  canvas.append(world);
  root.append(canvas, tools);

  const size = () => [canvas.clientWidth || 900, canvas.clientHeight || 500];
  const place = () =>
    world.setAttribute("transform", `translate(${state.view.x},${state.view.y}) scale(${state.view.k})`);
  const fit = () => {
    const { width, height } = state.component.data;
    const [w, h] = size();
    const k = Math.min((w - 40) / width, (h - 40) / height, 1.15);
    state.view = { k, x: (w - width * k) / 2, y: (h - height * k) / 2 };
    state.moved = false;
    place();
  };
  const zoom = (factor, [x, y] = size().map((side) => side / 2)) => {
    const k = Math.min(3, Math.max(0.2, state.view.k * factor));
    const by = k / state.view.k;
    state.view = { k, x: x - (x - state.view.x) * by, y: y - (y - state.view.y) * by };
    state.moved = true;
    place();
  };
  const pan = (dx, dy) => {
    state.view = { ...state.view, x: state.view.x + dx, y: state.view.y + dy };
    state.moved = true;
    place();
  };

  const highlight = () => {
    const { nodes, edges, selected } = state.component.data;
    const focus = state.hovered || (nodes.some((node) => node.id === selected) ? selected : null);
    const up = focus ? reach(edges, "target", "source")(focus) : new Set();
    const down = focus ? reach(edges, "source", "target")(focus) : new Set();
    for (const [id, element] of state.nodes) {
      element.classList.toggle("dim", Boolean(focus) && !up.has(id) && !down.has(id));
      element.classList.toggle("chosen", id === selected);
      element.setAttribute("aria-pressed", String(id === selected));
    }
    for (const [edge, element] of state.edges) {
      const lit = (up.has(edge.source) && up.has(edge.target))
        || (down.has(edge.source) && down.has(edge.target));
      element.classList.toggle("lit", Boolean(focus) && lit);
      element.classList.toggle("dim", Boolean(focus) && !lit);
    }
  };
  const select = (id) => {
    state.component.data.selected = id;
    highlight();
    state.component.setStateValue("selected", id);
  };

  const neighbour = (id, key) => {
    const { nodes, edges } = state.component.data;
    const here = nodes.find((node) => node.id === id);
    const far = (node) => Math.abs(node.y - here.y);
    const linked = (from, to) => edges.filter((edge) => edge[from] === id).map((edge) => edge[to]);
    const near = {
      ArrowRight: nodes.filter((node) => linked("source", "target").includes(node.id)),
      ArrowLeft: nodes.filter((node) => linked("target", "source").includes(node.id)),
      ArrowDown: nodes.filter((node) => node.x === here.x && node.y > here.y),
      ArrowUp: nodes.filter((node) => node.x === here.x && node.y < here.y),
    }[key];
    return near && near.sort((a, b) => far(a) - far(b))[0];
  };
  const onKey = (event) => {
    const id = event.target.closest?.(".node")?.dataset.id;
    if (id && (event.key === "Enter" || event.key === " ")) select(id);
    else if (id && neighbour(id, event.key)) state.nodes.get(neighbour(id, event.key).id).focus();
    else if (event.key === "+" || event.key === "=") zoom(1.2);
    else if (event.key === "-") zoom(1 / 1.2);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  };

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, far: false };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.far && Math.hypot(dx, dy) < 4) return; // a click that trembles is still a click
    if (!drag.far) canvas.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, y: event.clientY, far: true };
    pan(dx, dy);
  });
  canvas.addEventListener("click", (event) => {
    const dragged = drag?.far;
    drag = null;
    const node = event.target.closest(".node");
    if (node && !dragged) select(node.dataset.id);
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // a plain wheel scrolls the page
    event.preventDefault();
    const edge = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 300), [event.clientX - edge.left, event.clientY - edge.top]);
  }, { passive: false });
  root.addEventListener("keydown", onKey);
  const hover = (event) => {
    state.hovered = event.target.closest?.(".node")?.dataset.id || null;
    highlight();
  };
  world.addEventListener("pointerover", hover);
  world.addEventListener("pointerleave", hover);

  const tool = (text, label, act) => {
    const button = html("button", { type: "button", title: label, "aria-label": label }, text);
    button.addEventListener("click", act);
    return button;
  };
  tools.append(tool("+", "Zoom in", () => zoom(1.2)), tool("−", "Zoom out", () => zoom(1 / 1.2)),
    tool("Fit", "Fit the graph to the view", fit));

  const draw = () => {
    const { nodes, edges, box, view } = state.component.data;
    canvas.style.height = `${view}px`;
    state.edges = edges.map((edge) => [edge, drawEdge(edge)]);
    state.nodes = new Map(nodes.map((node) => [node.id, drawNode(node, box)]));
    world.replaceChildren(...state.edges.map(([, e]) => e), ...state.nodes.values());
    root.querySelector(".legend")?.remove();
    root.append(legend(state.component.data));
  };
  new ResizeObserver(() => { if (state.view && !state.moved) fit(); }).observe(canvas);

  return (component) => {
    const { selected, ...drawn } = component.data;
    const signature = JSON.stringify(drawn);
    state.component = component;
    if (signature !== state.signature) {
      state.signature = signature;
      draw();
      fit();
    }
    highlight();
  };
}

export default function (component) {
  const parent = component.parentElement;
  if (!mounted.has(parent)) mounted.set(parent, build(parent));
  mounted.get(parent)(component);
}
