// Parts of a Deployment's page that the server has rendered anew, and what the tab shows of them.
import { tick } from "../elapsed.js";
import { showTimes } from "../time-zone.js";
import { keepingTyped } from "./typed.js";

export function renew(html) {
  const fragment = document.createElement("template");
  fragment.innerHTML = html;
  for (const part of fragment.content.querySelectorAll("[data-part]")) replace(part);
  tick();
  tab();
}

function replace(part) {
  const place = document.getElementById(part.dataset.part);
  if (!place) return;
  const opened = [...place.querySelectorAll("details[data-keep-open][open]")];
  const keys = opened.map((details) => details.dataset.keepOpen);
  showTimes(part);
  keepingTyped(place, document, () => place.replaceChildren(...part.childNodes));
  for (const key of keys) {
    place.querySelector(`details[data-keep-open="${key}"]`)?.setAttribute("open", "");
  }
}

// The tab's title begins with the shape of the state, and its icon shows it too.
function tab() {
  const state = document.querySelector("#part-state [data-icon]");
  if (!state) return;
  document.title = document.title.replace(/^\S+/, state.querySelector(".shape").textContent);
  const icon = document.querySelector("link[rel=icon]");
  if (icon.href !== state.dataset.icon) icon.href = state.dataset.icon;
}
