// Every <textarea data-editor="json"> becomes an editor that is checked by the server while
// it is typed into. The textarea stays in the form and holds the text.
import "./editor.css";
import { mount } from "./mount.js";

function mountAll(root) {
  for (const area of root.querySelectorAll?.("textarea[data-editor]:not([data-mounted])") ?? []) {
    area.dataset.mounted = "";
    mount(area);
  }
}

mountAll(document);
document.addEventListener("htmx:load", (event) => mountAll(event.target));
