// Presets, grid and cron text of one schedule, kept in step. The text is the truth: the grid
// shows what it can of it, and rewrites only the one field that somebody ticks in.
import { FIELDS, format, parse, split } from "../cron/fields.js";

function boxes(part) {
  return [...part.querySelectorAll("input[value]:not([data-any])")];
}

export default () => ({
  init() {
    this.$refs.grid.hidden = false;
    this.show();
  },

  typed() {
    this.show();
  },

  preset(event) {
    this.write(event.currentTarget.dataset.cron);
  },

  ticked(event) {
    const part = event.target.closest("[data-part]");
    const numbers = boxes(part).filter((box) => box.checked).map((box) => Number(box.value));
    this.writeField(Number(part.dataset.part), format(new Set(numbers), FIELDS[part.dataset.part]));
  },

  any(event) {
    this.writeField(Number(event.target.closest("[data-part]").dataset.part), "*");
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
    for (const part of this.$refs.grid.querySelectorAll("[data-part]")) {
      const text = whole ? parts[part.dataset.part] : null;
      const numbers = whole ? parse(text, FIELDS[part.dataset.part]) : null;
      this.showPart(part, text, numbers);
      if (whole && !numbers) asText.push(`“${text}”`);
    }
    this.$refs.note.textContent = this.note(whole, asText);
    for (const button of this.$root.querySelectorAll("[data-cron]")) {
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
