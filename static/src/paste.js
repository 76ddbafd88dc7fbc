// Splits a pasted credential into the form's fields, so that the text itself is never sent. What
// is not understood here stays in the box: the server splits it, or says why it refuses it.
import { split } from "./paste/split.js";

function fill(box) {
  const form = box.form;
  const found = split(box.dataset.paste, box.value);
  const known = Object.entries(found).filter(([name]) => form.elements[name]);
  if (!known.length) return;
  for (const [name, value] of known) {
    form.elements[name].value = value;
    form.elements[name].dispatchEvent(new Event("change", { bubbles: true }));
  }
  box.value = "";
  form.elements[known[0][0]].focus();
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-paste]")) fill(event.target);
});
