"use strict";

const header = JSON.parse(document.getElementById("header").textContent);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (id) => document.getElementById(id);
const CLASSES = ["#4477aa", "#ee7733"];
const LAST = header.steps.length - 1;

// --- The numbers -----------------------------------------------------------------------------------------------

/** Resolves to {values, marks, losses, lossMarks, levels}; arrays have axes column, activation, seed, step, ... */
async function unpack() {
  const text = atob(one("packed").textContent);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();

  const C = header.columns.length;
  const runs = C * header.activations.length * header.seeds.length;
  const steps = runs * header.steps.length;
  const sizes = Object.values(header.shapes).map((shape) => steps * product(shape));
  const lengths = [...sizes, runs * header.epochs.length];
  let offset = 0;
  const take = (length, Type) => {
    const bytes = new Uint8Array(buffer, offset, length * Type.BYTES_PER_ELEMENT);
    const n = bytes.length / C; // every column but the first was XORed with the first
    for (let i = n; i < bytes.length; i++) bytes[i] ^= bytes[i % n];
    offset += bytes.length;
    return new Type(buffer, bytes.byteOffset, length);
  };
  const values = lengths.map((length) => take(length, Float64Array));
  const marks = lengths.map((length) => take(length, Uint8Array));
  const levels = take(steps * header.side ** 2, Uint8Array);
  const names = Object.keys(header.shapes);
  const named = (arrays) => Object.fromEntries(names.map((name, i) => [name, arrays[i]]));
  return { values: named(values), marks: named(marks), losses: values.at(-1), lossMarks: marks.at(-1), levels };
}

const product = (shape) => shape.reduce((a, b) => a * b, 1);
const given = { X: header.X, Y: header.Y };
let numbers = null;

function run(column) {
  return (header.columns.indexOf(column) * header.activations.length + state.activation) * header.seeds.length + state.seed;
}

/** What a column computed at a recorded step: {shape, values, marks}; marks is null where the numbers were given. */
function quantity(name, column, step = state.step) {
  if (name in given) {
    return { shape: [given[name].length, given[name][0].length], values: given[name].flat(), marks: null };
  }
  const shape = header.shapes[name];
  const size = product(shape);
  const start = (run(column) * header.steps.length + step) * size;
  const part = (array) => array.subarray(start, start + size);
  const drawn = step === 0 && /^W/.test(name);
  return { shape, values: part(numbers.values[name]), marks: drawn ? null : part(numbers.marks[name]) };
}

// --- What the reader chose -------------------------------------------------------------------------------------

const boxes = all("#columns input");
const narrow = matchMedia("(max-width: 40rem)"); // columns are tabs there
const fits = Math.max(1, Math.min(boxes.length, Math.floor(innerWidth / 330)));
const state = { columns: boxes.slice(0, fits).map((box) => box.value), activation: 0, seed: 0, step: 0, digits: "4", theme: "auto" };
const KEY = "fourfold lesson";

/** Storage may be forbidden, full, or hold something else: then the choice lasts as long as the page. */
function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
    const columns = kept.columns?.filter((name) => boxes.some((box) => box.value === name));
    if (columns?.length) state.columns = columns;
    if (["4", "all"].includes(kept.digits)) state.digits = kept.digits;
    if (["auto", "light", "dark"].includes(kept.theme)) state.theme = kept.theme;
  } catch {
    // as it is
  }
}

function remember() {
  try {
    const { columns, digits, theme } = state;
    localStorage.setItem(KEY, JSON.stringify({ columns, digits, theme }));
  } catch {
    // as above
  }
}

/** The chosen columns in the page's order; of tabs, the one that was chosen last. */
function shown() {
  if (narrow.matches) return state.columns.slice(0, 1);
  return boxes.map((box) => box.value).filter((name) => state.columns.includes(name));
}

// --- Tables of numbers -----------------------------------------------------------------------------------------

/** Four significant digits. */
function short(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1000) return String(value).replace("-", "−");
  const size = Math.abs(value);
  const plain = !Number.isFinite(value) || (size >= 1e-3 && size < 1e3);
  return (plain ? value.toPrecision(4) : value.toExponential(3)).replaceAll("-", "−");
}

/** All digits: the shortest that give back the same number; those in which a column differs from the first stand out. */
function showAll(cell, value, first) {
  const [text, other] = [value, first].map((v) => (Object.is(v, -0) ? "-0" : String(v)));
  let same = 0;
  while (same < text.length && text[same] === other[same]) same++;
  const rest = document.createElement("b");
  rest.textContent = text.slice(same);
  cell.replaceChildren(text.slice(0, same), ...(rest.textContent ? [rest] : []));
}

function build(box) {
  const { shape } = quantity(box.dataset.q, box.dataset.c);
  const [rows, columns] = shape.length ? shape : [1, 1];
  const samples = rows === header.X.length && !box.dataset.q.includes("W");
  const table = box.querySelector("table");
  for (let i = 0; i < rows; i++) {
    const row = table.insertRow();
    if (samples) {
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = header.X[i].join(" ");
      row.append(head);
    }
    for (let j = 0; j < columns; j++) row.insertCell();
  }
  box.cells = all("td", table);
  box.says = box.querySelector(".mark");
}

function fill(box) {
  if (!box.cells) build(box);
  const { values, marks } = quantity(box.dataset.q, box.dataset.c);
  const first = quantity(box.dataset.q, header.columns[0]).values;
  box.cells.forEach((cell, i) => {
    if (state.digits === "all") showAll(cell, values[i], first[i]);
    else cell.textContent = short(values[i]);
    cell.dataset.mark = marks ? marks[i] : "given";
  });
  say(box.says, marks, box.dataset.q);
  const scrolls = state.digits === "all";
  box.lastElementChild.toggleAttribute("tabindex", scrolls);
  if (scrolls) box.lastElementChild.tabIndex = 0;
}

/** The judge's word on an array, in `element`. */
function say(element, marks, name) {
  const [text, kind, title] = word(marks, name);
  element.textContent = text;
  element.className = `mark ${kind}`;
  element.title = title;
}

function word(marks, name) {
  if (!marks) return [/^W/.test(name) ? "drawn" : "given", "", "The same for every column"];
  if (marks.includes(header.wrong)) return ["✗ wrong", "bad", "An error is larger than rounding allows"];
  if (marks.includes(header.uncertain)) return ["out of range", "", "Too near the largest number to be judged"];
  const most = Math.max(...marks);
  return [most ? `✓ ${most} %` : "✓ exact", "ok", `The largest error is ${most} % of what rounding allows`];
}

// --- Pictures --------------------------------------------------------------------------------------------------

let printing = false;
const PICTURES = { boundary, hidden, loss, predictions };

function draw(canvas) {
  const column = canvas.dataset.c ?? shown()[0];
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (!width) return;
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale; // clears it
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  pen.scale(scale, scale);
  pen.ink = printing ? "#000" : style.color;
  pen.soft = printing ? "#bbb" : style.borderColor;
  pen.strokeStyle = pen.fillStyle = pen.ink;
  pen.font = `12px ${style.fontFamily}`;
  const says = PICTURES[canvas.dataset.picture](pen, width, height, column);
  canvas.setAttribute("aria-label", `${says} ${column}, step ${header.steps[state.step]}.`);
}

const target = (i) => (header.Y[i][0] > 0.5 ? 1 : 0);

function dot(pen, x, y, radius, fill, ring) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  if (ring) {
    pen.strokeStyle = ring;
    pen.lineWidth = 2;
    pen.stroke();
  }
}

/** E26: a grid of inputs in the colour of their class, paler the nearer to the boundary; the inputs on top. */
function boundary(pen, width, height, column) {
  const { side, low, high } = header;
  const cell = Math.floor((Math.min(width, height) - 20) / side);
  const extent = cell * side;
  const left = Math.round((width - extent) / 2);
  const top = Math.round((height - extent) / 2);
  const start = (run(column) * header.steps.length + state.step) * side * side;
  const level = (i, j) => numbers.levels[start + j * side + i];
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const x = left + i * cell;
      const y = top + (side - 1 - j) * cell;
      pen.globalAlpha = 0.3 + 0.55 * Math.min(1, Math.abs(level(i, j) - 127.5) / 64);
      pen.fillStyle = CLASSES[level(i, j) > 127 ? 1 : 0];
      pen.fillRect(x, y, cell, cell);
    }
  }
  pen.globalAlpha = 1;
  pen.lineWidth = 2;
  pen.strokeStyle = pen.ink;
  pen.beginPath();
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const x = left + i * cell;
      const y = top + (side - 1 - j) * cell;
      const other = (k, l) => level(i, j) > 127 !== level(k, l) > 127;
      if (i + 1 < side && other(i + 1, j)) line(pen, x + cell, y, x + cell, y + cell);
      if (j + 1 < side && other(i, j + 1)) line(pen, x, y, x + cell, y);
    }
  }
  pen.stroke();
  const place = (v) => ((v - low) / (high - low)) * (extent - cell) + cell / 2;
  header.X.forEach(([x, y], i) => dot(pen, left + place(x), top + extent - place(y), 6, CLASSES[target(i)], pen.ink));
  const ones = numbers.levels.subarray(start, start + side * side).filter((l) => l > 127).length;
  return `Decision boundary: ${Math.round((100 * ones) / side ** 2)} % of the square is class 1.`;
}

function line(pen, x1, y1, x2, y2) {
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
}

/** The samples in the space of the hidden units, two units at a time, and the way they came since step 0. */
function hidden(pen, width, height, column) {
  const units = header.shapes.A[1];
  const pairs = [[0, 1], [0, 2], [1, 2]].filter(([, k]) => k < units);
  const steps = header.steps.map((_, step) => quantity("A", column, step).values);
  const finite = steps.flatMap((A) => [...A]).filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(low + 0.1, ...finite);
  const gap = 22;
  const side = Math.min((width - 24) / pairs.length - gap, height - 2 * gap + 4);
  const left = (width - pairs.length * (side + gap)) / 2 + gap;
  pairs.forEach(([k, l], n) => {
    const x0 = left + n * (side + gap);
    const place = (A, i) => {
      const along = (v) => ((v - low) / (high - low)) * (side - 14) + 7;
      return [x0 + along(A[i * units + k]), gap / 2 + side - along(A[i * units + l])];
    };
    pen.strokeStyle = pen.soft;
    pen.lineWidth = 1;
    pen.strokeRect(x0, gap / 2, side, side);
    pen.fillStyle = pen.ink;
    pen.textAlign = "center";
    pen.fillText(`a${"₁₂₃"[k]}`, x0 + side / 2, gap / 2 + side + 14);
    pen.fillText(`a${"₁₂₃"[l]}`, x0 - 11, gap / 2 + side / 2 + 4);
    header.X.forEach((_, i) => {
      pen.beginPath();
      steps.slice(0, state.step + 1).forEach((A) => pen.lineTo(...place(A, i)));
      pen.strokeStyle = CLASSES[target(i)];
      pen.globalAlpha = 0.5;
      pen.lineWidth = 1.5;
      pen.stroke();
      pen.globalAlpha = 1;
    });
    header.X.forEach((_, i) => dot(pen, ...place(steps[state.step], i), 5, CLASSES[target(i)], pen.ink));
  });
  return "The four samples in the space of the hidden units.";
}

/** The loss over the steps, both logarithmic. */
function loss(pen, width, height, column) {
  const box = { left: 44, right: width - 12, top: 10, bottom: height - 22 };
  const losses = header.steps.map((_, step) => quantity("L", column, step).values[0]);
  const shown = losses.map((L) => Math.log10(Math.max(L, 1e-32)));
  const finite = shown.filter(Number.isFinite);
  const low = Math.floor(Math.min(...finite, -1));
  const high = Math.max(low + 1, Math.ceil(Math.max(...finite)));
  const end = Math.log10(header.steps[LAST] + 1);
  const x = (step) => box.left + (Math.log10(header.steps[step] + 1) / end) * (box.right - box.left);
  const y = (L) => box.bottom - ((L - low) / (high - low)) * (box.bottom - box.top);
  pen.lineWidth = 1;
  pen.strokeStyle = pen.soft;
  pen.beginPath();
  const every = Math.ceil((high - low) / 4);
  pen.textAlign = "right";
  for (let power = high; power >= low; power -= every) {
    line(pen, box.left, y(power), box.right, y(power));
    pen.fillText(power > -4 && power < 4 ? String(10 ** power).slice(0, 5) : `1e${power}`, box.left - 6, y(power) + 4);
  }
  pen.stroke();
  pen.textAlign = "center";
  for (let step = 1; step <= header.steps[LAST]; step *= 10) {
    pen.fillText(step < 1000 ? step : `${step / 1000}k`, Math.min(box.left + (Math.log10(step + 1) / end) * (box.right - box.left), width - 20), height - 6);
  }
  pen.strokeStyle = style("--accent");
  pen.lineWidth = 2;
  pen.beginPath();
  shown.forEach((L, step) => Number.isFinite(L) && pen.lineTo(x(step), y(L)));
  pen.stroke();
  dot(pen, x(state.step), y(shown[state.step]), 5, style("--accent"), pen.ink);
  return `Loss over the steps: ${short(losses[0])} at first, ${short(losses[state.step])} now.`;
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/** E25: the inputs; the dot has the colour of the predicted class, the ring that of the target. */
function predictions(pen, width, height, column) {
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
    dot(pen, ...at, 14, printing ? "#fff" : style("--paper"), CLASSES[target(i)]);
    dot(pen, ...at, 8, CLASSES[classes[i]]);
    pen.fillStyle = pen.ink;
    pen.fillText(short(values[i]), at[0], at[1] + 30);
  });
  const right = classes.filter((c, i) => c === target(i)).length;
  return `Predictions: ${right} of ${classes.length} inputs have the class they should.`;
}

/** The network at the head of the page: weights as lines, and what its units say of the four samples. */
function network(column) {
  const colour = (value) => CLASSES[value > 0 ? 1 : 0];
  for (const edges of all(".network .edges")) {
    const { values } = quantity(edges.dataset.s, column);
    [...edges.children].forEach((line, i) => {
      line.setAttribute("stroke", colour(values[i]));
      line.setAttribute("stroke-width", Math.min(14, 0.5 + 1.5 * Math.abs(values[i])) || 0);
    });
  }
  const seen = {};
  for (const samples of all(".network .samples")) {
    const name = samples.dataset.s;
    const { values, shape } = quantity(name, column);
    const unit = (seen[name] = (seen[name] ?? -1) + 1);
    const signed = name === "A" && header.activations[state.activation] !== "sigmoid";
    const middle = signed ? 0 : 0.5;
    const reach = signed ? Math.max(1, ...values.map(Math.abs)) : 0.5;
    header.X.forEach((_, i) => {
      const above = values[i * shape[1] + unit] - middle;
      samples.children[i].setAttribute("fill", colour(above));
      samples.children[i].setAttribute("fill-opacity", Math.min(1, Math.abs(above) / reach) || 0);
    });
  }
}

// --- Keeping the page up to date -------------------------------------------------------------------------------

const inView = new Set();
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target: element, isIntersecting } of entries) {
      if (!isIntersecting) inView.delete(element);
      else if (inView.add(element)) update(element);
    }
  },
  { rootMargin: "50% 0%" },
);

function update(element) {
  if (!numbers || element.closest("[hidden]")) return;
  if (element.matches("canvas")) draw(element);
  else if (element.matches("details")) listLosses(element);
  else fill(element);
}

function refresh(elements = inView) {
  if (!numbers) return;
  const isPicture = (element) => element.matches("canvas");
  [...elements].filter(isPicture).forEach(update); // they measure the page, so they come before what changes it
  network(shown()[0]);
  const step = header.steps[state.step];
  const { values, marks } = quantity("L", shown()[0]);
  const [at, L] = all("b", one("now"));
  at.textContent = step.toLocaleString("en");
  L.textContent = short(values[0]);
  say(one("now").lastElementChild, marks, "L");
  one("step").setAttribute("aria-valuetext", `step ${step} of ${header.steps[LAST]}, loss ${short(values[0])}`);
  [...elements].filter((element) => !isPicture(element)).forEach(update);
}

/** E24: what training kept. */
function listLosses(details) {
  if (!details.open) return;
  const E = header.epochs.length;
  const start = run(details.dataset.c) * E;
  const items = header.epochs.map((epoch, i) => {
    const item = document.createElement("li");
    const value = numbers.losses[start + i];
    item.textContent = `${epoch.toLocaleString("en")}: ${state.digits === "all" ? value : short(value)}`;
    item.dataset.mark = numbers.lossMarks[start + i];
    return item;
  });
  details.querySelector("ol").replaceChildren(...items);
}

function apply() {
  document.documentElement.dataset.theme = state.theme;
  document.documentElement.dataset.digits = state.digits;
  const columns = shown();
  for (const box of boxes) {
    box.checked = false; // one radio button that is on turns the others off
    box.type = narrow.matches ? "radio" : "checkbox";
  }
  for (const box of boxes) box.checked = columns.includes(box.value);
  for (const name of ["activation", "seed", "digits", "theme"]) {
    for (const input of all(`input[name=${name}]`)) input.checked = input.value === String(state[name]);
  }
  for (const cards of all(".cards:not(.alone)")) {
    for (const card of cards.children) card.hidden = !columns.includes(card.dataset.c);
    cards.style.setProperty("--columns", columns.length);
  }
  const activation = header.activations[state.activation];
  for (const element of all("[data-a]")) element.hidden = element.dataset.a !== activation;
  one("step").value = state.step;
  refresh();
}

function goTo(step) {
  state.step = Math.max(0, Math.min(LAST, step));
  one("step").value = state.step;
  refresh();
}

// --- Symbols ---------------------------------------------------------------------------------------------------

let kept = null; // the symbol whose button is pressed

function light(symbol) {
  for (const element of all(".lit")) element.classList.remove("lit");
  if (symbol) for (const element of all(`[data-s="${symbol}"]`)) element.classList.add("lit");
}

function press(button) {
  kept = kept === button.dataset.s ? null : button.dataset.s;
  for (const each of all(".symbols button")) each.setAttribute("aria-pressed", each.dataset.s === kept);
  for (const line of all(".meaning")) line.textContent = "";
  if (kept) button.closest(".words").querySelector(".meaning").textContent = button.title;
  light(kept);
}

// --- Events ----------------------------------------------------------------------------------------------------

let playing = 0;

function play(on) {
  clearInterval(playing);
  playing = on ? setInterval(() => (state.step < LAST ? goTo(state.step + 1) : play(false)), 180) : 0;
  for (const button of all(".play")) button.setAttribute("aria-pressed", Boolean(on));
}

/** What the address names comes into view; a line of a file opens its file. */
function open() {
  const place = document.getElementById(location.hash.slice(1));
  const file = place?.closest("details.file");
  if (file) file.open = true;
  place?.scrollIntoView({ block: file ? "center" : "start", behavior: "instant" });
}

function listen() {
  one("columns").addEventListener("change", ({ target: box }) => {
    const others = state.columns.filter((name) => name !== box.value);
    state.columns = box.checked || !others.length ? [box.value, ...others] : others; // one is always there
    remember();
    apply();
  });
  for (const name of ["activation", "seed", "digits", "theme"]) {
    one(name).addEventListener("change", ({ target: input }) => {
      state[name] = typeof state[name] === "number" ? Number(input.value) : input.value;
      remember();
      apply();
    });
  }
  one("step").addEventListener("input", () => goTo(Number(one("step").value)));
  for (const button of all(".play")) {
    button.addEventListener("click", () => {
      if (!playing && state.step === LAST) goTo(0);
      play(!playing);
    });
  }
  narrow.addEventListener("change", apply);
  one("pictures").addEventListener("click", () => {
    one("tray").hidden = !one("tray").hidden;
    one("pictures").setAttribute("aria-expanded", !one("tray").hidden);
    refresh(all("#tray canvas"));
  });
  const symbolAt = (event) => event.target.closest?.("[data-s]")?.dataset.s ?? kept;
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, (event) => light(symbolAt(event)));
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".symbols button");
    if (button) press(button);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && kept) press(document.querySelector(`.symbols button[data-s="${kept}"]`));
  });
  for (const details of all(".epochs")) details.addEventListener("toggle", () => update(details));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => refresh());
  addEventListener("resize", () => refresh());
  addEventListener("hashchange", open);
  addEventListener("beforeprint", () => {
    printing = true;
    refresh(watched);
  });
  addEventListener("afterprint", () => {
    printing = false;
    refresh();
  });
}

const watched = all(".quantity, canvas.picture, .epochs");

recall();
listen();
apply();
unpack().then(
  (found) => {
    numbers = found;
    for (const box of all(".quantity")) fill(box); // so that nothing moves when it comes into view
    open();
    for (const element of watched) watcher.observe(element);
    refresh();
    document.documentElement.dataset.ready = "";
  },
  () => {
    const trouble = document.querySelector(".trouble");
    trouble.textContent = "This browser cannot unpack the numbers (it has no DecompressionStream): a newer one can.";
    trouble.hidden = false;
  },
);
