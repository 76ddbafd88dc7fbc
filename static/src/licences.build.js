// The licence texts of everything that went into the bundle, beside it.
import { readdir, readFile, writeFile } from "node:fs/promises";

function packagesIn(metafile) {
  const found = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (match) found.add(match[1]);
  }
  return [...found, "@tabler/icons"].sort();
}

async function licenceOf(name) {
  const folder = `node_modules/${name}`;
  const about = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(`${folder}/${file}`, "utf8") : "";
  const author = typeof about.author === "string" ? about.author : (about.author?.name ?? "");
  const title = [`${name} ${about.version}`, about.license, author].filter(Boolean).join(" · ");
  return `${title}\n\n${text.trim()}\n`;
}

export async function writeLicences(metafile, target) {
  const texts = await Promise.all(packagesIn(metafile).map(licenceOf));
  await writeFile(target, texts.join(`\n${"─".repeat(80)}\n\n`));
}
