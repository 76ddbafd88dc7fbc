// Where each of very many rows stands, though only few are drawn. Rows have the height of one
// line, except for those that are known to be higher; sums by blocks keep it quick.
const BLOCK = 256;

export class Layout {
  constructor(line) {
    this.line = line;
    this.reset(0);
  }

  reset(count) {
    this.count = count;
    this.more = new Map(); // row → what it has beyond one line
    this.sums = [];
  }

  grow(count) {
    this.count = count;
  }

  height(row) {
    return this.line + (this.more.get(row) ?? 0);
  }

  // True where that changes anything.
  set(row, height) {
    const before = this.more.get(row) ?? 0;
    const more = height - this.line;
    if (Math.abs(more - before) < 0.5) return false;
    if (Math.abs(more) < 0.5) this.more.delete(row);
    else this.more.set(row, more);
    const block = Math.floor(row / BLOCK);
    this.sums[block] = (this.sums[block] ?? 0) + more - before;
    return true;
  }

  top(row) {
    const block = Math.floor(row / BLOCK);
    let top = row * this.line;
    for (let each = 0; each < block; each++) top += this.sums[each] ?? 0;
    return top + this.within(block * BLOCK, row);
  }

  within(from, to) {
    if (!this.sums[Math.floor(from / BLOCK)]) return 0;
    let more = 0;
    for (let row = from; row < to; row++) more += this.more.get(row) ?? 0;
    return more;
  }

  get total() {
    return this.sums.reduce((sum, more) => sum + (more ?? 0), this.count * this.line);
  }

  // The row at this height; the last one below the end.
  rowAt(y) {
    let row = 0;
    let top = 0;
    while (row + BLOCK < this.count) {
      const below = top + BLOCK * this.line + (this.sums[row / BLOCK] ?? 0);
      if (below > y) break;
      top = below;
      row += BLOCK;
    }
    while (row < this.count - 1 && top + this.height(row) <= y) top += this.height(row++);
    return Math.max(0, row);
  }
}
