// Builds static/src into static/bundle (ignored by git). `npm run build`, or `npm run watch`.
import { mkdir, rm } from "node:fs/promises";
import * as esbuild from "esbuild";
import { writeIcons } from "./static/src/icons.build.js";
import { writeLicences } from "./static/src/licences.build.js";

const out = "static/bundle";

const options = {
  entryPoints: {
    app: "static/src/app.js",
    editor: "static/src/editor/index.js",
    theme: "static/src/theme.js",
  },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2021", "chrome100", "firefox100", "safari15.4"],
  legalComments: "eof",
  assetNames: "fonts/[name]",
  loader: { ".woff2": "file" },
  metafile: true,
  logLevel: "info",
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await writeIcons("static/src/icons.txt", `${out}/icons.svg`);

if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, sourcemap: true });
  await context.watch();
} else {
  const { metafile } = await esbuild.build(options);
  await writeLicences(metafile, `${out}/LICENCES.txt`);
}
