// What people do with the log: search, filter, mark, wrap, follow, copy.
import { hashOf, marked, place } from "./lines.js";
import { counted } from "./log.js";

const PAUSE = 250; // milliseconds after the last letter
const WRAP = "skyclock-log-wrap";
const TYPING = "input, select, textarea, [contenteditable], details[open]";

export class Tools {
  constructor(panel, log) {
    this.panel = panel;
    this.log = log;
    this.view = log.view;
    this.form = panel.querySelector("[data-log-tools]");
    this.count = panel.querySelector("[data-log-count]");
    this.error = panel.querySelector("[data-log-error]");
    this.q = this.form.elements.q;
    this.found = []; // numbers
    this.listen();
    this.wrap(stored(WRAP) === "on");
    this.tell();
    log.watchers.push((line) => this.watch(line));
    this.begin();
  }

  async begin() {
    if (this.filter.level || this.filter.resource) await this.choose();
    if (this.q.value) await this.search();
    this.open();
  }

  listen() {
    const on = (name, act) => this.panel.querySelector(`[data-log-${name}]`).addEventListener("click", act);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.q.addEventListener("input", () => this.searchSoon());
    this.q.addEventListener("keydown", (event) => this.key(event));
    this.form.elements.level.addEventListener("change", () => this.choose());
    for (const button of this.form.querySelectorAll("[data-log-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.logStep)));
    }
    on("error", (event) => this.firstError(event));
    on("all", (event) => this.only(event, ""));
    on("wrap", () => this.wrap(!this.view.wrapped));
    on("copy", (event) => this.copy(event.currentTarget));
    on("hold", () => (this.view.following ? this.view.pause({ held: true }) : this.view.follow()));
    on("rows", (event) => this.number(event));
    document.addEventListener("click", (event) => this.resource(event));
    document.addEventListener("keydown", (event) => this.shortcut(event));
    window.addEventListener("hashchange", () => this.open());
  }

  // ── Search ──

  searchSoon() {
    clearTimeout(this.searching);
    this.searching = setTimeout(() => this.search(), PAUSE);
  }

  async search() {
    const q = this.q.value.trim();
    const line = /^:(\d+)$/.exec(q);
    clearTimeout(this.searching);
    if (line) return;
    this.found = q ? await this.log.matches({ ...this.filter, q }) : [];
    if (q !== this.q.value.trim()) return;
    this.view.q = q;
    this.view.found = 0;
    const near = place(this.found, this.view.top);
    this.at = this.found.length ? near % this.found.length : -1;
    if (this.found.length) this.show();
    else this.view.renew();
    this.tell();
  }

  show() {
    this.view.found = this.found[this.at];
    if (this.view.isSeen(this.view.found)) this.view.pause();
    else this.view.goTo(this.view.found);
    this.view.renew();
  }

  step(by) {
    if (!this.found.length) return;
    this.at = (this.at + by + this.found.length) % this.found.length;
    this.show();
    this.tell();
  }

  tell() {
    this.count.parentElement.hidden = !this.view.q;
    if (!this.view.q) this.count.textContent = "";
    else if (!this.found.length) this.count.textContent = "not found";
    else this.count.textContent = `${this.at + 1} of ${this.found.length.toLocaleString("en-GB")}`;
  }

  async key(event) {
    if (event.key === "Escape") {
      this.q.value = "";
      await this.search();
      this.view.scroll.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const line = /^:(\d+)$/.exec(this.q.value.trim());
      if (line) return this.link([Number(line[1]), Number(line[1])]);
      if (this.view.q !== this.q.value.trim()) await this.search();
      else this.step(event.shiftKey ? -1 : 1);
    }
  }

  watch(line) {
    const { q } = this.view;
    if (q && this.log.numbers.has(line.n) && line.text.toLowerCase().includes(q.toLowerCase())) {
      this.found.push(line.n);
      this.tell();
    }
    if (line.level === "error" && this.error.hidden) {
      this.error.hidden = false;
      this.error.hash = `#L${line.n}`;
    }
  }

  // ── Filter ──

  get filter() {
    return { level: this.form.elements.level.value, resource: this.form.elements.resource.value };
  }

  async choose() {
    const { resource } = this.filter;
    this.panel.querySelector("[data-log-only]").hidden = !resource;
    this.panel.querySelector("[data-log-resource]").textContent = resource.split("::").at(-1);
    await this.log.choose(this.filter);
    if (this.q.value.trim()) await this.search();
  }

  only(event, urn) {
    event.preventDefault();
    this.form.elements.resource.value = urn;
    this.choose();
  }

  resource(event) {
    const link = event.target.closest?.("[data-log-of]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    this.only(event, link.dataset.logOf);
    this.panel.scrollIntoView({ block: "nearest" });
  }

  // ── Links to lines ──

  async open() {
    const wanted = marked(location.hash);
    this.view.marked = wanted;
    if (wanted && wanted[0] <= this.log.last) {
      if (!this.log.numbers.has(wanted[0])) await this.clear();
      await this.log.goTo(wanted[0]);
    }
    this.view.renew();
  }

  async clear() {
    this.form.elements.level.value = this.form.elements.resource.value = "";
    await this.choose();
  }

  link(lines) {
    history.replaceState(history.state, "", hashOf(lines));
    return this.open();
  }

  number(event) {
    const link = event.target.closest(".line-n");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const n = Number(link.textContent);
    const from = event.shiftKey && this.view.marked ? this.view.marked[0] : n;
    this.view.marked = [Math.min(from, n), Math.max(from, n)];
    history.replaceState(history.state, "", hashOf(this.view.marked));
    this.view.pause();
    this.view.renew();
  }

  firstError(event) {
    event.preventDefault();
    const [n] = marked(this.error.hash) ?? [];
    if (n) this.link([n, n]);
  }

  // ── Look, follow, copy ──

  wrap(on) {
    this.view.scroll.classList.toggle("log-wrap", on);
    this.panel.querySelector("[data-log-wrap]").setAttribute("aria-pressed", String(on));
    store(WRAP, on ? "on" : "off");
    this.view.restart();
  }

  async copy(button) {
    const { marked } = this.view;
    const range = marked ? { from: marked[0], to: marked[1] } : {};
    const query = new URLSearchParams({ ...(marked ? {} : this.filter), ...range });
    const text = await (await fetch(`${this.panel.dataset.text}?${query}`)).text();
    const lines = text.split("\n").length - 1;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = `Copied ${counted(lines, "line")}`;
    } catch {
      button.textContent = "Not allowed here";
    }
    setTimeout(() => (button.textContent = "Copy"), 2500);
  }

  shortcut(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(TYPING)) return;
    if (event.key === "/") this.q.focus();
    else if (event.key === "End" && this.panel.contains(event.target)) this.view.follow();
    else return;
    event.preventDefault();
  }
}

function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is switched off
  }
}

function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It holds for this page then.
  }
}
