// Follows a running Deployment. Lines are numbered by the server; one whose number is here
// already is left out, so reconnecting neither loses nor doubles one.
import { counted } from "./log.js";
import { renew } from "./parts.js";

const HIDDEN_SECONDS = 20; // a browser has few connections: a hidden tab gives its one back
const LONGEST_PAUSE = 15_000;
const CATCHING_UP = 600; // milliseconds in which what comes after a gap was missed
const SHOWN = 8000;
const SPOKEN = 5000; // a screen reader hears of new lines at most this often

export class Stream {
  constructor(panel, log) {
    this.url = panel.dataset.events;
    this.state = panel.querySelector("[data-log-state]");
    this.said = panel.querySelector("[data-log-said]");
    this.log = log;
    this.pause = 1000;
    this.unsaid = 0;
    this.missed = 0;
    document.addEventListener("visibilitychange", () => this.visibility());
    this.open();
  }

  open() {
    clearTimeout(this.retrying);
    this.source?.close();
    this.source = new EventSource(`${this.url}?after=${this.log.last}`);
    this.source.onopen = () => this.opened();
    this.source.onerror = () => this.failed();
    this.source.addEventListener("line", (event) => this.lines(JSON.parse(event.data)));
    for (const name of ["status", "phase", "resource"]) {
      this.source.addEventListener(name, (event) => renew(event.data));
    }
    this.source.addEventListener("end", () => this.end());
  }

  lines(values) {
    const added = this.log.add(values);
    if (this.lost) this.caughtUp(added);
    this.speak(added);
  }

  opened() {
    this.pause = 1000;
    if (!this.lost) return this.say("live");
    clearTimeout(this.catching);
    this.catching = setTimeout(() => (this.lost = false), CATCHING_UP);
    this.caughtUp(0);
  }

  caughtUp(added) {
    this.missed += added;
    this.say(this.missed ? `caught up ${counted(this.missed, "line")}` : "live");
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => {
      this.missed = 0;
      if (!this.ended && !this.lost) this.say("live");
    }, SHOWN);
  }

  failed() {
    clearTimeout(this.catching);
    this.lost = true;
    this.say("Reconnecting …");
    if (this.source.readyState !== EventSource.CLOSED) return; // the browser tries again itself
    this.retrying = setTimeout(() => this.ended || this.open(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  end() {
    this.ended = true;
    this.source.close();
    this.say(this.missed ? this.state.textContent : "");
  }

  visibility() {
    clearTimeout(this.closing);
    if (this.ended) return;
    if (document.hidden) this.closing = setTimeout(() => this.source.close(), HIDDEN_SECONDS * 1000);
    else if (this.source.readyState === EventSource.CLOSED) this.open();
  }

  say(words) {
    if (this.state.textContent !== words) this.state.textContent = words;
  }

  speak(added) {
    this.unsaid += added;
    this.speaking ??= setTimeout(() => {
      this.said.textContent = counted(this.unsaid, "new log line");
      this.unsaid = 0;
      this.speaking = undefined;
    }, SPOKEN);
  }
}
