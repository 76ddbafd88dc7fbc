import assert from "node:assert/strict";
import test from "node:test";
import { FIELDS, format, parse, split } from "./fields.js";

const [minute, hour, day, month, weekday] = FIELDS;
const numbers = (text, field) => [...parse(text, field)].sort((a, b) => a - b);

test("reads lists, ranges, steps and names", () => {
  assert.deepEqual(numbers("0,30", minute), [0, 30]);
  assert.deepEqual(numbers("*/20", minute), [0, 20, 40]);
  assert.deepEqual(numbers("50/5", minute), [50, 55]);
  assert.deepEqual(numbers("9-17/4", hour), [9, 13, 17]);
  assert.deepEqual(numbers("jan,Mar", month), [1, 3]);
  assert.deepEqual(numbers("MON-FRI", weekday), [1, 2, 3, 4, 5]);
});

test("both 0 and 7 are Sunday", () => {
  assert.deepEqual(numbers("7", weekday), [0]);
  assert.deepEqual(numbers("5-7", weekday), [0, 5, 6]);
});

test("leaves what is no standard cron as text", () => {
  const foreign = ["L", "15W", "6#3", "?", "H", "22-2", "60", "*/0", "1-", "", "1,,2", "FRI-MON"];
  for (const text of foreign) assert.equal(parse(text, text === "60" ? minute : weekday), null, text);
  assert.equal(parse("0", day), null);
});

test("writes a set in the shortest plain way", () => {
  assert.equal(format(new Set([5, 4, 1, 3, 2]), weekday), "1-5");
  assert.equal(format(new Set([0, 6]), weekday), "0,6");
  assert.equal(format(new Set([0, 15, 30, 45]), minute), "*/15");
  assert.equal(format(new Set([5, 35]), minute), "5,35");
  assert.equal(format(new Set(), hour), "*");
  assert.equal(format(new Set(Array.from({ length: 24 }, (_, n) => n)), hour), "*");
  assert.equal(format(new Set([1, 4, 7, 10]), month), "*/3");
});

test("never begins a day field with a star unless it means every day", () => {
  const odd = new Set(Array.from({ length: 16 }, (_, n) => 2 * n + 1));
  assert.equal(format(odd, day).startsWith("*"), false);
  assert.equal(format(new Set([0, 1, 2, 3, 4, 5, 6]), weekday), "*");
});

test("what is written is read again as the same set", () => {
  for (const field of FIELDS) {
    const top = field.high === 7 ? 6 : field.high;
    for (let seed = 1; seed < 300; seed += 1) {
      const set = new Set();
      for (let n = field.low; n <= top; n += 1) if ((n * seed * 7919) % 11 < 4) set.add(n);
      if (!set.size) continue;
      assert.deepEqual(parse(format(set, field), field), new Set([...set].sort((a, b) => a - b)));
    }
  }
});

test("splits at any white space", () => {
  assert.deepEqual(split("  0  6 *\t* 1-5 "), ["0", "6", "*", "*", "1-5"]);
});
