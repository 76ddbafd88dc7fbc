// Folded parts that somebody opened stay open when a piece of the page is fetched again.
const open = new Set();

document.addEventListener(
  "toggle",
  (event) => {
    const key = event.target.dataset?.keepOpen;
    if (!key) return;
    if (event.target.open) open.add(key);
    else open.delete(key);
  },
  true,
);

document.addEventListener("htmx:afterSettle", () => {
  for (const fold of document.querySelectorAll("details[data-keep-open]")) {
    if (open.has(fold.dataset.keepOpen)) fold.open = true;
  }
});
