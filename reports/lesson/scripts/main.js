// Keeping the page up to date with what was chosen, and the events that choose.

const inView = new Set();
const watched = all(".matrix, canvas.picture, output.number, .epochs");
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
  if (!recorded || element.closest("[hidden]")) return;
  if (element.matches("canvas")) drawPicture(element);
  else if (element.matches("output")) fillNumber(element);
  else if (element.matches("details")) listLosses(element);
  else fillMatrix(element);
}

/** Bring what is in view up to date; pictures first, since they measure the page before the rest changes it. */
function refreshAll(elements = inView) {
  if (!recorded) return;
  const isPicture = (element) => element.matches("canvas");
  [...elements].filter(isPicture).forEach(update);
  showStep();
  [...elements].filter((element) => !isPicture(element)).forEach(update);
}

/** The step, its loss and the judge's word on it, beside the slider. */
function showStep() {
  const step = header.steps[state.step];
  const { values, marks } = quantity("L", state.read);
  const [at, L] = all("b", one("now"));
  at.textContent = step.toLocaleString("en");
  L.textContent = short(values[0]);
  writeWord(one("now").lastElementChild, marks, "L");
  one("step").setAttribute("aria-valuetext", `step ${step} of ${header.steps[LAST]}, loss ${short(values[0])}`);
  showVerdict();
}

/** E24: what training kept. */
function listLosses(details) {
  if (!details.open) return;
  const E = header.epochs.length;
  const start = run(state.read) * E;
  const items = header.epochs.map((epoch, i) => {
    const item = document.createElement("li");
    const value = recorded.losses[start + i];
    item.textContent = `${epoch.toLocaleString("en")}: ${state.digits === "all" ? value : short(value)}`;
    item.dataset.mark = recorded.lossMarks[start + i];
    return item;
  });
  details.querySelector("ol").replaceChildren(...items);
}

// --- What was chosen -------------------------------------------------------------------------------------------

function apply() {
  root.dataset.theme = state.theme;
  root.dataset.digits = state.digits;
  const columns = shownColumns();
  if (!columns.includes(state.read)) [state.read] = columns;
  for (const box of boxes) {
    box.checked = false; // one radio button that is on turns the others off
    box.type = narrow.matches ? "radio" : "checkbox";
  }
  for (const box of boxes) box.checked = columns.includes(box.value);
  for (const name of ["activation", "seed", "digits", "theme"]) {
    for (const input of all(`input[name=${name}]`)) input.checked = input.value === String(state[name]);
  }
  for (const element of all(".cards:not(.alone) .card, .matrix:not(.alone) .marks li")) {
    element.hidden = !columns.includes(element.dataset.c);
  }
  for (const cards of all(".cards:not(.alone)")) cards.style.setProperty("--columns", columns.length);
  const activation = header.activations[state.activation];
  for (const element of all("[data-a]")) element.hidden = element.dataset.a !== activation;
  one("step").value = state.step;
  for (const box of all(".formula")) box.tabIndex = box.scrollWidth > box.clientWidth ? 0 : -1; // scrolled by keyboard
  showMistake();
  writeAddress();
  refreshAll();
}

function goTo(position) {
  state.step = Math.max(0, Math.min(LAST, position));
  one("step").value = state.step;
  writeAddress();
  refreshAll();
}

let playing = 0;

function play(on) {
  clearInterval(playing);
  playing = on ? setInterval(() => (state.step < LAST ? goTo(state.step + 1) : play(false)), 300) : 0;
  one("play").setAttribute("aria-pressed", Boolean(on));
}

// --- Symbols ---------------------------------------------------------------------------------------------------

let lighted = null; // the symbol whose button is pressed

function light(symbol) {
  for (const element of all(".lit")) element.classList.remove("lit");
  if (symbol) for (const element of all(`[data-s="${symbol}"]`)) element.classList.add("lit");
}

function pressSymbol(button) {
  lighted = lighted === button.dataset.s ? null : button.dataset.s;
  for (const each of all(".symbols button")) each.setAttribute("aria-pressed", each.dataset.s === lighted);
  for (const line of all(".meaning")) line.textContent = "";
  if (lighted) button.closest("section").querySelector(".meaning").textContent = button.title;
  light(lighted);
}

// --- Events ----------------------------------------------------------------------------------------------------

/** What the address names comes into view; a line of a file opens its file. */
function openAddress() {
  const chosen = readAddress();
  apply();
  if (chosen.has("slides") !== presenting()) present(chosen.has("slides"));
  if (presenting()) showSlide(currentSlide());
  const place = document.getElementById(state.place);
  for (let folded = place?.closest("details"); folded; folded = folded.parentElement.closest("details")) {
    folded.open = true;
  }
  const planted = state.mistake && place?.querySelector(".planted");
  const block = planted || place?.matches(".line") ? "center" : "start";
  if (place) bringIntoView(planted || place, block);
}

/** Sections are laid out when they come near, which moves what is below: so it is scrolled to for a few frames. */
function bringIntoView(element, block, frames = 5) {
  element.scrollIntoView({ block, behavior: "instant" });
  if (frames) requestAnimationFrame(() => bringIntoView(element, block, frames - 1));
}

/** A link within the page: the browser's own way would scroll smoothly to where a place was before. */
function follow(event, link) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // into another tab or window
  event.preventDefault();
  if (link.hash !== location.hash) history.pushState(null, "", link.hash);
  openAddress();
  const place = document.getElementById(state.place);
  if (place && !place.matches("a, button, input, select, summary")) place.tabIndex = -1;
  place?.focus({ preventScroll: true }); // the Tab key goes on from there
}

function chooseColumn({ target: box }) {
  const others = state.columns.filter((name) => name !== box.value);
  state.columns = box.checked || !others.length ? [box.value, ...others] : others; // one is always there
  if (narrow.matches) state.read = box.value;
  remember();
  apply();
}

function chooseOther(name, { target: input }) {
  state[name] = typeof state[name] === "number" ? Number(input.value) : input.value;
  remember();
  apply();
}

function listenToControls() {
  one("columns").addEventListener("change", chooseColumn);
  for (const name of ["activation", "seed", "digits", "theme"]) {
    one(name).addEventListener("change", (event) => chooseOther(name, event));
  }
  one("step").addEventListener("input", () => goTo(Number(one("step").value)));
  one("mistake").addEventListener("change", () => breakIt(one("mistake").value));
  one("repair").addEventListener("click", () => {
    breakIt("");
    one("mistake").focus({ preventScroll: true });
  });
  one("play").addEventListener("click", () => {
    if (!playing && state.step === LAST) goTo(0);
    play(!playing);
  });
  one("settings").addEventListener("click", () => toggle(one("settings"), one("controls")));
  one("pictures").addEventListener("click", () => {
    one("tray").hidden = !one("tray").hidden;
    one("pictures").setAttribute("aria-expanded", !one("tray").hidden);
    refreshAll(all("#tray canvas"));
  });
  one("present").addEventListener("click", () => present(!presenting()));
  one("notes").addEventListener("click", () => showNotes(!root.hasAttribute("data-notes")));
  one("leave").addEventListener("click", () => present(false));
  one("next").addEventListener("click", () => turnPage(1));
  one("previous").addEventListener("click", () => turnPage(-1));
}

function toggle(button, panel) {
  const open = panel.classList.toggle("open");
  button.setAttribute("aria-expanded", open);
}

function clicked(event) {
  const element = event.target;
  const link = element.closest('a[href^="#"]');
  if (link) follow(event, link);
  const button = element.closest("button");
  if (button?.closest(".symbols")) pressSymbol(button);
  if (button?.dataset.mistake) breakIt(button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.mistake);
  if (button?.closest(".marks")) {
    state.read = button.dataset.c;
    refreshAll();
  }
  const cell = element.closest(".matrix td");
  if (cell && recorded) cell.focus({ preventScroll: true });
}

function pointed(event) {
  const cell = event.target.closest?.(".matrix td");
  if (cell && recorded) pointAt(cell);
  else unpoint();
  light(event.target.closest?.("[data-s]")?.dataset.s ?? lighted);
}

function keyPressed(event) {
  const cell = event.target.closest?.(".matrix td");
  if (cell && event.key.startsWith("Arrow")) {
    event.preventDefault();
    moveWithin(cell, event.key);
  } else if (event.key === "Escape" && lighted) {
    pressSymbol(document.querySelector(`.symbols button[data-s="${lighted}"]`));
  } else pressSlideKey(event);
}

function listenToPage() {
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, pointed);
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", keyPressed);
  for (const details of all(".epochs")) details.addEventListener("toggle", () => update(details));
  narrow.addEventListener("change", apply);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => refreshAll());
  addEventListener("resize", () => refreshAll());
  addEventListener("hashchange", openAddress);
  addEventListener("beforeprint", () => {
    setPrinting(true);
    refreshAll(watched);
  });
  addEventListener("afterprint", () => {
    setPrinting(false);
    refreshAll();
  });
}

/** The equation in the middle of the window is the one the address names. */
const reading = new IntersectionObserver(
  (entries) => {
    const entered = entries.find(({ isIntersecting }) => isIntersecting);
    if (!entered || presenting()) return;
    state.place = entered.target.id;
    writeAddress();
  },
  { rootMargin: "-45% 0% -50%" },
);

recall();
listenToControls();
listenToPage();
unpack().then(
  () => {
    openAddress();
    refreshAll(watched); // so that nothing is empty when it comes into view
    for (const element of watched) watcher.observe(element);
    for (const section of sections) reading.observe(section);
    root.dataset.ready = "";
  },
  () => {
    const trouble = document.querySelector(".trouble");
    trouble.textContent = "This browser cannot unpack the numbers (it has no DecompressionStream): a newer one can.";
    trouble.hidden = false;
  },
);
