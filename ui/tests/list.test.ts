import { fireEvent } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { screen, stage, waitFor } from "./stage";

const focusedId = () => document.activeElement?.getAttribute("data-id");
const searches = (calls: string[]) => calls.filter((call) => call.startsWith("leads:") && call !== "leads:");

describe("the list", () => {
  it("begins in the search and lets the arrows walk into the rows and back", async () => {
    const { user, id, rows } = await stage();
    await waitFor(() => expect(document.activeElement).toBe(id("search")));
    await user.keyboard("{ArrowDown}");
    await waitFor(() => expect(focusedId()).toBe(rows()[0]?.dataset.id));
    await user.keyboard("{ArrowDown}{ArrowDown}");
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-rowindex")).toBe("4"));
    await user.keyboard("{Home}");
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-rowindex")).toBe("2"));
    await user.keyboard("{ArrowUp}");
    await waitFor(() => expect(document.activeElement).toBe(id("search")));
  });

  it("says how many rows there are and draws only those in sight", async () => {
    const { app, rows } = await stage();
    expect(Number(screen.getByRole("grid").getAttribute("aria-rowcount"))).toBe(app.leads.total + 1);
    expect(app.leads.total).toBeGreaterThan(300);
    expect(rows().length).toBeLessThan(60);
  });

  it("shows what was entered at another PC without being asked", async () => {
    const { backend, app, rows } = await stage();
    const before = app.leads.total;
    const id = backend.arrive("Đặng Văn Đức", "Rơi mão sứ", 0);
    await waitFor(() => expect(rows().some((row) => row.dataset.id === id)).toBe(true));
    expect(app.leads.total).toBe(before + 1);
  });

  it("reads a row out as one sentence", async () => {
    const { rows } = await stage();
    expect(rows()[0]?.getAttribute("aria-label")).toMatch(/Mới, chờ .* dòng 1 trên \d+/);
  });

  it("opens with Enter and closes with Escape, back in the search", async () => {
    const { user, id, rows, app } = await stage();
    await user.keyboard("{ArrowDown}{Enter}");
    await waitFor(() => expect(id("record-name").textContent).toBeTruthy());
    expect(rows()[0]?.getAttribute("aria-selected")).toBe("true");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(app.leads.beside).toBe("nothing"));
    expect(document.activeElement).toBe(id("search"));
  });

  it("sends a digit typed on a row to the search, not to an outcome", async () => {
    const { user, id, backend } = await stage();
    await user.keyboard("{ArrowDown}");
    await user.keyboard("345");
    await waitFor(() => expect((id("search") as HTMLInputElement).value).toBe("345"));
    expect(backend.calls.some((call) => call.startsWith("act:"))).toBe(false);
  });

  it("never acts on Backspace or Delete alone", async () => {
    const { user, app, openFirst } = await stage();
    await openFirst();
    (document.activeElement as HTMLElement).blur();
    await user.keyboard("{Backspace}{Delete}");
    expect(app.leads.beside).toBe("record");
  });
});

describe("a list of many pages", () => {
  it("asks again for what is in sight when something arrives far from it", async () => {
    const { app, backend, rows } = await stage();
    await app.leads.ensure(200, 260);
    expect(app.leads.row(220)).toBeDefined();
    const before = rows().length;
    const id = backend.arrive("Võ Thị Mới");
    await app.leads.load({ sort: "newest" });
    await waitFor(() => expect(app.leads.row(0)?.id).toBe(id));
    expect(rows().length).toBe(before);
    await app.leads.ensure(200, 260);
    expect(app.leads.row(220)).toBeDefined();
  });

  it("keeps an older answer from overwriting a newer question", async () => {
    const { app, backend } = await stage();
    const real = backend.leads.bind(backend);
    let slow: (() => void) | undefined;
    backend.leads = async (query) => {
      if (query.text === "an") await new Promise<void>((done) => (slow = done));
      return real(query);
    };
    const first = app.leads.load({ text: "an" });
    await app.leads.load({ text: "đức" });
    const total = app.leads.total;
    slow?.();
    await first;
    expect(app.leads.query.text).toBe("đức");
    expect(app.leads.total).toBe(total);
  });
});

describe("the search", () => {
  it("looks once at a value that a Telex tool writes by deleting and re-inserting", async () => {
    const { id, backend } = await stage();
    const box = id("search") as HTMLInputElement;
    backend.calls.length = 0;
    for (const value of ["n", "ni", "nie", "ni", "niê", "niên", "niêng", "niên", "niê", "ni", "niềng"])
      await fireEvent.input(box, { target: { value } });
    await waitFor(() => expect(searches(backend.calls)).toEqual(["leads:niềng"]));
    expect(box.value).toBe("niềng");
  });

  it("waits for an open composition to end", async () => {
    const { id, backend } = await stage();
    const box = id("search") as HTMLInputElement;
    backend.calls.length = 0;
    await fireEvent.compositionStart(box);
    await fireEvent.input(box, { target: { value: "hươ" } });
    await new Promise((done) => setTimeout(done, 80));
    expect(searches(backend.calls)).toEqual([]);
    box.value = "hường";
    await fireEvent.compositionEnd(box);
    await waitFor(() => expect(searches(backend.calls)).toEqual(["leads:hường"]));
  });

  it("ignores Enter while a composition is open", async () => {
    const { id, app } = await stage();
    await fireEvent.keyDown(id("search"), { key: "Enter", isComposing: true });
    await fireEvent.keyDown(id("search"), { key: "Enter", keyCode: 229 });
    expect(app.leads.beside).toBe("nothing");
  });

  it("offers to add a number that nobody has, with the number filled in", async () => {
    const { user, id } = await stage();
    await user.type(id("search"), "0912 999 000");
    await waitFor(() => id("add-number"));
    await user.click(id("add-number"));
    expect((id("new-phone") as HTMLInputElement).value).toBe("0912 999 000");
  });

  it("looks through everything, and gives the list back afterwards", async () => {
    const { user, id, app } = await stage();
    await user.click(id("chip-overdue"));
    await waitFor(() => expect(app.leads.query.chip).toBe("overdue"));
    await user.type(id("search"), "Ánh Hường");
    await waitFor(() => expect(app.leads.query.text).toBe("Ánh Hường"));
    expect(app.leads.query.chip).toBe("all");
    await waitFor(() => expect(app.leads.total).toBeGreaterThan(1));
    await user.click(id("search-clear"));
    await waitFor(() => expect(app.leads.query).toMatchObject({ text: "", chip: "overdue" }));
  });

  it("keeps names without any mark findable", async () => {
    const { user, id, app } = await stage();
    await user.type(id("search"), "duc");
    await waitFor(() => expect(app.leads.query.text).toBe("duc"));
    await waitFor(() => expect(app.leads.total).toBeGreaterThan(0));
    expect(app.leads.row(0)?.name).toMatch(/Đức|đức|Đ/);
  });
});
