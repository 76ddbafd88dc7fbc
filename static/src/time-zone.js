// Every <time> carries its words in three zones; the switch shows others without a reload.
const YEAR = 365 * 24 * 3600;

export function showTimes(root, zone = document.documentElement.dataset.zone) {
  for (const time of root.querySelectorAll(`time[data-${zone}]`)) {
    const words = time.dataset[zone];
    const label = time.querySelector(".zone");
    if (!label) {
      time.textContent = words;
      continue;
    }
    const space = words.lastIndexOf(" ");
    label.textContent = words.slice(space + 1);
    time.firstChild.textContent = `${words.slice(0, space)} `;
  }
}

function choose(button) {
  const zone = button.value;
  document.cookie = `zone=${zone}; path=/; max-age=${YEAR}; samesite=lax`;
  document.documentElement.dataset.zone = zone;
  // Where the zone decides what lies on which day, the server has to cut the days again.
  if (document.querySelector("[data-zone-reload]")) return window.location.reload();
  for (const each of button.form.querySelectorAll("button")) {
    each.setAttribute("aria-pressed", String(each === button));
  }
  document.querySelector("[data-zone-label]").textContent = button.dataset.label;
  showTimes(document);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-zone-switch]") || !event.submitter) return;
  event.preventDefault();
  choose(event.submitter);
  event.target.closest("details").open = false;
});
