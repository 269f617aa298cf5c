// The live network at the head of the page: what the reader has chosen, and its training by engine.js.

import { RULES, step } from "./engine.js";
import { rulesWith } from "./mistakes.js";

const CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]];
const DATA = { xor: [0, 1, 1, 0], xnor: [1, 0, 0, 1], and: [0, 0, 0, 1] };
const MOST_STEPS = 100_000;
const TRAINING_MS = 8; // of a frame; the rest is for drawing
const ROOM = 0.004; // between two points of a curve, in powers of ten

const drawn = header.drawn; // {width: [W1, W2] of every seed}

export const chosen = {
  activation: header.activations[0],
  seed: header.seeds[0] in drawn[3] ? header.seeds[0] : 0,
  lr: header.lr,
  width: 3,
  data: "xor",
  mistake: "",
};
export const own = { X: CORNERS, Y: DATA.xor, cursor: null };
export const live = { steps: 0, keptAt: 0, network: null, right: null }; // right: the same without the mistake

export const inputs = () => (chosen.data === "own" ? own.X : CORNERS);
export const targets = () => (chosen.data === "own" ? own.Y : DATA[chosen.data]).map((y) => [y]);

/** A network with its first weights. */
function newborn(rules) {
  const [W1, W2] = drawn[chosen.width][chosen.seed];
  return { rules, W1, W2, memory: {}, curve: [] };
}

export function rewind() {
  live.steps = 0;
  live.keptAt = -ROOM;
  live.network = newborn(rulesWith(chosen.mistake));
  live.right = chosen.mistake ? newborn(RULES) : null;
}

/** One step of training. A curve keeps a loss only where the picture has room for another. */
export function advance(X, Y) {
  const at = Math.log10(live.steps + 1);
  const keep = at >= live.keptAt + ROOM;
  for (const each of live.right ? [live.network, live.right] : [live.network]) {
    const [W1, W2, L] = step(X, Y, each.W1, each.W2, chosen.lr, chosen.activation, each.rules, each.memory);
    Object.assign(each, { W1, W2 });
    if (keep) each.curve.push([live.steps, L]);
  }
  if (keep) live.keptAt = at;
  live.steps += 1;
}

/** As many steps as are due: ever more a frame, since what happens late in training happens slowly. */
export function trainFor(milliseconds) {
  const [X, Y] = [inputs(), targets()];
  const due = live.steps + (milliseconds / 16) * (1 + live.steps / 160);
  const end = performance.now() + TRAINING_MS;
  do advance(X, Y);
  while (live.steps < Math.min(due, MOST_STEPS) && performance.now() < end);
}
