// Running things count up every second, in the words that the server uses.
function pair(whole, large, largeUnit, small, smallUnit) {
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${largeUnit}` + (rest ? ` ${rest} ${smallUnit}` : "");
}

function words(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, "min", 1, "s");
  if (whole < 86400) return pair(whole, 3600, "h", 60, "min");
  return pair(whole, 86400, "d", 3600, "h");
}

export function tick() {
  for (const element of document.querySelectorAll("[data-elapsed]")) {
    element.textContent = words((Date.now() - Date.parse(element.dataset.elapsed)) / 1000);
  }
}

setInterval(tick, 1000);
