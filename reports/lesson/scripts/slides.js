// Presenting: one equation fills the screen, the arrow keys walk, the teacher's notes are a key away.

const sections = all("section.equation");
const root = document.documentElement;

export const presenting = () => "slides" in root.dataset;

/** The equation that is on the screen, or the first. */
function currentSlide() {
  return Math.max(0, sections.findIndex((section) => section.id === state.place));
}

export function showSlide(n) {
  const at = Math.max(0, Math.min(sections.length - 1, n));
  state.place = sections[at].id;
  for (const section of sections) section.classList.toggle("slide", section.id === state.place);
  one("slide-number").textContent = `${at + 1} of ${sections.length}`;
  scrollTo(0, 0);
  writeAddress();
  refreshAll();
}

export function present(on) {
  if (on) root.dataset.slides = "";
  else delete root.dataset.slides;
  one("present").setAttribute("aria-pressed", on);
  if (on) {
    showSlide(currentSlide());
    return;
  }
  for (const section of sections) section.classList.remove("slide");
  document.getElementById(state.place)?.scrollIntoView({ behavior: "instant" });
  writeAddress();
  refreshAll();
}

export const turnPage = (by) => showSlide(currentSlide() + by);

export function showNotes(on) {
  root.toggleAttribute("data-notes", on);
  one("notes").setAttribute("aria-pressed", on);
}

const TURNS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };

/** Keys of the presenter; what moves within a control or a matrix is left to it. */
export function pressSlideKey(event) {
  if (!presenting() || event.target.closest("input, select, td")) return;
  const below = document.documentElement.scrollHeight - innerHeight - scrollY;
  if (event.key in TURNS) turnPage(TURNS[event.key]);
  else if (event.key === " " && below < 2 && !event.target.closest("button, summary, a")) turnPage(1); // else it scrolls
  else if (event.key === "Home") showSlide(0);
  else if (event.key === "End") showSlide(sections.length - 1);
  else if (event.key === "n") showNotes(!root.hasAttribute("data-notes"));
  else if (event.key === "Escape") present(false);
  else return;
  event.preventDefault();
}
