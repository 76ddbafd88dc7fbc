// One SVG sprite with the icons that icons.txt names, from the @tabler/icons package.
// In a page: <svg class="icon" aria-hidden="true"><use href="/static/bundle/icons.svg#NAME"></use></svg>
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const LICENCE = "<!-- Tabler Icons, MIT licence, https://github.com/tabler/tabler-icons -->";

async function symbol(line) {
  const filled = line.startsWith("filled/");
  const name = line.replace("filled/", "");
  const path = require.resolve(`@tabler/icons/${filled ? "filled" : "outline"}/${name}.svg`);
  const svg = await readFile(path, "utf8");
  const shapes = svg
    .slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"))
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "")
    .trim();
  const look = filled
    ? 'fill="currentColor"'
    : 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  const id = filled ? `${name}-filled` : name;
  return `<symbol id="${id}" viewBox="0 0 24 24" ${look}>${shapes}</symbol>`;
}

export async function writeIcons(list, target) {
  const lines = (await readFile(list, "utf8")).split("\n").map((line) => line.trim());
  const symbols = await Promise.all(lines.filter((line) => line && !line.startsWith("#")).map(symbol));
  const sprite = `${LICENCE}\n<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  await writeFile(target, sprite);
}
