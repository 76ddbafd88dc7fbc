// Sentence, presets, grid and cron text of one schedule, kept in step. The text is the truth: the
// grid shows what it can of it, and rewrites only the one field that somebody ticks in. The
// server reads sentences and says them; its answer is applied only where nobody typed on.
import { FIELDS, format, parse, split } from "../cron/fields.js";
import { boxes, start, step } from "../cron/walk.js";

const NO_CRON = "-";

export default () => ({
  saying: false, // the sentence was edited last, not the expression

  init() {
    this.$refs.grid.hidden = false;
    for (const part of this.parts()) start(part);
    this.show();
    this.$root.addEventListener("htmx:afterSwap", () => this.answered());
    this.$root.addEventListener("input", (event) => this.forget(event.target));
  },

  parts() {
    return [...this.$refs.grid.querySelectorAll("[data-part]")];
  },

  // A yes to what a cloud does with one schedule is none for another.
  forget(input) {
    const { sentence, cron, timezone } = this.$refs;
    const yes = this.$root.querySelector("[name$='.accept_clock_changes']");
    if (yes && [sentence, cron, timezone].includes(input)) yes.checked = false;
  },

  typed() {
    this.saying = false;
    this.$refs.of.value = ""; // from here on the expression counts
    this.show();
  },

  said() {
    this.saying = true;
    this.$refs.of.value = split(this.$refs.cron.value).join(" ") || NO_CRON;
  },

  // Leaving the sentence puts it into the words of the page, if it was understood.
  leave() {
    const read = this.$root.querySelector("[data-read]");
    if (read && this.applies(read)) this.$refs.sentence.value = read.dataset.words;
  },

  applies(read) {
    const same = read.dataset.asked === this.$refs.sentence.value;
    return same && read.dataset.understood === "yes" && read.dataset.words !== "";
  },

  answered() {
    const read = this.$root.querySelector("[data-read]");
    if (!read) return;
    if (this.saying) this.obey(read);
    else if (read.dataset.cron === this.$refs.cron.value.trim()) this.describe(read);
    const wrong = this.saying && read.dataset.understood === "no";
    this.$refs.sentence.setAttribute("aria-invalid", String(wrong));
  },

  obey(read) {
    if (!this.applies(read)) return;
    this.$refs.cron.value = read.dataset.cron;
    if (read.dataset.timezone) this.$refs.timezone.value = read.dataset.timezone;
    this.$refs.of.value = read.dataset.cron;
    this.show();
  },

  describe(read) {
    this.$refs.sentence.value = read.dataset.words;
    this.$refs.of.value = read.dataset.cron || NO_CRON;
  },

  preset(event) {
    this.write(event.currentTarget.dataset.cron);
  },

  // An expression with its zone: one that a cloud takes exactly, or a quieter minute.
  take(event) {
    const { cron, timezone, always } = event.currentTarget.dataset;
    this.$refs.timezone.value = timezone;
    if (always !== undefined) this.$refs.start.value = this.$refs.end.value = "";
    this.write(cron);
    this.$refs.cron.focus({ preventScroll: true }); // the button goes away with the answer
  },

  ticked(event) {
    const part = event.target.closest("[data-part]");
    const numbers = boxes(part).filter((box) => box.checked).map((box) => Number(box.value));
    this.writeField(Number(part.dataset.part), format(new Set(numbers), FIELDS[part.dataset.part]));
  },

  any(event) {
    this.writeField(Number(event.target.closest("[data-part]").dataset.part), "*");
  },

  walk(event) {
    step(event);
  },

  writeField(n, text) {
    const parts = split(this.$refs.cron.value);
    parts[n] = text;
    this.write(parts.join(" "));
  },

  write(text) {
    this.$refs.cron.value = text;
    this.$refs.cron.dispatchEvent(new Event("input", { bubbles: true }));
  },

  show() {
    const parts = split(this.$refs.cron.value);
    const whole = parts.length === FIELDS.length;
    const asText = [];
    for (const part of this.parts()) {
      const text = whole ? parts[part.dataset.part] : null;
      const numbers = whole ? parse(text, FIELDS[part.dataset.part]) : null;
      this.showPart(part, text, numbers);
      if (whole && !numbers) asText.push(`“${text}”`);
    }
    this.$refs.note.textContent = this.note(whole, asText);
    for (const button of this.$root.querySelectorAll(".sb-presets [data-cron]")) {
      button.setAttribute("aria-pressed", String(button.dataset.cron === parts.join(" ")));
    }
  },

  showPart(part, text, numbers) {
    const any = part.querySelector("[data-any]");
    part.toggleAttribute("data-as-text", !numbers);
    any.disabled = text === null;
    any.checked = text === "*";
    for (const box of boxes(part)) {
      box.disabled = !numbers;
      box.checked = text !== "*" && Boolean(numbers?.has(Number(box.value)));
    }
  },

  note(whole, asText) {
    if (!whole) return "The boxes follow once the expression has five fields.";
    if (!asText.length) return "";
    return `${asText.join(", ")} is kept as text: the boxes cannot show it.`;
  },
});
