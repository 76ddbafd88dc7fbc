// Links that a key follows: <a data-key="t">. Only with no other key held, and never while
// somebody types or moves within something that has its own keys.
const BUSY = "input, select, textarea, [contenteditable], details[open], .cal-scroll:focus";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.target.closest?.(BUSY) && !event.target.matches(".btn")) return;
  const link = [...document.querySelectorAll("[data-keys] [data-key]")].find(
    (each) => each.dataset.key === event.key,
  );
  if (!link) return;
  event.preventDefault();
  link.click();
});
