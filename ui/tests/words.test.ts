import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en";
import { atHour, dayOf, makeFormats, weekdayOf } from "../src/i18n/format";
import { vi, type Catalogue } from "../src/i18n/vi";
import { quickTimes } from "../src/panes/leads/times";
import { failures } from "../src/state/failures";
import { MORNING } from "../src/ipc/fake/clinic";

function paths(node: object, at: string[] = []): string[][] {
  return Object.entries(node).flatMap(([key, value]) =>
    typeof value === "object" && value !== null ? paths(value as object, [...at, key]) : [[...at, key]],
  );
}

const at = (catalogue: Catalogue, path: string[]): unknown =>
  path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], catalogue);

const sources = Object.entries(
  import.meta.glob<string>("../src/**/*.{ts,svelte}", { query: "?raw", import: "default", eager: true }),
)
  .map(([file, text]) => ({ file, text }))
  .filter(({ file }) => !/\/i18n\/(vi|en)(\/|\.ts$)/.test(file));

describe("the catalogues", () => {
  it("have the same keys, none empty", () => {
    expect(paths(en).map(String)).toEqual(expect.arrayContaining(paths(vi).map(String)));
    expect(paths(en).length).toBe(paths(vi).length);
    for (const path of paths(vi))
      for (const catalogue of [vi, en]) {
        const value = at(catalogue, path);
        expect(typeof value === "function" || String(value).trim().length > 0, path.join(".")).toBe(true);
      }
  });

  it("have no word that nobody uses", () => {
    const all = sources
      .map((source) => source.text)
      .join("\n")
      .replace(/\s*\n\s*\./g, ".");
    const unused = paths(vi).filter((path) => {
      const used = (tail: string) =>
        all.includes(`t.${tail}`) || all.includes(`h.${tail.replace(/^happening\./, "")}`);
      // chosen by a value: `t.state[row.state]`
      const byValue = path.some((_, n) => n > 0 && used(`${path.slice(0, n).join(".")}[`));
      return !byValue && !used(path.join("."));
    });
    expect(unused.map((path) => path.join("."))).toEqual([]);
  });

  it("are the only place for words: no Vietnamese letter elsewhere but in the fake", () => {
    const letters = /[àáảãạăâđèéẻẽẹêìíỉĩịòóỏõọôơùúủũụưỳýỷỹỵ]/i;
    const found = sources
      .filter((source) => !source.file.includes("/ipc/"))
      .filter((source) => {
        const code = source.text
          .replace(/\/\/.*$/gm, "")
          .replace(/\/\*[\s\S]*?\*\//g, "")
          .replace(/<!--[\s\S]*?-->/g, "");
        return letters.test(code.replace("[đĐ]", ""));
      });
    expect(found.map((source) => source.file)).toEqual([]);
  });

  it("never fall back to English in Vietnamese failures", () => {
    for (const code of Object.keys(failures) as (keyof typeof failures)[])
      for (const part of ["title", "safe", "todo"] as const) {
        expect(vi.failure[code][part]).not.toBe(en.failure[code][part]);
        expect(vi.failure[code][part].length).toBeGreaterThan(5);
      }
  });
});

describe("the failure table", () => {
  it("has a row for every code that the shell can send", () => {
    const bindings = sources.find(({ file }) => file.endsWith("/bindings.ts"))?.text ?? "";
    const declared = /export type Code =([^;]+);/.exec(bindings.replace(/\/\*[\s\S]*?\*\//g, ""))?.[1] ?? "";
    const codes = [...declared.matchAll(/"(\w+)"/g)].map((match) => match[1]);
    expect(codes.length).toBeGreaterThan(30);
    expect(Object.keys(failures).sort()).toEqual([...codes].sort());
  });
});

describe("dates", () => {
  const f = makeFormats("vi", vi);
  const e = makeFormats("en", en);

  it("are the clinic's, whatever the zone of the PC", () => {
    expect(f.dateTime(MORNING)).toBe("16/03/2026 09:42");
    expect(e.dateTime(MORNING)).toBe("16/03/2026 09:42");
    expect(f.time(Date.UTC(2026, 2, 16, 17, 5))).toBe("00:05");
    expect(f.month(MORNING)).toBe("03/2026");
  });

  it("are said the way people say them", () => {
    expect(f.near(MORNING, MORNING)).toBe("hôm nay 09:42");
    expect(f.near(atHour(dayOf(MORNING) + 1, 9), MORNING)).toBe("mai 09:00");
    expect(f.near(atHour(dayOf(MORNING) - 1, 9), MORNING)).toBe("hôm qua 09:00");
    expect(f.near(atHour(dayOf(MORNING) + 2, 9), MORNING)).toBe("T4 18/03 09:00");
    expect(f.age(MORNING - 59 * 60_000, MORNING)).toBe("59 phút");
    expect(e.age(MORNING - 3 * 3_600_000, MORNING)).toBe("3 hrs");
    expect(f.age(MORNING, MORNING)).toBe("vừa xong");
  });

  it("offer only times that lie ahead, in opening hours, once each", () => {
    for (let hour = 0; hour < 24 * 7; hour++) {
      const now = MORNING + hour * 3_600_000;
      const times = quickTimes(now);
      expect(times.length).toBeGreaterThanOrEqual(2);
      expect(new Set(times.map((one) => one.at)).size).toBe(times.length);
      for (const one of times) {
        expect(one.at).toBeGreaterThan(now);
        expect(Number(f.time(one.at).slice(0, 2))).toBeGreaterThanOrEqual(7);
        expect(Number(f.time(one.at).slice(0, 2))).toBeLessThan(20);
      }
      const monday = times.find((one) => one.name === "monday");
      if (monday) expect(weekdayOf(monday.at)).toBe(1);
    }
  });
});
