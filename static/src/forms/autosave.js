// A form with data-autosave is kept as a draft while it is typed into: `do=keep` is posted a
// moment after the last key, and when the page is left.
const PAUSE = 1200;
const timers = new WeakMap();

function filled(form, action) {
  const data = new FormData(form);
  data.set("do", action);
  return data;
}

function tell(text) {
  const place = document.querySelector("[data-draft-state]");
  if (place) place.textContent = text;
}

async function keep(form) {
  timers.delete(form);
  try {
    const answer = await fetch(form.action, { method: "POST", body: filled(form, "keep") });
    const ok = answer.status === 204;
    tell(ok ? "Draft kept just now" : "Draft not kept: sign in again in another tab.");
  } catch {
    tell("Draft not kept: the server cannot be reached.");
  }
}

function stop(form) {
  clearTimeout(timers.get(form));
  timers.delete(form);
}

document.addEventListener("input", (event) => {
  const form = event.target.form?.closest("[data-autosave]");
  if (!form) return;
  stop(form);
  timers.set(form, setTimeout(() => keep(form), PAUSE));
});

// The post itself carries all that was typed.
document.addEventListener("submit", (event) => stop(event.target));
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest?.("[data-autosave]");
  if (form && event.detail.requestConfig.verb === "post") stop(form);
});

addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll("[data-autosave]")) {
    if (timers.has(form)) navigator.sendBeacon(form.action, filled(form, "keep"));
    stop(form);
  }
});
