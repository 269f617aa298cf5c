// What the reader chose, and the address that keeps it.

export const header = JSON.parse(document.getElementById("header").textContent);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const one = (id) => document.getElementById(id);

export const LAST = header.steps.length - 1;
const KEPT = "fourfold lesson";
const REMEMBERED = { digits: ["4", "all"], theme: ["auto", "light", "dark"] };

const boxes = all("#columns input");
const narrow = matchMedia("(max-width: 40rem)"); // columns are tabs there
const fits = Math.max(1, Math.min(boxes.length, Math.floor(innerWidth / 330)));

export const state = {
  place: "", // the section of the page that the address names
  columns: boxes.slice(0, fits).map((box) => box.value),
  read: header.columns[0], // the column whose numbers stand in the matrices
  activation: 0,
  seed: 0,
  step: 0,
  mistake: null, // one of header.mistakes
  digits: "4",
  theme: "auto",
};

/** Storage may be forbidden, full, or hold something else: then the choice lasts as long as the page. */
export function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT)) ?? {};
    const columns = kept.columns?.filter((name) => boxes.some((box) => box.value === name));
    if (columns?.length) state.columns = columns;
    for (const [name, values] of Object.entries(REMEMBERED)) {
      if (values.includes(kept[name])) state[name] = kept[name];
    }
  } catch {
    // as it is
  }
}

export function remember() {
  try {
    const { columns, digits, theme } = state;
    localStorage.setItem(KEPT, JSON.stringify({ columns, digits, theme }));
  } catch {
    // as above
  }
}

/** The chosen columns in the page's order; of tabs, the one that was chosen last. */
export function shownColumns() {
  if (narrow.matches) return state.columns.slice(0, 1);
  return boxes.map((box) => box.value).filter((name) => state.columns.includes(name));
}

/** "#E16&activation=tanh&seed=7&step=100&mistake=slope-missing": whatever is unknown in it is left out. */
export function readAddress() {
  const chosen = new URLSearchParams(`place=${location.hash.slice(1)}`);
  state.place = chosen.get("place");
  if (chosen.has("activation")) state.activation = Math.max(0, header.activations.indexOf(chosen.get("activation")));
  if (chosen.has("seed")) state.seed = Math.max(0, header.seeds.indexOf(Number(chosen.get("seed"))));
  if (chosen.has("step")) state.step = nearest(Number(chosen.get("step")));
  plantMistake(chosen.get("mistake"));
  return chosen;
}

/** The recorded position nearest to a step. */
function nearest(step) {
  const distance = (position) => Math.abs(header.steps[position] - step);
  return header.steps.reduce((best, _, position) => (distance(position) < distance(best) ? position : best), 0);
}

/** Choose a mistake by its slug, and the network it was recorded with; any other slug repairs. */
export function plantMistake(slug) {
  state.mistake = header.mistakes.find((mistake) => mistake.slug === slug) ?? null;
  if (!state.mistake) return;
  state.activation = state.mistake.activation;
  state.seed = state.mistake.seed;
}

let waiting = 0;

/** The address follows, a moment later: some browsers count how often it changes. */
export function writeAddress() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const choices = [state.place || "top"];
    if (state.activation) choices.push(`activation=${header.activations[state.activation]}`);
    if (state.seed) choices.push(`seed=${header.seeds[state.seed]}`);
    if (state.step) choices.push(`step=${header.steps[state.step]}`);
    if (state.mistake) choices.push(`mistake=${state.mistake.slug}`);
    const slides = "slides" in document.documentElement.dataset ? "&slides" : "";
    history.replaceState(null, "", `#${choices.join("&")}${slides}`);
  }, 200);
}
