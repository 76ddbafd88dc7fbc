// The arrow keys walk a row of dots; Tab stops at it once.
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

document.addEventListener("keydown", (event) => {
  const dot = event.target.closest("[data-dots] > a");
  if (!dot || !(event.key in STEPS)) return;
  const dots = [...dot.parentElement.children];
  const next = dots[dots.indexOf(dot) + STEPS[event.key]];
  if (!next) return;
  event.preventDefault();
  dot.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
