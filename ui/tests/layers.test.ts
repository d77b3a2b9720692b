import { describe, expect, it } from "vitest";

const all = Object.entries(
  import.meta.glob<string>("../src/**/*.{ts,svelte,css}", { query: "?raw", import: "default", eager: true }),
).map(([file, text]) => ({ name: file.replace("../src/", ""), text }));
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
