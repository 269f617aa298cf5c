// The twenty commonest mistakes, each as the rule that stands in the place of the right one.

import { ACTIVATIONS, RULES, map, matmul, sum, trace, transpose } from "./engine.js";

export const MISTAKES = {
  "activation-forgotten": { A: ({ H }) => H },
  "sign-of-the-residual": { R: ({ Y_hat, Y }) => map((p, y) => y - p, Y_hat, Y) },
  "1-n-for-1-2n": { L: ({ R, N }) => sum(map((r) => r ** 2, R)) / N },
  "1-n-missing": { dL_dY_hat: ({ R }) => R },
  "factor-2-left-over": { dL_dY_hat: ({ R, N }) => map((r) => (2 * r) / N, R) },
  "2-counted-twice": { dL_dY_hat: ({ R, N }) => map((r) => r / (2 * N), R) },
  "sign-of-the-gradient": { dL_dY_hat: ({ Y_hat, Y, N }) => map((p, y) => (y - p) / N, Y_hat, Y) },
  "slope-at-the-output-too": {
    dL_dY_hat: ({ R, N, Y_hat, sigma_prime }) => map((r, p) => (r / N) * sigma_prime(p), R, Y_hat),
  },
  "float32-leak-in-the-gradient": { dL_dY_hat: ({ R, N }) => map((r) => Math.fround(r / N), R) },
  "h-for-a-in-w2-s-gradient": { dL_dW2: ({ H, dL_dY_hat }) => matmul(transpose(H), dL_dY_hat) },
  "only-the-last-sample-counts-for-w2": {
    dL_dW2: ({ A, dL_dY_hat }) => matmul(transpose(A.slice(-1)), dL_dY_hat.slice(-1)),
  },
  "w2-forgotten-on-the-way-back": {
    dL_dA: ({ dL_dY_hat, W2 }) => matmul(dL_dY_hat, transpose(map(() => 1, W2))),
  },
  "slope-missing": { dL_dH: ({ dL_dA }) => dL_dA },
  "slope-of-s-a-not-of-a": {
    dL_dH: ({ dL_dA, A, sigma, sigma_prime }) => map((d, a) => d * sigma_prime(sigma(a)), dL_dA, A),
  },
  "slope-of-h-not-of-a": { dL_dH: ({ dL_dA, H, sigma_prime }) => map((d, h) => d * sigma_prime(h), dL_dA, H) },
  "tanh-s-slope-for-sigmoid-s": {
    sigma_prime: ({ activation }) => ACTIVATIONS[activation === "sigmoid" ? "tanh" : activation][1],
  },
  "1-n-twice-in-w1-s-gradient": {
    dL_dW1: ({ X, dL_dH, N }) => map((g) => g / N, matmul(transpose(X), dL_dH)),
  },
  "w2-updated-before-w1-s-gradient": {
    next_W1: (T) => RULES.next_W1({ ...T, ...trace(T.X, T.Y, T.W1, RULES.next_W2(T), T.activation) }),
  },
  ascent: {
    next_W1: (T) => RULES.next_W1({ ...T, lr: -T.lr }),
    next_W2: (T) => RULES.next_W2({ ...T, lr: -T.lr }),
  },
  "gradients-not-zeroed": {
    next_W1: (T) => RULES.next_W1({ ...T, dL_dW1: everyStep("dL_dW1", T) }),
    next_W2: (T) => RULES.next_W2({ ...T, dL_dW2: everyStep("dL_dW2", T) }),
  },
};

/** A gradient, and that of every step before it. */
function everyStep(name, { memory, [name]: gradient }) {
  memory[name] = memory[name] ? map((a, b) => a + b, memory[name], gradient) : gradient;
  return memory[name];
}

/** The engine's rules with one mistake in them; without a slug the right ones. */
export const rulesWith = (slug) => ({ ...RULES, ...MISTAKES[slug] });
