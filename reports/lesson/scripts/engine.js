// The two-layer network; the backward pass by hand, one line a gradient (E22). A matrix is an array of rows.

const sigmoid = (h) => 1 / (1 + Math.exp(-h)); // E2

// E2: σ, and E16: σ' in terms of a = σ(h)
export const ACTIVATIONS = {
  sigmoid: [sigmoid, (a) => a * (1 - a)],
  tanh: [Math.tanh, (a) => 1 - a ** 2],
  relu: [(h) => Math.max(h, 0), (a) => (a > 0 ? 1 : 0)],
  identity: [(h) => h, () => 1],
};

// What computes each quantity from those before it. Another rule in its place is another network, or a mistake.
export const RULES = {
  N: ({ Y }) => Y.length,
  sigma: ({ activation }) => ACTIVATIONS[activation][0],
  sigma_prime: ({ activation }) => ACTIVATIONS[activation][1],
  H: ({ X, W1 }) => matmul(X, W1), // E1
  A: ({ H, sigma }) => map(sigma, H), // E2
  Y_hat: ({ A, W2 }) => matmul(A, W2), // E3
  R: ({ Y_hat, Y }) => map((p, y) => p - y, Y_hat, Y), // E4
  L: ({ R, N }) => sum(map((r) => r ** 2, R)) / (2 * N), // E5
  dL_dY_hat: ({ R, N }) => map((r) => r / N, R), // E10
  dL_dW2: ({ A, dL_dY_hat }) => matmul(transpose(A), dL_dY_hat), // E13
  dL_dA: ({ dL_dY_hat, W2 }) => matmul(dL_dY_hat, transpose(W2)), // E15
  dL_dH: ({ dL_dA, A, sigma_prime }) => map((d, a) => d * sigma_prime(a), dL_dA, A), // E16
  dL_dW1: ({ X, dL_dH }) => matmul(transpose(X), dL_dH), // E19
  next_W1: ({ W1, lr, dL_dW1 }) => map((w, g) => w - lr * g, W1, dL_dW1), // E23
  next_W2: ({ W2, lr, dL_dW2 }) => map((w, g) => w - lr * g, W2, dL_dW2), // E23
};

export function forward(X, W1, W2, activation, rules = RULES) {
  return compute(["sigma", "H", "A", "Y_hat"], { X, W1, W2, activation }, rules);
}

export function loss(Y_hat, Y, rules = RULES) {
  return compute(["N", "R", "L"], { Y_hat, Y }, rules);
}

export function trace(X, Y, W1, W2, activation, rules = RULES) {
  const names = Object.keys(RULES).filter((name) => !name.startsWith("next"));
  return compute(names, { X, Y, W1, W2, activation }, rules);
}

/** `memory`: what a rule keeps from one step to the next; the right rules keep nothing. */
export function step(X, Y, W1, W2, lr, activation, rules = RULES, memory = {}) {
  const T = compute(Object.keys(RULES), { X, Y, W1, W2, lr, activation, memory }, rules);
  return [T.next_W1, T.next_W2, T.L];
}

export function train(X, Y, W1, W2, lr, steps, activation, rules = RULES) {
  const path = [];
  const memory = {};
  for (let t = 0; t < steps; t++) { // E24
    const [next_W1, next_W2, L] = step(X, Y, W1, W2, lr, activation, rules, memory);
    [W1, W2] = [next_W1, next_W2];
    path.push([W1, W2, L]);
  }
  return path;
}

function compute(names, known, rules) {
  for (const name of names) known[name] = rules[name](known);
  return known;
}

export function matmul(A, B) {
  return A.map((row) => B[0].map((_, j) => row.reduce((total, a, k) => total + a * B[k][j], 0)));
}

export function transpose(A) {
  return A[0].map((_, j) => A.map((row) => row[j]));
}

/** f of every number, or of the numbers that two matrices have at a place. */
export function map(f, A, B = A) {
  return A.map((row, i) => row.map((a, j) => f(a, B[i][j])));
}

export function sum(A) {
  return A.flat().reduce((total, a) => total + a, 0);
}
