// The five fields of cron as sets of numbers, and sets as cron text.
// Only what standard cron has; anything else is not a set, and stays as the text it is.

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

function named(names, first) {
  return new Map(names.map((name, n) => [name, n + first]));
}

// `steps`: a set that goes round evenly is written with a step. Not for the day fields: there
// a star at the start changes how the two are combined.
export const FIELDS = [
  { name: "minute", low: 0, high: 59, names: new Map(), steps: true },
  { name: "hour", low: 0, high: 23, names: new Map(), steps: true },
  { name: "day of month", low: 1, high: 31, names: new Map(), steps: false },
  { name: "month", low: 1, high: 12, names: named(MONTHS, 1), steps: true },
  { name: "day of week", low: 0, high: 7, names: named(WEEKDAYS, 0), steps: false },
];

export function split(text) {
  return text.trim().split(/\s+/).filter(Boolean);
}

// The numbers that a field's text means; null where it is no standard cron.
export function parse(text, field) {
  const numbers = new Set();
  for (const part of text.split(",")) {
    const range = span(part, field);
    if (!range) return null;
    for (let n = range.first; n <= range.last; n += range.step) numbers.add(n);
  }
  if (field.high === 7 && numbers.delete(7)) numbers.add(0);
  return numbers;
}

function span(part, field) {
  const match = part.match(/^(\*|[A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?(?:\/(\d+))?$/);
  if (!match) return null;
  const [, start, end, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (start === "*") return end || !step ? null : { first: field.low, last: field.high, step };
  const first = number(start, field);
  const last = end ? number(end, field) : stepText === undefined ? first : field.high;
  const sound = first !== null && last !== null && first <= last && step > 0;
  return sound ? { first, last, step } : null;
}

function number(text, field) {
  const value = field.names.get(text.toUpperCase()) ?? (/^\d+$/.test(text) ? Number(text) : NaN);
  return value >= field.low && value <= field.high ? value : null;
}

// The shortest plain text for a set. Nothing and everything are both "*".
export function format(numbers, field) {
  const ordered = [...numbers].sort((a, b) => a - b);
  const size = (field.high === 7 ? 6 : field.high) - field.low + 1;
  if (ordered.length === 0 || ordered.length === size) return "*";
  return (field.steps && evenSteps(ordered, field, size)) || ranges(ordered).join(",");
}

function evenSteps(ordered, field, size) {
  const step = size / ordered.length;
  const even = ordered.length > 1 && ordered.every((n, i) => n === field.low + i * step);
  return even ? `*/${step}` : null;
}

function ranges(ordered) {
  const found = [];
  for (const n of ordered) {
    const last = found.at(-1);
    if (last && n === last[1] + 1) last[1] = n;
    else found.push([n, n]);
  }
  return found.flatMap(([a, b]) => (b - a > 1 ? [`${a}-${b}`] : a === b ? [`${a}`] : [`${a}`, `${b}`]));
}
