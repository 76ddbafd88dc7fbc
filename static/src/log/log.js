// The log of a Deployment: lines, which of them are shown, and getting those that are not here.
import { Lines, Numbers, fits, fromRow, fromWire } from "./lines.js";
import { View } from "./view.js";

const PART = 200; // lines fetched at once
const AGAIN = 3000; // milliseconds, after lines could not be read
const PATIENCE = 60; // milliseconds, so that what is scrolled past is not fetched

export class Log {
  constructor(panel) {
    this.panel = panel;
    this.lines = new Lines();
    this.numbers = new Numbers(Number(panel.dataset.last));
    this.filter = {};
    this.watchers = []; // called with each line that comes
    this.unseen = 0;
    this.asked = new Set();
    const moved = () => this.moved();
    const missing = (rows) => this.fetchSoon(rows);
    for (const row of panel.querySelectorAll("[data-line]")) this.lines.put(fromRow(row));
    this.view = new View(panel, { lines: this.lines, numbers: this.numbers, missing, moved });
    panel.querySelector("[data-log-rows]").replaceChildren();
    this.pill = panel.querySelector("[data-log-pill]");
    this.pill.addEventListener("click", () => this.view.follow());
    panel.dataset.logReady = "";
    this.view.restart();
    this.show();
  }

  get last() {
    return this.numbers.last;
  }

  // Lines of the stream; how many of them were new.
  add(values) {
    const fresh = values.map(fromWire).filter((line) => line.n > this.last);
    for (const line of fresh) {
      const shown = fits(line, this.filter);
      this.lines.put(line);
      this.numbers.add(line.n, shown);
      for (const watch of this.watchers) watch(line);
      if (shown && !this.view.following) this.unseen++;
    }
    this.view.grew();
    this.show();
    return fresh.length;
  }

  // Show only what fits; the place that was read stays, as far as it is shown still.
  async choose(filter) {
    const top = this.view.top;
    this.filter = filter;
    this.numbers.chosen = Object.values(filter).some(Boolean) ? await this.matches(filter) : null;
    if (this.filter !== filter) return;
    this.asked.clear();
    this.view.layout.reset(this.numbers.count);
    this.view.anchor = { row: this.numbers.row(top), over: 0 };
    this.view.restart();
    this.show();
  }

  // The numbers of all lines that fit, also of those that came while the server looked.
  async matches(filter) {
    const { numbers, last } = await this.get(this.panel.dataset.matches, filter);
    const later = [...this.lines.after(last)].filter((line) => fits(line, filter));
    return [...numbers, ...later.map((line) => line.n).sort((one, other) => one - other)];
  }

  async goTo(n) {
    if (n > this.last) return;
    if (!this.numbers.has(n)) await this.choose({});
    this.view.goTo(n);
  }

  fetchSoon(rows) {
    this.wanted = rows;
    this.waiting ??= setTimeout(() => {
      this.waiting = undefined;
      const parts = new Set(this.wanted.map((row) => Math.floor(row / PART)));
      for (const part of parts) this.fetch(part);
    }, PATIENCE);
  }

  async fetch(part) {
    const filter = this.filter;
    const rows = [part * PART, Math.min((part + 1) * PART, this.numbers.count)];
    const key = `${part} ${rows[1]}`;
    if (this.asked.has(key)) return;
    this.asked.add(key);
    try {
      const range = { after: this.numbers.at(rows[0]) - 1, limit: rows[1] - rows[0] };
      const { lines } = await this.get(this.panel.dataset.lines, { ...filter, ...range });
      for (const line of lines.map(fromWire)) {
        this.lines.put(line);
        if (filter === this.filter) this.view.arrived(line.n);
      }
      this.view.drawSoon();
    } catch {
      this.panel.querySelector("[data-log-state]").textContent = "Lines could not be read, trying again …";
      setTimeout(() => this.view.drawSoon(), AGAIN);
    } finally {
      setTimeout(() => this.asked.delete(key), AGAIN / 2);
    }
  }

  async get(url, query) {
    const answer = await fetch(`${url}?${new URLSearchParams(query)}`);
    if (answer.redirected) location.reload(); // signed out meanwhile
    if (!answer.ok) throw new Error(`The log could not be read: ${answer.status}`);
    return answer.json();
  }

  moved() {
    if (this.view.following) this.unseen = 0;
    this.show();
  }

  show() {
    const { following } = this.view;
    this.pill.hidden = following || !this.unseen;
    this.pill.querySelector("span").textContent = counted(this.unseen, "new line");
    this.panel.querySelector("[data-log-hold]").setAttribute("aria-pressed", String(following));
    const empty = this.panel.querySelector("[data-log-empty]");
    empty.hidden = this.numbers.count > 0;
    if (this.numbers.chosen && !this.numbers.count) empty.textContent = "No line fits.";
  }
}

export function counted(count, word) {
  return `${count.toLocaleString("en-GB")} ${word}${count === 1 ? "" : "s"}`;
}
