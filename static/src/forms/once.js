// A form with data-autosave is sent once: a second click while the answer is on its way would
// find the draft saved and gone.
const WAIT = 8000;
const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-autosave]")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  setTimeout(() => sent.delete(form), WAIT);
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-autosave]")) sent.delete(form);
});
