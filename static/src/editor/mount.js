import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, linter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { check } from "./check.js";

const PAUSE = 500;

// The colours are in editor.css, for the light and the dark theme.
const highlight = HighlightStyle.define([
  { tag: tags.propertyName, class: "cm-key" },
  { tag: tags.string, class: "cm-text" },
  { tag: [tags.number, tags.bool, tags.null], class: "cm-value" },
  { tag: tags.invalid, class: "cm-invalid" },
]);

function extensions(area) {
  return [
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    json(),
    syntaxHighlighting(highlight),
    linter((view) => check(view, area), { delay: PAUSE }),
    // Tab is left to the browser: the keyboard has to find a way out.
    keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, ...searchKeymap, ...lintKeymap]),
    EditorView.editorAttributes.of({ class: "sf-editor" }),
    EditorView.contentAttributes.of({
      "aria-label": area.labels[0]?.textContent.trim() ?? "Text",
      "aria-describedby": `${area.id}-check`,
    }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      area.value = update.state.doc.toString();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }),
  ];
}

export function mount(area) {
  const state = EditorState.create({ doc: area.value, extensions: extensions(area) });
  const view = new EditorView({ state });
  area.before(view.dom);
  area.classList.add("sf-behind");
  area.tabIndex = -1;
  // A link of the summary or the label leads to the textarea.
  area.addEventListener("focus", () => view.focus());
}
