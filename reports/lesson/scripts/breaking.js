// Break it: a planted mistake in the NumPy column's lines, and what the judge and the usual tolerance say of it.

const ORDER = [...Object.keys(header.shapes).filter((name) => !/^W/.test(name)), "W2", "W1"];

/** The first quantity, in the order of computation, in which the judge finds the planted mistake; null for none. */
function firstWrong() {
  return ORDER.find((name) => quantity(name, "numpy").marks?.includes(header.wrong)) ?? null;
}

/** ∂L/∂H for dL_dH. */
const written = (name) => name.replace("dL_d", "∂L/∂").replace("Y_hat", "Ŷ");

/** What the judge says of the planted mistake at this step, and what the usual tolerance would have said. */
function showVerdict() {
  const { mistake } = state;
  if (!mistake) return;
  const first = firstWrong();
  const judge = first ? `✗ wrong from ${written(first)} on` : "nothing is wrong yet at this step: move the slider";
  const usual = mistake.usual[state.step] ? "passes: np.allclose sees no difference" : "fails too";
  const [wrong, right] = [mistake, null].map((planted) => quantity("L", "numpy", state.step, planted).values[0]);
  one("verdict-judge").textContent = judge;
  one("verdict-loss").textContent = `${short(wrong)}, without the mistake ${short(right)}`;
  if (first && state.read === "numpy") {
    const mark = one("now").lastElementChild;
    mark.textContent = "✗ wrong";
    mark.className = "mark bad";
    mark.title = judge;
  }
  one("verdict-usual").textContent = usual;
}

/** The lines of the NumPy column, as the planted mistake has them. */
function showEdits() {
  for (const line of all(".planted")) line.remove();
  for (const line of all(".replaced")) line.classList.remove("replaced");
  for (const code of all('.equation .card[data-c="numpy"] code, #file-numpy code')) {
    for (const edit of state.mistake?.edits ?? []) plantEdit(code, edit);
  }
}

function plantEdit(code, { first, last, code: lines }) {
  const numbered = all(".line", code);
  const numberOf = (line) => Number(line.firstElementChild.textContent);
  const replaced = numbered.filter((line) => numberOf(line) >= first && numberOf(line) <= last);
  const before = last < first ? numbered.find((line) => numberOf(line) === first) : null; // nothing is replaced there
  const place = replaced.at(-1) ?? before;
  if (!place) return;
  for (const line of replaced) line.classList.add("replaced");
  const shownAt = indentOf(place);
  const blanks = (html) => html.length - html.trimStart().length;
  const planted = lines.map((html) => plantedLine(html.trimStart(), shownAt + blanks(html) - blanks(lines[0])));
  if (before) place.before(...planted);
  else place.after(...planted);
}

/** The blanks a line of code is shown with. */
const indentOf = (line) => Number(line.lastElementChild.className.match(/i(\d+)/)?.[1] ?? 0);

function plantedLine(html, indent) {
  const line = document.createElement("span");
  line.className = "line planted";
  line.innerHTML = `<span class="no">✗</span><span class="text i${indent}">${html}</span>`;
  return line;
}

function showMistake() {
  const { mistake } = state;
  one("broken").hidden = !mistake;
  one("mistake").value = mistake?.slug ?? "";
  for (const input of all("#activation input, #seed input")) input.disabled = Boolean(mistake);
  for (const button of all("[data-mistake]")) button.setAttribute("aria-pressed", button.dataset.mistake === mistake?.slug);
  showEdits();
  alive.plant(mistake?.slug ?? "");
  if (!mistake) return;
  one("broken-name").textContent = mistake.name;
  one("broken-story").textContent = mistake.story;
  one("broken-equation").textContent = mistake.equation;
  one("broken-equation").href = `#${mistake.equation}`;
}

function breakIt(slug) {
  plantMistake(slug);
  if (state.mistake) state.read = "numpy";
  apply();
}

