// Builds the website's form into one file, and tests it. The sources live with
// the server that serves them; only the tools are shared with the window.
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const form = fileURLToPath(new URL("../crates/intake/form", import.meta.url));
const modules = fileURLToPath(new URL("./node_modules", import.meta.url));
// The ledger's frozen bytes, which the tests compare with.
const golden = fileURLToPath(new URL("../crates/ledger/tests/data", import.meta.url));
const LARGEST = 30_000;

/** The look is written once, in form.html; the script carries a copy for shadow roots. */
function styleOfPage(): Plugin {
  const id = "virtual:letan-style";
  return {
    name: "letan-style",
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load(source) {
      if (source !== `\0${id}`) return undefined;
      const [, style] = /<style>([^<]*)<\/style>/.exec(readFileSync(`${form}/form.html`, "utf8")) ?? [];
      if (!style) throw new Error("form.html has no style element");
      const small = style
        .replace(/\s+/g, " ")
        .replace(/ ?([{};,>]) ?/g, (_, mark: string) => mark)
        .replace(/: /g, ":") // not before one: a space there joins a pseudo-class to an ancestor
        .replace(/;}/g, "}");
      return `export default ${JSON.stringify(small.trim())}`;
    },
  };
}

/** A form that a visitor waits for is no form: the limit is part of the build. */
function sizeLimit(): Plugin {
  return {
    name: "letan-size",
    apply: "build",
    closeBundle() {
      const file = `${form}/dist/form.js`;
      const bytes = statSync(file).size;
      const gzipped = gzipSync(readFileSync(file)).length;
      console.log(`form.js: ${bytes} bytes (${gzipped} gzipped), limit ${LARGEST}`);
      if (bytes >= LARGEST) throw new Error(`form.js has ${bytes} bytes, the limit is ${LARGEST}`);
    },
  };
}

export default defineConfig({
  root: form,
  plugins: [styleOfPage(), sizeLimit()],
  resolve: { alias: [{ find: /^@noble\//, replacement: `${modules}/@noble/` }] },
  build: {
    outDir: "dist",
    target: "es2022",
    reportCompressedSize: false,
    lib: { entry: "src/main.ts", formats: ["iife"], name: "letan", fileName: () => "form.js" },
  },
  server: { fs: { allow: [form, modules, golden] } },
  test: { root: form, include: ["tests/*.test.ts"], environment: "jsdom" },
});
