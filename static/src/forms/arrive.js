// After a piece of a form was added or moved, the person goes on there: at its first input,
// or at the same arrow, so that the keyboard can move it further.
let verb = "";

document.addEventListener("htmx:beforeRequest", (event) => {
  verb = (event.detail.elt.value ?? "").split(":")[0];
});

document.addEventListener("htmx:afterSettle", () => {
  const place = document.querySelector("[data-arrived]");
  if (!place) return;
  const moved = verb === "up" || verb === "down";
  const arrow = moved && place.querySelector(`button[value^="${verb}:"]:enabled`);
  const input = place.querySelector("input:not([type=hidden]), select, textarea");
  place.scrollIntoView({ block: "nearest" });
  (arrow || input || place).focus({ preventScroll: true });
});
