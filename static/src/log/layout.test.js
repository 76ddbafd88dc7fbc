import assert from "node:assert/strict";
import test from "node:test";
import { Layout } from "./layout.js";

function of(count) {
  const layout = new Layout(20);
  layout.reset(count);
  return layout;
}

test("rows of one line stand below each other", () => {
  const layout = of(100_000);
  assert.equal(layout.total, 2_000_000);
  assert.equal(layout.top(50_000), 1_000_000);
  assert.equal(layout.rowAt(1_000_000), 50_000);
  assert.equal(layout.rowAt(999_999), 49_999);
});

test("a higher row moves what is below it, and nothing above", () => {
  const layout = of(1000);
  assert.ok(layout.set(300, 60));
  assert.ok(!layout.set(300, 60));
  assert.equal(layout.top(300), 6000);
  assert.equal(layout.top(301), 6060);
  assert.equal(layout.top(900), 18_040);
  assert.equal(layout.total, 20_040);
  assert.deepEqual([6000, 6059, 6060].map((y) => layout.rowAt(y)), [300, 300, 301]);
  assert.equal(layout.rowAt(layout.top(777)), 777);
});

test("a row can become lower again", () => {
  const layout = of(600);
  layout.set(5, 100);
  layout.set(5, 20);
  assert.equal(layout.total, 12_000);
});

test("below the end is the last row, and an empty log has none", () => {
  assert.equal(of(10).rowAt(9999), 9);
  assert.equal(of(0).rowAt(50), 0);
  assert.equal(of(0).total, 0);
});

test("heights agree with a plain sum for any rows", () => {
  const layout = of(2000);
  const heights = Array(2000).fill(20);
  for (let row = 0; row < 2000; row += 7) layout.set(row, (heights[row] = 20 + (row % 5) * 20));
  let top = 0;
  for (let row = 0; row < 2000; row++) {
    assert.equal(layout.top(row), top);
    assert.equal(layout.rowAt(top), row);
    top += heights[row];
  }
  assert.equal(layout.total, top);
});
