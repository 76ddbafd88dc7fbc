import assert from "node:assert/strict";
import { test } from "node:test";
import { keepingTyped } from "./typed.js";

function pageWith(fields) {
  const page = {
    fields,
    activeElement: null,
    getElementById: (id) => page.fields.find((each) => each.id === id) ?? null,
  };
  const place = {
    querySelectorAll: () => page.fields,
    contains: (element) => page.fields.includes(element),
  };
  return { page, place };
}

function field(id, value, page) {
  return { id, value, focus: () => (page.focused = id) };
}

test("a comment that is being typed outlives its form's renewal", () => {
  const { page, place } = pageWith([]);
  page.fields = [field("comment", "looks right, bu", page), field("other", "", page)];
  page.activeElement = page.fields[0];
  keepingTyped(place, page, () => {
    page.fields = [field("comment", "", page), field("other", "from the server", page)];
  });
  assert.equal(page.fields[0].value, "looks right, bu");
  assert.equal(page.fields[1].value, "from the server");
  assert.equal(page.focused, "comment");
});

test("a field that is gone takes what was typed along", () => {
  const { page, place } = pageWith([]);
  page.fields = [field("comment", "too late", page)];
  page.activeElement = page.fields[0];
  keepingTyped(place, page, () => {
    page.fields = [];
  });
  assert.equal(page.focused, undefined);
});
