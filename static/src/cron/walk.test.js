import assert from "node:assert/strict";
import test from "node:test";
import { target } from "./walk.js";

test("arrows walk a grid of ten to a row", () => {
  assert.equal(target("ArrowRight", 8, 60, 10), 9);
  assert.equal(target("ArrowLeft", 8, 60, 10), 7);
  assert.equal(target("ArrowDown", 8, 60, 10), 18);
  assert.equal(target("ArrowUp", 18, 60, 10), 8);
  assert.equal(target("Home", 18, 60, 10), 0);
  assert.equal(target("End", 18, 60, 10), 59);
});

test("beyond the edge, and on other keys, nothing moves", () => {
  assert.equal(target("ArrowUp", 8, 60, 10), -1);
  assert.equal(target("ArrowRight", 59, 60, 10), -1);
  assert.equal(target("ArrowDown", 55, 60, 10), -1);
  assert.equal(target("Tab", 8, 60, 10), -1);
  assert.equal(target(" ", 8, 60, 10), -1);
});
