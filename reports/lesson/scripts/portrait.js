// The pictures of the live network: its lines and squares, the square of inputs, the loss.

import { forward } from "./engine.js";

const PLANE = { low: -0.25, high: 1.25, side: 40 }; // the square that is drawn, and its points a side
const LEAST_LOSS = 1e-8; // of the picture

const PLACES = { X: 60, A: 310, Y_hat: 555, Y: 670 }; // where they stand in the picture

function sprout(parent, name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  parent.append(element);
  return element;
}

/** [[symbol, letters, more], ...] above a place; a symbol has its colour. */
function nameSymbol(svg, x, symbols) {
  const text = sprout(svg, "text", { x, y: 24 });
  for (const [symbol, letters, more] of symbols) {
    sprout(text, "tspan", { ...(symbol && { "data-s": symbol }), ...more }, letters);
  }
}

/** The picture for this width and these inputs; showNetwork colours it. */
function buildNetwork() {
  const svg = one("alive-network");
  svg.replaceChildren();
  const { width } = chosen;
  const slot = Math.min(110, 292 / width);
  const size = Math.min(58, slot - 5);
  const height = (n, all) => 182 + (n - (all - 1) / 2) * slot;
  const lines = (name, from, to, left, right) => {
    const group = sprout(svg, "g", { class: "edges", "data-s": name });
    for (const i of range(from)) {
      for (const j of range(to)) {
        sprout(group, "line", { x1: left + size / 2, y1: height(i, from), x2: right - size / 2, y2: height(j, to) });
      }
    }
  };
  lines("W1", 2, width, PLACES.X, PLACES.A);
  lines("W2", width, 1, PLACES.A, PLACES.Y_hat);
  for (const [name, units] of [["X", 2], ["A", width], ["Y_hat", 1], ["Y", 1]]) {
    for (const n of range(units)) buildUnit(svg, name, PLACES[name], height(n, units), size);
  }
  nameSymbol(svg, PLACES.X, [["X", "X"]]);
  nameSymbol(svg, (PLACES.X + PLACES.A) / 2, [["W1", "W₁"]]);
  nameSymbol(svg, PLACES.A, [["A", "A"], ["", " = "], ["sigma", "σ"], ["", "("], ["H", "H"], ["", ")"]]);
  nameSymbol(svg, (PLACES.A + PLACES.Y_hat) / 2, [["W2", "W₂"]]);
  nameSymbol(svg, PLACES.Y_hat, [["Y_hat", "Y"], ["Y_hat", "ˆ", { dx: -11, dy: -5 }]]);
  nameSymbol(svg, PLACES.Y, [["Y", "Y"]]);
  svg.setAttribute("aria-label", `The network: two inputs, ${width} hidden units, one output beside its target.`);
  sprout(svg, "text", { x: (PLACES.Y_hat + PLACES.Y) / 2, y: 188 }, "→");
}

/** A square with a mark for every sample: a quarter of it for the corners, a small one at its place for others. */
function buildUnit(svg, name, x, y, size) {
  const group = sprout(svg, "g", { class: "samples", "data-s": name, transform: `translate(${x} ${y})` });
  const corners = inputs() === CORNERS;
  const side = corners ? size / 2 : size / 6;
  const place = (v) => (corners ? v - 0.5 : (v - PLANE.low) / (PLANE.high - PLANE.low) - 0.5) * (size - side);
  for (const [x1, x2] of inputs()) {
    sprout(group, "rect", { x: place(x1) - side / 2, y: -place(x2) - side / 2, width: side, height: side });
  }
  sprout(group, "rect", { class: "rim", x: -size / 2, y: -size / 2, width: size, height: size, rx: 4 });
}

const signColour = (value) => CLASSES[value > 0 ? 1 : 0];

/** Weights as lines, and what the units say of the samples. */
function showNetwork(T) {
  const svg = one("alive-network");
  for (const edges of all(".edges", svg)) {
    const weights = T[edges.dataset.s].flat();
    [...edges.children].forEach((line, n) => {
      line.setAttribute("stroke", signColour(weights[n]));
      line.setAttribute("stroke-width", Math.min(14, 0.5 + 1.5 * Math.abs(weights[n])) || 0);
    });
  }
  const units = {};
  for (const group of all(".samples", svg)) {
    const name = group.dataset.s;
    const unit = (units[name] = (units[name] ?? -1) + 1);
    const values = T[name].map((row) => row[unit]);
    const signed = name === "A" && chosen.activation !== "sigmoid";
    const middle = signed ? 0 : 0.5;
    const reach = signed ? Math.max(1, ...T.A.flat().map(Math.abs)) : 0.5;
    values.forEach((value, i) => {
      group.children[i].setAttribute("fill", signColour(value - middle));
      group.children[i].setAttribute("fill-opacity", Math.min(1, Math.abs(value - middle) / reach) || 0);
    });
    group.classList.toggle("dead", name === "A" && isDead(values));
  }
}

const isDead = (values) => chosen.activation === "relu" && values.length > 0 && values.every((value) => value === 0);

// --- The square of inputs, and the loss ------------------------------------------------------------------------

const along = (n) => PLANE.low + ((PLANE.high - PLANE.low) * n) / (PLANE.side - 1);
const plane = range(PLANE.side ** 2).map((n) => [along(n % PLANE.side), along(Math.floor(n / PLANE.side))]);

function showPlane() {
  const canvas = one("alive-plane");
  const pen = penOf(canvas);
  if (!pen) return;
  const extent = canvas.clientWidth;
  const { W1, W2, rules } = live.network;
  const { Y_hat } = forward(plane, W1, W2, chosen.activation, rules);
  const share = drawField(pen, 0, 0, extent, PLANE.side, (n) => Y_hat[n][0]);
  const place = ([x, y]) => [x, 1.0 - y].map((v) => ((v - PLANE.low) / (PLANE.high - PLANE.low)) * extent);
  inputs().forEach((input, i) => dot(pen, ...place(input), 8, CLASSES[targets()[i][0]], pen.ink));
  if (own.cursor && chosen.data === "own") {
    const [x, y] = place(own.cursor);
    pen.lineWidth = 2;
    pen.strokeRect(x - 12, y - 12, 24, 24);
  }
  canvas.setAttribute("aria-label", `Decision boundary: ${Math.round(100 * share)}% of the square is class 1.`);
}

/** Every loss so far, and that of now; with a mistake the right network's behind it, in grey. */
function showLoss(loss) {
  const canvas = one("alive-loss");
  const pen = penOf(canvas);
  if (!pen) return;
  const box = { left: 48, right: canvas.clientWidth - 10, top: 8, bottom: canvas.clientHeight - 24 };
  const curve = [...live.network.curve, [live.steps, loss]];
  const curves = live.right ? [live.right.curve, curve] : [curve];
  const logs = (points) => points.filter(([, L]) => Number.isFinite(L)).map(([t, L]) => [t, logOf(L)]);
  const logged = curves.map(logs);
  const heights = logged.flat().map(([, height]) => height);
  const high = Math.min(8, heights.reduce((a, b) => Math.max(a, b), 0));
  const low = Math.floor(heights.reduce((a, b) => Math.min(a, b), -2));
  const end = Math.log10(Math.max(100, live.steps) + 1);
  const x = (t) => box.left + (Math.log10(t + 1) / end) * (box.right - box.left);
  const y = (height) => box.top + ((Math.ceil(high) - height) / (Math.ceil(high) - low)) * (box.bottom - box.top);
  drawAxes(pen, box, x, y, low, Math.ceil(high));
  const colours = live.right ? [themeColour("--soft"), themeColour("--bad")] : [themeColour("--accent")];
  logged.forEach((points, n) => {
    pen.strokeStyle = colours[n];
    pen.lineWidth = live.right && n === 0 ? 4 : 2.5;
    pen.beginPath();
    for (const [t, height] of points) pen.lineTo(x(t), y(Math.min(height, high)));
    pen.stroke();
  });
  const last = Number.isFinite(loss) && logged.at(-1).at(-1);
  if (last) dot(pen, x(last[0]), y(Math.min(last[1], high)), 5, colours.at(-1), pen.ink);
}

const logOf = (L) => Math.log10(Math.max(L, LEAST_LOSS));
