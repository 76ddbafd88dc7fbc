// One line as an element, as dashboard/templatetags/log.py writes it.
import { pieces } from "./lines.js";

const clocks = new Map(); // zone → how it writes a time; making one is slow

function clock(at, zone) {
  if (!clocks.has(zone)) clocks.set(zone, format(zone));
  return clocks.get(zone).format(at);
}

function format(zone) {
  const style = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...style, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...style, timeZone: "UTC" }); // not known here
  }
}

export function rowOf(line, { q, mine, isMarked, isFound }) {
  const row = document.createElement("li");
  row.className = `line line-${line.level}`;
  row.classList.toggle("line-marked", isMarked);
  row.classList.toggle("line-found", isFound);
  row.id = `L${line.n}`;
  row.dataset.line = line.n;
  const text = document.createElement("span");
  text.className = "line-text";
  text.append(...pieces(line.text, q).map((piece, index) => (index % 2 ? mark(piece) : piece)));
  row.append(number(line.n), time(line.at, mine), text);
  return row;
}

export function rowToCome(n) {
  const row = document.createElement("li");
  row.className = "line line-to-come";
  row.append(number(n));
  return row;
}

function number(n) {
  const link = document.createElement("a");
  link.className = "line-n";
  link.href = `#L${n}`;
  link.tabIndex = -1; // thousands of stops; ":120" in the search field goes to a line as well
  link.textContent = n;
  return link;
}

function time(at, mine) {
  const time = document.createElement("time");
  time.dateTime = time.title = new Date(at).toISOString();
  time.dataset.utc = clock(at, "UTC");
  time.dataset.mine = time.dataset.schedule = clock(at, mine);
  time.textContent = time.dataset[document.documentElement.dataset.zone] ?? time.dataset.mine;
  return time;
}

function mark(text) {
  const element = document.createElement("mark");
  element.textContent = text;
  return element;
}
