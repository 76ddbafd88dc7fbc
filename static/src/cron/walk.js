// One stop of the Tab key for each group of boxes; within it the arrows go from box to box, Home
// and End to its ends. Space ticks, as in every checkbox.
export function boxes(part) {
  return [...part.querySelectorAll("input[value]:not([data-any])")];
}

export function start(part) {
  const all = boxes(part);
  const first = all.find((box) => box.checked) ?? all[0];
  for (const box of all) box.tabIndex = box === first ? 0 : -1;
}

export function step(event) {
  const part = event.target.closest("[data-part]");
  const all = boxes(part);
  const here = all.indexOf(event.target);
  const to = here < 0 ? -1 : target(event.key, here, all.length, columns(all));
  if (to < 0) return;
  event.preventDefault();
  for (const box of all) box.tabIndex = box === all[to] ? 0 : -1;
  all[to].focus();
}

// The number of the box that a key leads to; -1 where the key is another, or leads nowhere.
export function target(key, here, count, perRow) {
  const to = {
    ArrowLeft: here - 1,
    ArrowRight: here + 1,
    ArrowUp: here - perRow,
    ArrowDown: here + perRow,
    Home: 0,
    End: count - 1,
  }[key];
  return to >= 0 && to < count ? to : -1;
}

function columns(all) {
  const top = (box) => Math.round(box.getBoundingClientRect().top);
  const first = top(all[0]);
  const next = all.findIndex((box) => top(box) !== first);
  return next < 0 ? all.length : next;
}
