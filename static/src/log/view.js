// Draws the rows that can be seen, of a log that may have very many. What is not here yet is
// asked for. The place that is read stays where it is, whatever happens above and below it.
import { Layout } from "./layout.js";
import { rowOf, rowToCome } from "./row.js";

const OVER = 15; // rows drawn beyond the edges
const NEAR_END = 30; // pixels

export class View {
  // `missing` is called with the rows that are to be fetched, `moved` when following changes.
  constructor(panel, { lines, numbers, missing, moved }) {
    this.scroll = panel.querySelector("[data-log-scroll]");
    this.list = panel.querySelector("[data-log-rows]");
    Object.assign(this, { lines, numbers, missing, moved });
    this.mine = panel.dataset.zoneName;
    this.q = "";
    this.marked = null;
    this.found = 0;
    this.following = true;
    this.held = false; // paused by the button: being at the end does not follow again
    this.anchor = { row: 0, over: 0 };
    this.drawn = new Map(); // row → element
    this.ours = null; // where we scrolled to ourselves
    this.layout = new Layout(this.lineHeight());
    this.scroll.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(this.scroll);
  }

  lineHeight() {
    return parseFloat(getComputedStyle(this.list).lineHeight) || 19;
  }

  get wrapped() {
    return this.scroll.classList.contains("log-wrap");
  }

  // Which rows there are has changed.
  restart() {
    this.layout = new Layout(this.lineHeight());
    this.layout.reset(this.numbers.count);
    this.renew();
  }

  // How they look has changed.
  renew() {
    for (const element of this.drawn.values()) element.remove();
    this.drawn.clear();
    this.draw();
  }

  grew() {
    this.layout.grow(this.numbers.count);
    this.drawSoon();
  }

  arrived(n) {
    const row = this.numbers.row(n);
    const element = this.drawn.get(row);
    if (element && !element.dataset.line) this.drop(row, element);
  }

  follow() {
    this.following = true;
    this.held = false;
    this.draw();
    this.moved();
  }

  pause({ held = false } = {}) {
    this.following = false;
    this.held = held;
    this.anchor = this.here();
    this.moved();
  }

  goTo(n) {
    this.following = false;
    this.anchor = { row: this.numbers.row(n), over: -this.scroll.clientHeight / 3 };
    this.draw();
    this.moved();
  }

  // The number of the line at the top.
  get top() {
    return this.numbers.at(this.layout.rowAt(this.scroll.scrollTop)) ?? 1;
  }

  isSeen(n) {
    const top = this.layout.top(this.numbers.row(n)) - this.scroll.scrollTop;
    return top >= 0 && top < this.scroll.clientHeight - this.layout.line;
  }

  here() {
    const row = this.layout.rowAt(this.scroll.scrollTop);
    return { row, over: this.scroll.scrollTop - this.layout.top(row) };
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    if (this.ours === null || Math.abs(scrollTop - this.ours) > 1) {
      const atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
      const before = this.following;
      this.ours = null;
      this.following = atEnd && !this.held;
      this.anchor = this.here();
      if (before !== this.following) this.moved();
    }
    this.drawSoon();
  }

  resized() {
    if (this.wrapped) this.restart();
    else this.drawSoon();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    for (let turn = 0; turn < 4; turn++) {
      this.place();
      this.fill();
      if (!this.measure()) break;
    }
    this.ask();
  }

  place() {
    const total = this.layout.total;
    this.list.style.height = `${total}px`;
    const end = Math.max(0, total - this.scroll.clientHeight);
    const wanted = this.following ? end : this.layout.top(this.anchor.row) + this.anchor.over;
    const top = Math.max(0, Math.min(wanted, end));
    if (Math.abs(this.scroll.scrollTop - top) < 1) return;
    this.scroll.scrollTop = top;
    this.ours = this.scroll.scrollTop;
  }

  fill() {
    const [from, to] = this.window();
    for (const [row, element] of this.drawn) if (row < from || row > to) this.drop(row, element);
    let top = this.layout.top(from);
    let above = null;
    for (let row = from; row <= to; row++) {
      const element = this.drawn.get(row) ?? this.make(row, above);
      element.style.top = `${top}px`;
      top += this.layout.height(row);
      above = element;
    }
  }

  window() {
    const { scrollTop, clientHeight } = this.scroll;
    const from = Math.max(0, this.layout.rowAt(scrollTop) - OVER);
    const to = this.layout.rowAt(scrollTop + clientHeight) + OVER;
    return [from, Math.min(to, this.layout.count - 1)];
  }

  // In the order of the numbers, for who selects text and for who hears it read.
  make(row, above) {
    const n = this.numbers.at(row);
    const line = this.lines.get(n);
    const isMarked = Boolean(this.marked && n >= this.marked[0] && n <= this.marked[1]);
    const look = { q: this.q, mine: this.mine, isMarked, isFound: n === this.found };
    const element = line ? rowOf(line, look) : rowToCome(n);
    element.ariaPosInSet = row + 1;
    element.ariaSetSize = this.layout.count;
    this.drawn.set(row, element);
    if (above) above.after(element);
    else this.list.prepend(element);
    return element;
  }

  drop(row, element) {
    element.remove();
    this.drawn.delete(row);
  }

  // What is drawn tells how high it is; True where something stands elsewhere because of it.
  measure() {
    const heights = [...this.drawn].map(([row, element]) => [row, element.offsetHeight]);
    return heights.map(([row, height]) => this.layout.set(row, height)).some(Boolean);
  }

  ask() {
    const [from, to] = this.window();
    const rows = [];
    for (let row = from; row <= to; row++) if (!this.lines.get(this.numbers.at(row))) rows.push(row);
    if (rows.length) this.missing(rows);
    else this.lines.forget(this.numbers.at(from) - 1000, this.numbers.at(to) + 1000);
  }
}
