// Follows a running deployment: new lines into the log, renewed parts into the page.
// Lines are numbered by the server; a line whose number is here already is left out, so
// reconnecting neither loses nor doubles one.
import { tick } from "./elapsed.js";
import { showTimes } from "./time-zone.js";

const NEAR_END = 40; // pixels
const HIDDEN_SECONDS = 20; // a browser has few connections: a hidden tab gives its one back
const LONGEST_PAUSE = 15_000;

class Log {
  constructor(panel) {
    this.lines = panel.querySelector("[data-log-lines]");
    this.empty = panel.querySelector("[data-log-empty]");
    this.pill = panel.querySelector("[data-log-follow]");
    this.last = Number(panel.dataset.last);
    this.unseen = 0;
    this.following = !location.hash.startsWith("#L");
    this.lines.addEventListener("scroll", () => this.scrolled());
    this.pill.addEventListener("click", () => this.follow());
    if (this.following) this.toEnd();
  }

  add(html) {
    const fragment = document.createElement("template");
    fragment.innerHTML = html;
    const fresh = [...fragment.content.children].filter((line) => Number(line.dataset.line) > this.last);
    if (!fresh.length) return 0;
    showTimes(fragment.content);
    this.last = Number(fresh.at(-1).dataset.line);
    this.lines.append(...fresh);
    this.empty.hidden = true;
    if (this.following) this.toEnd();
    else this.count(fresh.length);
    return fresh.length;
  }

  count(more) {
    this.unseen += more;
    this.pill.hidden = false;
    this.pill.querySelector("span").textContent = `${this.unseen} new line${this.unseen > 1 ? "s" : ""}`;
  }

  toEnd() {
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  follow() {
    this.following = true;
    this.unseen = 0;
    this.pill.hidden = true;
    this.toEnd();
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.lines;
    this.following = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (this.following && !this.pill.hidden) this.follow();
  }
}

class Stream {
  constructor(panel, log) {
    this.url = panel.dataset.events;
    this.state = panel.querySelector("[data-log-state]");
    this.log = log;
    this.pause = 1000;
    this.ended = false;
    this.lost = false;
    document.addEventListener("visibilitychange", () => this.visibility());
    this.open();
  }

  open() {
    clearTimeout(this.retrying);
    this.source?.close();
    this.source = new EventSource(`${this.url}?after=${this.log.last}`);
    this.source.onopen = () => this.opened();
    this.source.onerror = () => this.failed();
    this.source.addEventListener("line", (event) => this.line(event.data));
    for (const name of ["status", "phase", "resource"]) {
      this.source.addEventListener(name, (event) => renew(event.data));
    }
    this.source.addEventListener("end", () => this.end());
  }

  line(html) {
    const added = this.log.add(html);
    const caughtUp = this.lost && added > 0;
    this.say(caughtUp ? `live · caught up ${added} line${added > 1 ? "s" : ""}` : "live");
    this.lost = false;
  }

  opened() {
    this.pause = 1000;
    this.say("live");
  }

  failed() {
    this.lost = true;
    this.say("reconnecting …");
    if (this.source.readyState !== EventSource.CLOSED) return; // the browser tries again itself
    this.retrying = setTimeout(() => this.ended || this.open(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  end() {
    this.ended = true;
    this.source.close();
    this.say("");
  }

  visibility() {
    clearTimeout(this.closing);
    if (this.ended) return;
    if (document.hidden) this.closing = setTimeout(() => this.source.close(), HIDDEN_SECONDS * 1000);
    else if (this.source.readyState === EventSource.CLOSED) this.open();
  }

  say(words) {
    this.state.textContent = words;
  }
}

function renew(html) {
  const fragment = document.createElement("template");
  fragment.innerHTML = html;
  for (const part of fragment.content.querySelectorAll("[data-part]")) {
    const place = document.getElementById(part.dataset.part);
    const opened = [...place.querySelectorAll("details[data-keep-open][open]")];
    const keys = opened.map((details) => details.dataset.keepOpen);
    showTimes(part);
    place.replaceChildren(...part.childNodes);
    for (const key of keys) {
      place.querySelector(`details[data-keep-open="${key}"]`)?.setAttribute("open", "");
    }
  }
  tick();
  title();
}

// The tab's title begins with the shape of the state.
function title() {
  const shape = document.querySelector("#part-state .shape")?.textContent;
  if (shape) document.title = document.title.replace(/^\S+/, shape);
}

const panel = document.querySelector("[data-log]");
if (panel) {
  const log = new Log(panel);
  if (panel.dataset.events) new Stream(panel, log);
}
