// The lines that are in the browser, by number, and which numbers are shown in which row.
const MOST = 30_000;
const KEEP = 20_000;
export const LEVELS = ["debug", "info", "warning", "error"];

export function fromWire([n, at, level, text, resource = ""]) {
  return { n, at, level, text, resource };
}

export function fromRow(row) {
  return {
    n: Number(row.dataset.line),
    at: Date.parse(row.querySelector("time").dateTime),
    level: row.dataset.level,
    text: row.querySelector(".line-text").textContent,
    resource: row.dataset.resource ?? "",
  };
}

// Beyond a number of lines the ones that came first are forgotten, except near the place read.
export class Lines {
  constructor() {
    this.known = new Map();
  }

  get(n) {
    return this.known.get(n);
  }

  put(line) {
    this.known.set(line.n, line);
  }

  forget(from, to) {
    if (this.known.size <= MOST) return;
    for (const n of this.known.keys()) {
      if (this.known.size <= KEEP) break;
      if (n < from || n > to) this.known.delete(n);
    }
  }

  *after(n) {
    for (const line of this.known.values()) if (line.n > n) yield line;
  }
}

// All numbers from 1 to the last, or only chosen ones, in order.
export class Numbers {
  constructor(last) {
    this.last = last;
    this.chosen = null;
  }

  get count() {
    return this.chosen ? this.chosen.length : this.last;
  }

  at(row) {
    return this.chosen ? this.chosen[row] : row + 1;
  }

  // The row of this number, or of the next one that is shown.
  row(n) {
    const row = this.chosen ? place(this.chosen, n) : n - 1;
    return Math.max(0, Math.min(row, this.count - 1));
  }

  has(n) {
    return this.chosen ? this.chosen[place(this.chosen, n)] === n : n >= 1 && n <= this.last;
  }

  add(n, fits) {
    this.last = Math.max(this.last, n);
    if (this.chosen && fits) this.chosen.push(n);
  }
}

// The index of the first that is not below n.
export function place(numbers, n) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The same question that the server answers for lines that are not here.
export function fits(line, { level = "", resource = "", q = "" }) {
  if (level && LEVELS.indexOf(line.level) < LEVELS.indexOf(level)) return false;
  if (resource && line.resource !== resource) return false;
  return !q || line.text.toLowerCase().includes(q.toLowerCase());
}

// The text in pieces, every second of which is what was looked for.
export function pieces(text, q) {
  if (!q) return [text];
  const lower = text.toLowerCase();
  const wanted = q.toLowerCase();
  if (lower.length !== text.length) return [text]; // a letter that has no capital of its length
  const found = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    found.push(text.slice(from, at), text.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  return [...found, text.slice(from)];
}

// "#L12" and "#L10-L20" as [first, last]; null for anything else.
export function marked(hash) {
  const found = /^#L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(hash);
  if (!found) return null;
  const ends = [Number(found[1]), Number(found[2] ?? found[1])];
  return [Math.min(...ends), Math.max(...ends)];
}

export function hashOf([first, last]) {
  return first === last ? `#L${first}` : `#L${first}-L${last}`;
}
