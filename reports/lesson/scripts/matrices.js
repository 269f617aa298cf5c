// The row of matrices below an equation: one matrix a quantity, the judge's mark of every column.

/** The column whose numbers stand in a matrix: the one that is read, if it has this equation. */
export function columnOf(matrix) {
  const columns = matrix.dataset.columns.split(" ");
  return columns.includes(state.read) ? state.read : columns[0];
}

/** The cells of a matrix as [row][column] of its quantity, whichever way round it is shown. */
function cellsOf(matrix) {
  if (!matrix.cells) {
    matrix.cells = all("td", matrix);
    for (const cell of matrix.cells) cell.at = [Number(cell.dataset.i), Number(cell.dataset.j)];
  }
  return matrix.cells;
}

/** Bring a matrix to the chosen step. */
export function fillMatrix(matrix) {
  const name = matrix.dataset.q;
  const column = columnOf(matrix);
  const { shape, values, marks } = quantity(name, column);
  const width = shape[1] ?? 1;
  for (const cell of cellsOf(matrix)) {
    const [i, j] = cell.at;
    const n = i * width + j;
    if (state.digits === "all") writeAll(cell, name, n, column, matrix);
    else cell.textContent = short(values[n]);
    cell.dataset.mark = marks ? marks[n] : "given";
  }
  for (const button of all(".marks button", matrix)) fillMark(button, name);
  const own = matrix.querySelector(".label .mark");
  if (own) writeWord(own, marks, name);
}

function fillMark(button, name) {
  const column = button.dataset.c;
  writeWord(button.lastElementChild, quantity(name, column).marks, name);
  button.setAttribute("aria-pressed", column === columnOf(button.closest(".matrix")));
}

/** All digits of one number; those in which the columns that are shown differ stand out. */
function writeAll(cell, name, n, column, matrix) {
  const columns = matrix.dataset.columns.split(" ").filter((each) => each === column || shownColumns().includes(each));
  const texts = columns.map((each) => long(quantity(name, each).values[n]));
  const text = long(quantity(name, column).values[n]);
  const same = commonLength([text, ...texts]);
  const tail = document.createElement("b");
  tail.textContent = text.slice(same);
  cell.replaceChildren(text.slice(0, same), ...(tail.textContent ? [tail] : []));
}

/**
 * A number within running text, always the right column's: what is said there is true.
 * Inside a sum or a product a negative one stands in brackets.
 */
export function fillNumber(output) {
  const { q, i, j } = output.dataset;
  const { shape, values } = quantity(q, state.read, state.step, null);
  const text = short(values[Number(i) * (shape[1] ?? 1) + Number(j)]);
  output.textContent = "inside" in output.dataset && text.startsWith("−") ? `(${text})` : text;
}
