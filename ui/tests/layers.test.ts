import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const src = join(import.meta.dirname, "../src");

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const all = files(src).map((file) => ({ name: relative(src, file), text: readFileSync(file, "utf8") }));
const imports = (text: string) => [...text.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");

describe("the rooms of the window", () => {
  it("panes never import each other", () => {
    for (const { name, text } of all) {
      const pane = /^panes\/(\w+)\//.exec(name)?.[1];
      if (!pane) continue;
      for (const path of imports(text))
        expect(`${name} ${path}`).not.toMatch(/\.\.\/\.\.\/panes|\.\.\/(?!\.\.)\w+\/\w+Pane/);
    }
  });

  it("parts know no domain word and ask nothing of the backend", () => {
    for (const { name, text } of all) {
      if (!name.startsWith("parts/")) continue;
      for (const path of imports(text)) expect(`${name} ${path}`).not.toMatch(/state\/|ipc\/|i18n\/|panes\//);
    }
  });

  it("only one file talks to the shell", () => {
    for (const { name, text } of all) {
      if (name === "ipc/tauri.ts" || name === "ipc/bindings.ts") continue;
      expect(imports(text).filter((path) => path.startsWith("@tauri-apps"))).toEqual([]);
    }
  });

  it("no markup carries an inline style, and nothing is kept in the browser's storage", () => {
    for (const { name, text } of all) {
      expect(`${name}: ${/\sstyle="/.exec(text)?.[0] ?? ""}`).toBe(`${name}: `);
      expect(text).not.toMatch(/localStorage|sessionStorage|indexedDB|\bfetch\(|\{@html/);
    }
  });
});
