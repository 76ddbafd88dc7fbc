// What somebody is typing into a form of the part goes on in the new one.
export function keepingTyped(place, page, replacePart) {
  const typed = [...place.querySelectorAll("input[id], textarea[id]")].filter((one) => one.value);
  const active = page.activeElement;
  const focused = place.contains(active) ? active.id : "";
  replacePart();
  for (const { id, value } of typed) {
    const field = page.getElementById(id);
    if (field) field.value = value;
  }
  if (focused) page.getElementById(focused)?.focus();
}
