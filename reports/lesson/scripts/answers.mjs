// node answers.mjs [MISTAKE]: the page's engine answers the questions of fourfold check --command, one JSON a line.

import { createInterface } from "node:readline";

import { RULES, forward, loss, step, trace, train } from "./engine.js";
import { MISTAKES, rulesWith } from "./mistakes.js";

const QUANTITIES = Object.keys(RULES).filter((name) => /^(H|A|Y_hat|R|L|dL_.*)$/.test(name));
const [mistake] = process.argv.slice(2);
if (mistake && !(mistake in MISTAKES)) throw new Error(`no mistake ${mistake}: ${Object.keys(MISTAKES).join(", ")}`);
const rules = rulesWith(mistake);

const ANSWERS = {
  hello: () => ({ functions: ["gradients", "trace", "train"] }),
  gradients: (q) => picked(traced(q), ["L", "dL_dW1", "dL_dW2"]),
  trace: (q) => picked(traced(q), QUANTITIES),
  train: (q) => {
    const path = train(q.X, q.Y, q.W1, q.W2, q.lr, q.steps, q.activation, rules);
    const [W1, W2] = path.at(-1) ?? [q.W1, q.W2];
    return { W1, W2, losses: path.map(([, , L]) => L) };
  },
  // The rest is asked by the engine's own column.
  forward: (q) => picked(forward(q.X, q.W1, q.W2, q.activation, rules), ["H", "A", "Y_hat"]),
  loss: (q) => picked(loss(q.Y_hat, q.Y, rules), ["R", "L"]),
  step: (q) => {
    const [W1, W2, L] = step(q.X, q.Y, q.W1, q.W2, q.lr, q.activation, rules);
    return { W1, W2, L };
  },
  path: (q) => {
    const path = train(q.X, q.Y, q.W1, q.W2, q.lr, q.steps, q.activation, rules);
    return { W1: path.map(([W1]) => W1), W2: path.map(([, W2]) => W2), L: path.map(([, , L]) => L) };
  },
};

const traced = (q) => trace(q.X, q.Y, q.W1, q.W2, q.activation, rules);
const picked = (known, names) => Object.fromEntries(names.map((name) => [name, known[name]]));

function answer(question) {
  if (question.dtype === "float32") return { error: "the engine computes in float64: JavaScript has no other numbers" };
  if (!(question.call in ANSWERS)) return { error: `${question.call} is not among ${Object.keys(ANSWERS)}` };
  try {
    return ANSWERS[question.call](question);
  } catch (error) {
    return { error: String(error) };
  }
}

/** JSON has no NaN and no infinity: the protocol has them as text, both ways. */
const asText = (_, value) => (typeof value === "number" && !Number.isFinite(value) ? nameOf(value) : value);
const asNumber = (_, value) => (NUMBERS.has(value) ? NUMBERS.get(value) : value);
const nameOf = (value) => (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
const NUMBERS = new Map([["nan", NaN], ["inf", Infinity], ["-inf", -Infinity]]);

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line, asNumber)), asText)}\n`);
}
