// The recorded numbers of the columns, and how they are written.

let recorded = null; // {values, marks, losses, lossMarks, levels, broken} once unpacked

const given = { X: header.X, Y: header.Y };
const product = (shape) => shape.reduce((a, b) => a * b, 1);
const quantities = Object.keys(header.shapes);

/** The bytes of a packed element. */
async function inflated(id) {
  const text = atob(one(id).textContent);
  const packed = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/** Every number of the page; arrays have axes column, activation, seed, step, ... */
async function unpack() {
  const [buffer, broken] = await Promise.all([inflated("packed"), inflated("packed-broken")]);
  const C = header.columns.length;
  const runs = C * header.activations.length * header.seeds.length;
  const steps = runs * header.steps.length;
  const sizes = quantities.map((name) => steps * product(header.shapes[name]));
  const lengths = [...sizes, runs * header.epochs.length];
  let offset = 0;
  const take = (length, Type) => {
    const bytes = new Uint8Array(buffer, offset, length * Type.BYTES_PER_ELEMENT);
    const n = bytes.length / C; // every column but the first was XORed with the first
    for (let i = n; i < bytes.length; i++) bytes[i] ^= bytes[i % n];
    offset += bytes.length;
    return new Type(buffer, bytes.byteOffset, length);
  };
  const values = lengths.map((length) => take(length, Float64Array));
  const marks = lengths.map((length) => take(length, Uint8Array));
  const levels = take(steps * header.side ** 2, Uint8Array);
  const losses = values.pop();
  const lossMarks = marks.pop();
  recorded = { values: byName(values), marks: byName(marks), losses, lossMarks, levels, broken: unpackBroken(broken) };
}

const byName = (arrays) => Object.fromEntries(quantities.map((name, i) => [name, arrays[i]]));

/** [{values, marks}], one a mistake: all values first, then all marks; axes step, ... */
function unpackBroken(buffer) {
  const lengths = quantities.map((name) => header.steps.length * product(header.shapes[name]));
  let offset = 0;
  const take = (length, Type) => {
    const part = new Type(buffer, offset, length);
    offset += part.byteLength;
    return part;
  };
  const values = header.mistakes.map(() => byName(lengths.map((length) => take(length, Float64Array))));
  const marks = header.mistakes.map(() => byName(lengths.map((length) => take(length, Uint8Array))));
  return values.map((_, i) => ({ values: values[i], marks: marks[i] }));
}

/** The position of a column's run in the arrays. */
function run(column) {
  return (header.columns.indexOf(column) * header.activations.length + state.activation) * header.seeds.length + state.seed;
}

/** What a column computed at a recorded step: {shape, values, marks}; marks is null where the numbers were given. */
export function quantity(name, column, step = state.step, mistake = state.mistake) {
  if (name in given) {
    return { shape: [given[name].length, given[name][0].length], values: given[name].flat(), marks: null };
  }
  if (name === "sigma_prime") return slopes(column, step, mistake);
  const shape = header.shapes[name];
  const size = product(shape);
  const planted = mistake && column === "numpy" ? recorded.broken[header.mistakes.indexOf(mistake)] : null;
  const { values, marks } = planted ?? recorded;
  const start = (planted ? step : run(column) * header.steps.length + step) * size;
  const drawn = step === 0 && /^W/.test(name);
  const part = (array) => array.subarray(start, start + size);
  return { shape, values: part(values[name]), marks: drawn ? null : part(marks[name]) };
}

/** σ'(H), which no column keeps: the page computes it from the column's A. */
function slopes(column, step, mistake) {
  const { shape, values } = quantity("A", column, step, mistake);
  const [, slope] = ACTIVATIONS[header.activations[state.activation]];
  return { shape, values: [...values].map(slope), marks: null };
}

/** Four significant digits. */
export function short(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1000) return String(value).replace("-", "−");
  const size = Math.abs(value);
  const plain = !Number.isFinite(value) || (size >= 1e-3 && size < 1e3);
  return (plain ? value.toPrecision(4) : value.toExponential(3)).replaceAll("-", "−");
}

/** All digits: the shortest that give back the same number. */
export const long = (value) => (Object.is(value, -0) ? "-0" : String(value));

/** How many characters all texts begin with in common. */
export function commonLength(texts) {
  const [first] = texts;
  let same = 0;
  while (same < first.length && texts.every((text) => text[same] === first[same])) same++;
  return same;
}

/** The judge's word on an array: [text, kind, what it means]. */
export function word(marks, name) {
  if (!marks && name === "sigma_prime") return ["from A", "", "The page computes it from A"];
  if (!marks) return [/^W/.test(name) ? "drawn" : "given", "", "The same for every column"];
  if (marks.includes(header.wrong)) return ["✗ wrong", "bad", "An error is larger than rounding allows"];
  if (marks.includes(header.uncertain)) return ["out of range", "", "Too close to the largest float to be judged"];
  const most = Math.max(...marks);
  return [most ? `✓ ${most}%` : "✓ exact", "ok", `The largest error is ${most}% of what rounding allows`];
}

/** Write the judge's word on an array into an element. */
export function writeWord(element, marks, name) {
  const [text, kind, title] = word(marks, name);
  element.textContent = text;
  element.className = `mark ${kind}`;
  element.title = title;
}
