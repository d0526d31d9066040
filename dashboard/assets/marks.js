// What the components share: elements built node by node (never from markup), and the status marks.
const SVG_NS = "http://www.w3.org/2000/svg";

const MARKS = {
  pass: "M4.4 8.3l2.4 2.4 4.8-5",
  warn: "M8 4.4v4.4M8 11.1v.3",
  fail: "M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4",
  error: "M8 4v5M8 11.4v.3",
  not_evaluated: "M4.8 8h6.4",
};
const SHAPES = {
  pass: "M8 1.2a6.8 6.8 0 1 0 0 13.6a6.8 6.8 0 1 0 0-13.6z",
  warn: "M8 1.3L15.2 14.2H.8z",
  fail: "M8 1.2a6.8 6.8 0 1 0 0 13.6a6.8 6.8 0 1 0 0-13.6z",
  error: "M5.2 1.2h5.6l4 4v5.6l-4 4H5.2l-4-4V5.2z",
  not_evaluated: "M8 1.2a6.8 6.8 0 1 0 0 13.6a6.8 6.8 0 1 0 0-13.6z",
};

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  for (const child of children) {
    if (child !== null && child !== undefined) node.append(child); // a string becomes a text node
  }
  return node;
}

function html(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG_NS, name), attributes, children);
}

function mark(status, size = 14) {
  const known = status in MARKS ? status : "not_evaluated";
  const icon = svg("svg", {
    class: `mark is-${known}`, viewBox: "0 0 16 16", width: size, height: size,
    "aria-hidden": "true",
  });
  icon.append(svg("path", { class: "shape", d: SHAPES[known] }));
  icon.append(svg("path", { class: "stroke", d: MARKS[known] }));
  return icon;
}

function badge(status, words) {
  return html("span", { class: `badge is-${status}` }, mark(status), html("span", {}, words));
}

// The part of the component's root that is ours, emptied: Streamlit calls again on each change.
function stage(parent, className) {
  let root = parent.querySelector(`.${className}`);
  if (!root) {
    root = html("div", { class: className });
    parent.append(root);
  }
  root.replaceChildren();
  return root;
}

function plainClick(event) {
  return event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}
