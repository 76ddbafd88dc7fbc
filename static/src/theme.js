// Loaded in <head> without defer, so that the page is painted in its colours at once.
// What the person chose is kept in this browser; without a choice the system's one is followed.
const KEY = "skyclock-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is switched off: follow the system
  }
}

function paint() {
  const theme = chosen() ?? (dark.matches ? "dark" : "light");
  document.documentElement.setAttribute("data-bs-theme", theme);
}

function toggle() {
  const next = document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch {
    document.documentElement.setAttribute("data-bs-theme", next);
    return;
  }
  paint();
}

paint();
dark.addEventListener("change", paint);
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-toggle-theme]")) toggle();
});
