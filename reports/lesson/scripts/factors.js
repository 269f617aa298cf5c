// Point at a number: what it is made of lights, and the sum is written out.

const LETTERS = { X: "x", Y: "y", W1: "w", W2: "w", H: "h", A: "a", Y_hat: "ŷ", R: "r", L: "L", sigma_prime: "σ′" };
const range = (n) => [...Array(n).keys()];

/** Z's entry i, j. */
const entry = (name, i, j) => ({ name, i, j });

/** The sizes of the network on the page. */
function sizes() {
  const [N, dIn] = [header.X.length, header.X[0].length];
  const [dHidden, dOut] = header.shapes.W2;
  return { N, dIn, dHidden, dOut };
}

// Quantity -> (i, j) -> the parts of the sum: entries of other quantities, and the text between them.
const MADE_OF = {
  H: (k, j) => sumOver(range(sizes().dIn), (i) => [entry("X", k, i), " · ", entry("W1", i, j)]),
  A: (k, j) => ["σ(", entry("H", k, j), ")"],
  Y_hat: (k, m) => sumOver(range(sizes().dHidden), (j) => [entry("A", k, j), " · ", entry("W2", j, m)]),
  R: (k, m) => [entry("Y_hat", k, m), " − ", entry("Y", k, m)],
  L: () => ["(", ...sumOver(range(sizes().N), (k) => [entry("R", k, 0), "²"]), `) / (2 · ${sizes().N})`],
  dL_dY_hat: (k, m) => [entry("R", k, m), ` / ${sizes().N}`],
  dL_dW2: (j, m) => sumOver(range(sizes().N), (k) => [entry("A", k, j), " · ", entry("dL_dY_hat", k, m)]),
  dL_dA: (k, j) => sumOver(range(sizes().dOut), (m) => [entry("dL_dY_hat", k, m), " · ", entry("W2", j, m)]),
  sigma_prime: (k, j) => slopeOf(entry("A", k, j)),
  dL_dH: (k, j) => [entry("dL_dA", k, j), " · ", entry("sigma_prime", k, j)],
  dL_dW1: (i, j) => sumOver(range(sizes().N), (k) => [entry("X", k, i), " · ", entry("dL_dH", k, j)]),
};

function sumOver(indices, product) {
  return indices.flatMap((index, n) => (n ? [" + ", ...product(index)] : product(index)));
}

/** σ′ as E16 has it, by a = σ(h). */
function slopeOf(a) {
  const written = {
    sigmoid: [a, " · (1 − ", a, ")"],
    tanh: ["1 − ", a, "²"],
    relu: ["1 where ", a, " > 0, else 0"],
    identity: ["1, whatever ", a, " is"],
  };
  return written[header.activations[state.activation]];
}

/** The entries a number is made of. */
function factorsOf(name, i, j) {
  if (/^W/.test(name)) return [entry(name, i, j), entry(`dL_d${name}`, i, j)];
  return (MADE_OF[name]?.(i, j) ?? []).filter((part) => typeof part === "object");
}

const value = ({ name, i, j }, column) => {
  const { shape, values } = quantity(name, column);
  return values[i * (shape[1] ?? 1) + j];
};

/** An element with the symbol's colour. */
function coloured(name, text, index = "") {
  const element = document.createElement("span");
  element.dataset.s = name;
  element.textContent = text;
  if (index) element.append(Object.assign(document.createElement("sub"), { textContent: index }));
  return element;
}

/** As the formulas have it: h₂₁, ŷ₂, w₁,₂₁ and w₂,₁. */
function indexOf(name, i, j) {
  if (name === "L") return "";
  const column = ["R", "Y", "Y_hat", "W2"].includes(name) && !j ? "" : j + 1;
  const layer = /^W/.test(name) ? `${name[1]},` : "";
  return `${layer}${i + 1}${column}`;
}

function nameOf({ name, i, j }) {
  const [, of] = name.match(/^dL_d(\w+)$/) ?? [];
  return coloured(name, of ? `∂L/∂${LETTERS[of]}` : LETTERS[name], indexOf(of ?? name, i, j));
}

/** A number in brackets where a minus would stand beside an operator. */
function numberOf(part, column, first) {
  const text = short(value(part, column));
  return coloured(part.name, text.startsWith("−") && !first ? `(${text})` : text);
}

/** "h₂₁ = x₂₁ · w₁₁ + x₂₂ · w₂₁ = 0 · 0.35 + 1 · (−0.42) = −0.42" as elements. */
function writtenOut(target, column) {
  if (/^W/.test(target.name)) return nextWeight(target, column);
  const parts = MADE_OF[target.name]?.(target.i, target.j);
  if (!parts) return [nameOf(target), ` = ${short(value(target, column))}, given: sample ${target.i + 1}`];
  const symbols = parts.map((part) => (typeof part === "object" ? nameOf(part) : part));
  const numbers = parts.map((part, n) => (typeof part === "object" ? numberOf(part, column, n === 0) : part));
  return [nameOf(target), " = ", ...symbols, " = ", ...numbers, " = ", numberOf(target, column, true)];
}

/** A weight is not computed from others: the next step of training changes it (E23). */
function nextWeight(target, column) {
  const gradient = entry(`dL_d${target.name}`, target.i, target.j);
  const next = value(target, column) - header.lr * value(gradient, column);
  const rate = coloured("lr", String(header.lr));
  const from = [nameOf(target), " − ", coloured("lr", "λ"), " · ", nameOf(gradient)];
  const numbers = [numberOf(target, column, true), " − ", rate, " · ", numberOf(gradient, column)];
  return ["the next step makes it ", ...from, " = ", ...numbers, ` = ${short(next)}`];
}

/** What every column that is shown has for this number, where they differ: the digits that differ stand out. */
function comparison(target, columns) {
  const texts = columns.map((column) => long(value(target, column)));
  const same = commonLength(texts);
  if (texts.every((text) => text.length === same)) return [`the same in all ${columns.length} columns: ${texts[0]}`];
  return columns.flatMap((column, n) => {
    const tail = Object.assign(document.createElement("b"), { textContent: texts[n].slice(same) });
    return [n ? " · " : "", `${titleOf(column)} ${texts[n].slice(0, same)}`, tail];
  });
}

const titleOf = (column) => document.querySelector(`#columns [value="${column}"]`)?.nextElementSibling.textContent ?? column;

/** Light what a cell is made of, in its own row of matrices, and write it out below. */
export function pointAt(cell) {
  const matrix = cell.closest(".matrix");
  const worked = cell.closest(".worked");
  const [i, j] = cell.at;
  const target = entry(matrix.dataset.q, i, j);
  unpoint();
  cell.classList.add("pointed");
  for (const factor of factorsOf(target.name, i, j)) {
    for (const other of all(`.matrix[data-q="${factor.name}"] td`, worked)) {
      if (other !== cell && other.at?.[0] === factor.i && other.at[1] === factor.j) other.classList.add("factor");
    }
  }
  const column = columnOf(matrix);
  const [sum, columns] = all(".sum p", worked);
  sum.replaceChildren(...writtenOut(target, column));
  const others = matrix.dataset.columns.split(" ").filter((name) => name === column || shownColumns().includes(name));
  const computed = target.name in header.shapes;
  columns.replaceChildren(...(computed && others.length > 1 ? comparison(target, others) : []));
}

/** Nothing is pointed at any more; the sum that was written last stays, so that it can be read. */
export function unpoint() {
  for (const cell of all(".pointed, .factor")) cell.classList.remove("pointed", "factor");
}

/** The arrow keys go from number to number of a matrix, of which one is in the order of the Tab key. */
export function moveWithin(cell, key) {
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
  const row = cell.parentElement;
  const rows = [...row.parentElement.rows];
  const cells = (each) => all("td", each);
  const next = cells(rows[rows.indexOf(row) + down] ?? row)[cells(row).indexOf(cell) + right];
  if (!next) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
