// The head of the page: what the reader chooses for the live network, and what is said of it.

import { trace } from "./engine.js";
import { MISTAKES } from "./mistakes.js";

const hero = one("alive");

// --- In words --------------------------------------------------------------------------------------------------

const thousands = (n) => n.toLocaleString("en");

/** What happens to the network, in one sentence. */
function happening(T, right) {
  const { length } = T.X;
  if (!length) return "There is nothing to learn: click in the square to add points.";
  if (!Number.isFinite(T.L)) return "The weights grew until the numbers overflowed: there is no way back from here.";
  const dead = range(chosen.width).filter((j) => isDead(T.A.map((row) => row[j]))).length;
  if (dead) {
    const units = `${dead} of ${chosen.width} hidden units ${dead === 1 ? "is" : "are"} 0 for every input`;
    if (right < length || dead === chosen.width) return `${units}: no gradient comes back through ${dead === 1 ? "it" : "them"}.`;
  }
  if (!live.steps) return "Nothing is learned yet: the weights are still the initial ones.";
  if (right === length && T.L < 1e-3) return `Learned: all ${length} inputs are in the right class.`;
  if (T.L > 1.05 * live.network.curve[0][1]) return "The loss is higher than at the start: the steps go uphill, or too far.";
  const steepest = [T.dL_dW1, T.dL_dW2].flat(2).reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  if (steepest < 1e-4) {
    const why = chosen.activation === "identity" ? "without a bend, its boundary is one straight line" : "every gradient is nearly 0";
    return right < length ? `It is stuck: ${why}.` : `It has come to rest: ${why}.`;
  }
  return right < length ? "Learning: the loss shows how far off the predictions are." : "All classes are right; the loss is still falling.";
}

/** The command that trains the same network outside of the browser; with a mistake, the one that judges it. */
function sameCommand() {
  const { activation, width, seed, lr, mistake, data } = chosen;
  const count = live.steps || 10_000;
  const file = data === "xor" ? "" : " --data points.csv";
  const network = `--hidden ${width} --lr ${lr} --activation ${activation} --steps ${count}${file}`;
  const lines = inputs().map((input, i) => `${input},${targets()[i]}\\n`).join("");
  const before = file ? `printf 'x1,x2,y\\n${lines}' > points.csv && ` : "";
  const planted = `numpy,fourfold.compare.mistakes.planted.numpy_${mistake.replaceAll("-", "_")}`;
  if (mistake) return `${before}fourfold agree --impl ${planted} --seeds ${seed}:${seed + 1} ${network}`;
  return `${before}fourfold train numpy --seed ${seed} ${network}`;
}

function write(id, text) {
  if (one(id).textContent !== text) one(id).textContent = text; // what is read aloud is not read twice
}

/** A line is broken between words, and not within one that is short; the steps have room, so that nothing jumps. */
function showCommand(text) {
  const words = text.split(" ").flatMap((word, n, all) => {
    const whole = document.createElement("span");
    whole.className = all[n - 1] === "--steps" ? "steps" : word.length < 24 ? "whole" : "";
    whole.textContent = word;
    return [whole, " "];
  });
  one("alive-command").replaceChildren(...words.slice(0, -1));
}

function showWords(T) {
  const right = T.Y_hat.filter(([p], i) => (p > 0.5 ? 1 : 0) === T.Y[i][0]).length;
  const [at, lossNow, classes] = all("b", one("alive-now"));
  at.textContent = thousands(live.steps);
  lossNow.textContent = T.X.length ? short(T.L) : "–";
  classes.textContent = `${right} of ${T.X.length}`;
  const predictions = T.Y_hat.slice(0, 4).map(([p], i) => `ŷ(${T.X[i]})\u00a0=\u00a0${short(p)}`);
  one("alive-predictions").textContent = predictions.join("  ");
  write("alive-happens", happening(T, right));
  write("alive-command-says", chosen.mistake ? "The judge on your machine:" : "The same on your machine:");
  showCommand(sameCommand());
}

/** Everything that changes with a step. */
function showLive() {
  const { W1, W2, rules } = live.network;
  const [X, Y] = [inputs(), targets()];
  const T = X.length ? trace(X, Y, W1, W2, chosen.activation, rules) : { X, Y, W1, W2, A: [], Y_hat: [] };
  hero.network = { ...chosen, step: live.steps, X, Y, W1, W2, trace: T };
  showNetwork(T);
  showPlane();
  showLoss(T.L);
  showWords(T);
}

// --- What was chosen -------------------------------------------------------------------------------------------

const between = (low, high) => (value) => Number.isInteger(value) && low <= value && value <= high;
const ALLOWED = {
  activation: (name) => header.activations.includes(name),
  seed: between(0, drawn[3].length - 1),
  lr: (rate) => Number.isFinite(rate) && rate > 0,
  width: between(2, 8),
  data: (name) => name in DATA || name === "own",
  mistake: (slug) => slug === "" || slug in MISTAKES,
};

/** Choose any of activation, seed, lr, width, data, mistake; what is not known is left out. Training begins anew. */
function choose(choices) {
  for (const [name, allowed] of Object.entries(ALLOWED)) {
    if (name in choices && allowed(choices[name])) chosen[name] = choices[name];
  }
  begin();
}

function begin() {
  rewind();
  buildNetwork();
  showChosen();
  showLive();
  setTraining(training);
}

const POSITIONS = 20; // of the learning rate's slider, between two powers of ten
const rateAt = (position) => Number((10 ** (position / POSITIONS)).toPrecision(2));

function showChosen() {
  one("alive-lr").value = Math.round(POSITIONS * Math.log10(chosen.lr));
  one("alive-lr").setAttribute("aria-valuetext", chosen.lr);
  for (const name of ["seed", "width", "activation", "data", "mistake"]) one(`alive-${name}`).value = chosen[name];
  for (const name of ["lr", "seed", "width"]) one(`alive-${name}-now`).textContent = chosen[name];
  one("alive-legend").hidden = !chosen.mistake;
  const ownPoints = chosen.data === "own";
  one("alive-own").hidden = !ownPoints;
  one("alive-plane").tabIndex = ownPoints ? 0 : -1;
  one("alive-plane").setAttribute("role", ownPoints ? "application" : "img");
}

let training = false;
let frameBefore = 0;

function setTraining(on) {
  if (on && !training) requestAnimationFrame(nextFrame);
  training = on && inputs().length > 0;
  frameBefore = 0;
  one("alive-play").setAttribute("aria-pressed", training);
  one("alive-play").textContent = training ? "Pause" : "Train it";
}

/** Out of view nothing is trained. */
function nextFrame(now) {
  if (!training) return;
  if (hero.seen) {
    trainFor(frameBefore ? Math.min(50, now - frameBefore) : 16);
    showLive();
  }
  frameBefore = now;
  if (live.steps >= MOST_STEPS) setTraining(false);
  else requestAnimationFrame(nextFrame);
}

// --- One's own points ------------------------------------------------------------------------------------------

const GRAIN = 0.05; // of their places
const MOST_POINTS = 40;
const onGrain = (v) => Number((Math.round(v / GRAIN) * GRAIN).toFixed(2));

/** Add a point of the chosen class; where there is one, take it away. */
function togglePoint(point) {
  const near = own.X.findIndex(([x, y]) => Math.hypot(x - point[0], y - point[1]) < 1.5 * GRAIN);
  const rest = (list) => list.filter((_, i) => i !== near);
  if (near < 0 && own.X.length >= MOST_POINTS) return;
  const value = Number(document.querySelector("input[name=alive-class]:checked").value);
  own.X = near < 0 ? [...own.X, point] : rest(own.X);
  own.Y = near < 0 ? [...own.Y, value] : rest(own.Y);
  begin();
}

function clickPlane(event) {
  if (chosen.data !== "own") return;
  const { left, bottom, width } = one("alive-plane").getBoundingClientRect();
  const place = (pixels) => onGrain(PLANE.low + ((PLANE.high - PLANE.low) * pixels) / width);
  own.cursor = null;
  togglePoint([place(event.clientX - left), place(bottom - event.clientY)]);
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function pressOnPlane(event) {
  if (chosen.data !== "own") return;
  own.cursor ??= [0.5, 0.5];
  if (event.key in MOVES) {
    const inside = (v) => onGrain(Math.max(PLANE.low, Math.min(PLANE.high, v)));
    own.cursor = own.cursor.map((v, axis) => inside(v + GRAIN * MOVES[event.key][axis]));
  } else if (event.key === "Enter" || event.key === " ") togglePoint(own.cursor);
  else return;
  event.preventDefault();
  one("alive-cursor").textContent = `(${own.cursor.join(", ")})`;
  showLive();
}

// --- Events ----------------------------------------------------------------------------------------------------

/** Set the network up as a button says, show it, and train it. */
function tryIt(button) {
  history.pushState(null, "", location.hash); // the browser's Back leads here again
  if (presenting()) present(false);
  choose(JSON.parse(button.dataset.try));
  hero.scrollIntoView();
  one("alive-play").focus({ preventScroll: true });
  setTraining(true);
}

function listenToHero() {
  one("alive-play").addEventListener("click", () => {
    if (!training && live.steps >= MOST_STEPS) begin();
    setTraining(!training);
  });
  one("alive-step").addEventListener("click", () => {
    setTraining(false);
    if (inputs().length) advance(inputs(), targets());
    showLive();
  });
  one("alive-rewind").addEventListener("click", () => {
    setTraining(false);
    begin();
  });
  one("alive-lr").addEventListener("input", ({ target: slider }) => choose({ lr: rateAt(slider.value) }));
  for (const name of ["seed", "width"]) {
    one(`alive-${name}`).addEventListener("input", ({ target: slider }) => choose({ [name]: Number(slider.value) }));
  }
  for (const name of ["activation", "data", "mistake"]) {
    one(`alive-${name}`).addEventListener("change", ({ target: select }) => choose({ [name]: select.value }));
  }
  one("alive-clear").addEventListener("click", () => {
    Object.assign(own, { X: [], Y: [] });
    begin();
  });
  one("alive-plane").addEventListener("click", clickPlane);
  one("alive-plane").addEventListener("keydown", pressOnPlane);
  document.addEventListener("click", ({ target: element }) => {
    const button = element.closest("[data-try]");
    if (button) tryIt(button);
  });
  addEventListener("resize", showLive);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showLive);
  new MutationObserver(showLive).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  new IntersectionObserver(([{ isIntersecting }]) => (hero.seen = isIntersecting)).observe(hero);
}

let plantedSlug = "";

/** What the rest of the page may ask of the live network. */
export const alive = {
  set: choose,
  play: setTraining,
  /** A mistake's slug, or "": as the rest of the page has it. Said again, it changes nothing. */
  plant(slug) {
    if (slug !== plantedSlug) choose({ mistake: slug });
    plantedSlug = slug;
  },
};

hero.seen = true;
listenToHero();
begin();
