// The pictures of the recorded run, drawn on canvases: the hidden layer, the loss, predictions, the boundary.

const CLASSES = ["#4477aa", "#ee7733"];
const FINE = 64; // points a side of a smooth boundary
const PICTURES = { boundary: drawBoundary, hidden: drawHidden, loss: drawLoss, predictions: drawPredictions };
let printing = false;

export const setPrinting = (on) => (printing = on);
const target = (i) => (header.Y[i][0] > 0.5 ? 1 : 0);
const themeColour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const accent = () => (printing ? "#1d56b8" : themeColour("--accent"));
const wrongColour = () => (printing ? "#b3261e" : themeColour("--bad"));

/** A pen for a canvas, cleared, in CSS pixels; null while the canvas is not on the page. */
export function penOf(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width) return null;
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale; // clears it
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  pen.scale(scale, scale);
  pen.ink = printing ? "#000" : style.color;
  pen.soft = printing ? "#bbb" : style.borderColor;
  pen.strokeStyle = pen.fillStyle = pen.ink;
  pen.font = `13px ${style.fontFamily}`;
  return pen;
}

/** Draw the picture of a canvas, and say in words what it shows. */
export function drawPicture(canvas) {
  const pen = penOf(canvas);
  if (!pen) return;
  const says = PICTURES[canvas.dataset.picture](pen, canvas.clientWidth, canvas.clientHeight, state.read);
  canvas.setAttribute("aria-label", `${says} ${state.read}, step ${header.steps[state.step]}.`);
}

function dot(pen, x, y, radius, fill, ring) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  if (!ring) return;
  pen.strokeStyle = ring;
  pen.lineWidth = 2;
  pen.stroke();
}

function segment(pen, x1, y1, x2, y2) {
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
}

/** [[a, b], ...], an array of rows, from a flat array of a quantity. */
function rowsOf({ shape, values }) {
  return range(shape[0]).map((i) => [...values.subarray(i * shape[1], (i + 1) * shape[1])]);
}

/** E26: the inputs' square in the colour of its class, paler the nearer to the boundary; the inputs on top. */
function drawBoundary(pen, width, height, column) {
  const extent = Math.min(width, height) - 20;
  const left = (width - extent) / 2;
  const top = (height - extent) / 2;
  const { low, high } = header;
  const at = (n) => low + ((high - low) * n) / (FINE - 1);
  const [W1, W2] = ["W1", "W2"].map((name) => rowsOf(quantity(name, column)));
  const grid = range(FINE * FINE).map((n) => [at(n % FINE), at(Math.floor(n / FINE))]);
  const { Y_hat } = forward(grid, W1, W2, header.activations[state.activation]);
  const share = drawField(pen, left, top, extent, FINE, (n) => Y_hat[n][0]);
  const place = (v) => ((v - low) / (high - low)) * extent;
  header.X.forEach(([x, y], i) => dot(pen, left + place(x), top + extent - place(y), 6, CLASSES[target(i)], pen.ink));
  return `Decision boundary: ${Math.round(100 * share)}% of the square is class 1.`;
}

/** The samples in the space of the hidden units, two units at a time, and the way they came since step 0. */
function drawHidden(pen, width, height, column) {
  const units = header.shapes.A[1];
  const pairs = [[0, 1], [0, 2], [1, 2]].filter(([, k]) => k < units);
  const path = header.steps.map((_, position) => quantity("A", column, position).values);
  const finite = path.flatMap((A) => [...A]).filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(low + 0.1, ...finite);
  const gap = 24;
  const side = Math.min((width - 24) / pairs.length - gap, height - 2 * gap + 4);
  const left = (width - pairs.length * (side + gap)) / 2 + gap;
  pairs.forEach(([k, l], n) => {
    const x0 = left + n * (side + gap);
    const along = (v) => ((v - low) / (high - low)) * (side - 14) + 7;
    const place = (A, i) => [x0 + along(A[i * units + k]), gap / 2 + side - along(A[i * units + l])];
    frameOfUnits(pen, x0, gap / 2, side, k, l);
    header.X.forEach((_, i) => trail(pen, path.slice(0, state.step + 1).map((A) => place(A, i)), CLASSES[target(i)]));
    header.X.forEach((_, i) => dot(pen, ...place(path[state.step], i), 5, CLASSES[target(i)], pen.ink));
  });
  return "The four samples in the space of the hidden units.";
}

function frameOfUnits(pen, x, y, side, k, l) {
  pen.strokeStyle = pen.soft;
  pen.lineWidth = 1;
  pen.strokeRect(x, y, side, side);
  pen.fillStyle = pen.ink;
  pen.textAlign = "center";
  pen.fillText(`a${"₁₂₃"[k]}`, x + side / 2, y + side + 14);
  pen.fillText(`a${"₁₂₃"[l]}`, x - 12, y + side / 2 + 4);
}

function trail(pen, points, colour) {
  pen.beginPath();
  for (const point of points) pen.lineTo(...point);
  pen.strokeStyle = colour;
  pen.globalAlpha = 0.5;
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.globalAlpha = 1;
}

/** The loss over the steps, both logarithmic; where a mistake is planted, the right column's stays behind it in grey. */
function drawLoss(pen, width, height, column) {
  const box = { left: 50, right: width - 12, top: 10, bottom: height - 22 };
  const planted = state.mistake && column === "numpy";
  const curves = [lossesOf(column)];
  if (planted) curves.unshift(lossesOf(column, null));
  const finite = curves.flat().filter(Number.isFinite);
  const low = Math.floor(Math.min(...finite, -1));
  const high = Math.max(low + 1, Math.ceil(Math.max(...finite)));
  const end = Math.log10(header.steps[LAST] + 1);
  const x = (step) => box.left + (Math.log10(step + 1) / end) * (box.right - box.left);
  const y = (L) => box.bottom - ((L - low) / (high - low)) * (box.bottom - box.top);
  drawAxes(pen, box, x, y, low, high);
  const colours = planted ? [printing ? "#888" : themeColour("--soft"), wrongColour()] : [accent()];
  curves.forEach((curve, n) => {
    pen.strokeStyle = colours[n];
    pen.lineWidth = 2.5;
    pen.beginPath();
    curve.forEach((L, position) => Number.isFinite(L) && pen.lineTo(x(header.steps[position]), y(L)));
    pen.stroke();
  });
  const now = curves.at(-1)[state.step];
  if (Number.isFinite(now)) dot(pen, x(header.steps[state.step]), y(now), 5, colours.at(-1), pen.ink);
  const values = quantity("L", column).values;
  return `Loss over the steps: ${short(quantity("L", column, 0).values[0])} at first, ${short(values[0])} now.`;
}

/** The logarithms of a column's loss at the recorded steps. */
function lossesOf(column, mistake = state.mistake) {
  return header.steps.map((_, position) => {
    const [L] = quantity("L", column, position, mistake).values;
    return Math.log10(Math.max(L, 1e-32));
  });
}

/** Lines at powers of ten of the loss, and steps below, of a picture that is logarithmic both ways. */
export function drawAxes(pen, box, x, y, low, high) {
  pen.lineWidth = 1;
  pen.strokeStyle = pen.soft;
  pen.beginPath();
  pen.textAlign = "right";
  const every = Math.ceil((high - low) / 5);
  for (let power = high; power >= low; power -= every) {
    segment(pen, box.left, y(power), box.right, y(power));
    pen.fillText(power > -4 && power < 4 ? Number(`1e${power}`) : `1e${power}`, box.left - 6, y(power) + 4);
  }
  pen.stroke();
  pen.textAlign = "center";
  for (let step = 1; x(step) <= box.right; step *= 10) {
    pen.fillText(step < 1000 ? step : `${step / 1000}k`, Math.min(x(step), box.right - 10), box.bottom + 17);
  }
}

/** E25: the inputs; the dot has the colour of the predicted class, the ring that of the target. */
function drawPredictions(pen, width, height, column) {
  const { values } = quantity("Y_hat", column);
  const side = Math.min(width - 110, height - 70);
  const left = (width - side) / 2;
  const top = (height - side) / 2 - 8;
  const classes = header.X.map((_, i) => (values[i] > 0.5 ? 1 : 0));
  pen.strokeStyle = pen.soft;
  pen.strokeRect(left, top, side, side);
  pen.textAlign = "center";
  header.X.forEach(([x, y], i) => {
    const at = [left + x * side, top + side - y * side];
    dot(pen, ...at, 14, printing ? "#fff" : themeColour("--paper"), CLASSES[target(i)]);
    dot(pen, ...at, 8, CLASSES[classes[i]]);
    pen.fillStyle = pen.ink;
    pen.fillText(short(values[i]), at[0], at[1] + 30);
  });
  const right = classes.filter((c, i) => c === target(i)).length;
  return `Predictions: ${right} of ${classes.length} inputs are in the right class.`;
}
