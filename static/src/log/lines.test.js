import assert from "node:assert/strict";
import test from "node:test";
import { Lines, Numbers, fits, fromWire, hashOf, marked, pieces } from "./lines.js";

const line = (n, level = "info", text = `line ${n}`, resource = "") => ({ n, at: 0, level, text, resource });

test("all numbers are rows until some are chosen", () => {
  const numbers = new Numbers(100);
  assert.deepEqual([numbers.count, numbers.at(0), numbers.row(7)], [100, 1, 6]);
  numbers.chosen = [3, 40, 90];
  assert.deepEqual([numbers.count, numbers.at(1)], [3, 40]);
  assert.deepEqual([1, 40, 41, 99].map((n) => numbers.row(n)), [0, 1, 2, 2]);
  assert.deepEqual([40, 41].map((n) => numbers.has(n)), [true, false]);
});

test("new lines are added where they fit", () => {
  const numbers = new Numbers(4);
  numbers.chosen = [2];
  numbers.add(5, false);
  numbers.add(6, true);
  assert.deepEqual(numbers.chosen, [2, 6]);
  assert.equal(numbers.last, 6);
});

test("a level means that one and what is worse", () => {
  assert.ok(fits(line(1, "error"), { level: "warning" }));
  assert.ok(!fits(line(1, "info"), { level: "warning" }));
  assert.ok(fits(line(1), {}));
});

test("text is found in capitals or not, resources by their whole name", () => {
  assert.ok(fits(line(1, "info", "AccessDenied"), { q: "accessd" }));
  assert.ok(!fits(line(1, "info", "fine"), { q: "denied" }));
  assert.ok(fits(line(1, "info", "x", "urn:a"), { resource: "urn:a" }));
  assert.ok(!fits(line(1, "info", "x", "urn:ab"), { resource: "urn:a" }));
});

test("what was looked for is every second piece", () => {
  assert.deepEqual(pieces("Role and role", "role"), ["", "Role", " and ", "role", ""]);
  assert.deepEqual(pieces("nothing", "x"), ["nothing"]);
  assert.deepEqual(pieces("a<b>", "<b"), ["a", "<b", ">"]);
  assert.equal(pieces("aaa", "aa").join(""), "aaa");
});

test("a link names a line or several", () => {
  assert.deepEqual(marked("#L12"), [12, 12]);
  assert.deepEqual(marked("#L20-L10"), [10, 20]);
  assert.equal(marked("#log"), null);
  assert.equal(hashOf([12, 12]), "#L12");
  assert.equal(hashOf([10, 20]), "#L10-L20");
});

test("lines are read from the wire", () => {
  assert.deepEqual(fromWire([1, 5, "info", "a"]), { n: 1, at: 5, level: "info", text: "a", resource: "" });
  assert.equal(fromWire([1, 5, "info", "a", "urn:x"]).resource, "urn:x");
});

test("what was read long ago is forgotten, but not the place that is shown", () => {
  const lines = new Lines();
  for (let n = 1; n <= 40_000; n++) lines.put(line(n));
  lines.forget(100, 300);
  assert.equal(lines.known.size, 20_000);
  assert.ok(lines.get(200) && lines.get(40_000));
  assert.equal(lines.get(1), undefined);
});
