// What happens when hands are quicker than the vault, or the vault speaks out of turn.
import { fireEvent } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { tick } from "svelte";
import { screen, stage, waitFor } from "./stage";

type Stage = Awaited<ReturnType<typeof stage>>;

/** Holds back the answers of one question until they are let go. */
function held<K extends "lead" | "act" | "saveDraft" | "leads">({ backend }: Stage, question: K) {
  const real = (backend[question] as (...asked: unknown[]) => Promise<unknown>).bind(backend);
  const waiting: (() => void)[] = [];
  const asked: unknown[][] = [];
  (backend as unknown as Record<string, unknown>)[question] = async (...args: unknown[]) => {
    asked.push(args);
    await new Promise<void>((go) => waiting.push(go));
    return real(...args);
  };
  const release = () => {
    (backend as unknown as Record<string, unknown>)[question] = real;
    waiting.splice(0).forEach((go) => go());
  };
  return { asked, release };
}

const acts = ({ backend }: Stage, act: string) =>
  backend.calls.filter((call) => call === `act:${act}`).length;
const noteOf = ({ id }: Stage) => id("note") as HTMLTextAreaElement;

describe("one press is one act", () => {
  it("a double click on an outcome is one call", async () => {
    const on = await stage();
    await on.openFirst();
    await on.user.dblClick(on.id("outcome-noAnswer"));
    await waitFor(() => expect(on.id("next-call").dataset.at).not.toBe(""));
    expect(acts(on, "call")).toBe(1);
  });

  it("a key held down is one call", async () => {
    const on = await stage();
    await on.openFirst();
    for (let n = 0; n < 5; n++) {
      await fireEvent.keyDown(document.body, { key: "2", ctrlKey: true, repeat: n > 0 });
      await waitFor(() => expect(acts(on, "call")).toBe(1));
    }
  });

  it("the same act while it is under way is not done twice, another one waits its turn", async () => {
    const on = await stage();
    await on.openFirst();
    const act = held(on, "act");
    void on.app.leads.act({ act: "call", outcome: "booked", nextCallAt: null });
    void on.app.leads.act({ act: "call", outcome: "booked", nextCallAt: null });
    const later = on.app.leads.act({ act: "assign", to: "Lan" });
    await waitFor(() => expect(act.asked.length).toBe(1));
    act.release();
    expect(await later).not.toBeNull();
    expect([acts(on, "call"), acts(on, "assign")]).toEqual([1, 1]);
  });
});

describe("what is on screen is what is acted on", () => {
  it("an outcome goes to the record in sight, not to the one that is still being opened", async () => {
    const on = await stage();
    await on.openFirst();
    const shown = on.app.leads.record!.row.id;
    const lead = held(on, "lead");
    void on.app.leads.open(on.app.leads.row(1)!.id);
    const act = vi.spyOn(on.backend, "act");
    await on.app.leads.act({ act: "call", outcome: "booked", nextCallAt: null });
    expect(act.mock.calls[0]?.[0]).toBe(shown);
    lead.release();
  });

  it("a record that does not open leaves the other one open", async () => {
    const on = await stage();
    await on.openFirst();
    const shown = on.app.leads.record!.row.id;
    await on.app.leads.open("0".repeat(32));
    expect(on.app.failure).not.toBeNull();
    expect(on.app.leads.openId).toBe(shown);
  });

  it("a sheet shows the number of its own record only", async () => {
    const on = await stage();
    await on.openFirst();
    const first = on.app.leads.record!.row;
    on.app.printed = { id: first.id, phone: { display: "0912 345 678", e164: "", raw: "" } };
    await waitFor(() => expect(document.querySelector(".print-only")?.textContent).toContain("0912 345 678"));
    await on.app.leads.open(on.app.leads.row(1)!.id);
    await waitFor(() => expect(on.app.leads.record!.row.id).not.toBe(first.id));
    expect(document.querySelector(".print-only")?.textContent).not.toContain("0912 345 678");
  });

  it("a sheet lies outside of what is hidden on paper, and goes with its record", async () => {
    const on = await stage();
    await on.openFirst();
    const sheet = document.querySelector(".print-only");
    expect(sheet).not.toBeNull();
    expect(sheet!.closest(".screen-only")).toBeNull();
    on.app.leads.close();
    await waitFor(() => expect(document.querySelector(".print-only")).toBeNull());
  });

  it("another record begins at its top", async () => {
    const on = await stage();
    await on.openFirst();
    const body = on.id("timeline").closest<HTMLElement>(".body")!;
    body.scrollTop = 400;
    await on.app.leads.open(on.app.leads.row(1)!.id);
    await waitFor(() => expect(body.scrollTop).toBe(0));
  });

  it("paper says what was taken back", async () => {
    const on = await stage();
    await on.openFirst();
    on.app.leads.record!.timeline[0]!.undone = true;
    await waitFor(() => expect(document.querySelector(".print-only")!.textContent).toMatch(/hoàn tác/i));
  });

  it("Enter opens the first hit of what was typed, not of the list before", async () => {
    const on = await stage();
    const before = on.app.leads.row(0)!.id;
    const page = held(on, "leads");
    await fireEvent.input(on.id("search"), { target: { value: "Ánh Hường" } });
    await waitFor(() => expect(page.asked.length).toBe(1));
    await fireEvent.keyDown(on.id("search"), { key: "Enter" });
    page.release();
    await waitFor(() => expect(on.app.leads.record).not.toBeNull());
    expect(on.app.leads.record!.row.id).not.toBe(before);
    expect(on.app.leads.record!.row.name).toMatch(/Hường/);
  });
});

describe("no text gets lost", () => {
  it("a note begun is still there after the record was corrected, or another pane looked at", async () => {
    const on = await stage();
    await on.openFirst();
    await on.user.type(on.id("note"), "đang nghe máy");
    await on.user.keyboard("{F2}");
    await waitFor(() => on.id("edit-name"));
    await on.user.keyboard("{Escape}");
    await waitFor(() => expect(noteOf(on).value).toBe("đang nghe máy"));
    await on.user.click(on.id("pane-settings"));
    await waitFor(() => on.id("settings"));
    await on.user.click(on.id("pane-leads"));
    await waitFor(() => expect(noteOf(on).value).toBe("đang nghe máy"));
  });

  it("what is typed while the note is being saved stays in the box", async () => {
    const on = await stage();
    await on.openFirst();
    await on.user.type(on.id("note"), "hẹn thứ 7");
    const act = held(on, "act");
    await on.user.click(on.id("save-note"));
    await waitFor(() => expect(act.asked.length).toBe(1));
    await on.user.type(on.id("note"), " nhé, đem phim");
    act.release();
    await waitFor(() => expect(noteOf(on).value).toBe("nhé, đem phim"));
    await waitFor(() => expect(on.backend.calls.at(-1)).toMatch(/draft:nhé, đem phim/));
  });

  it("a draft on its way arrives before the note, not after it", async () => {
    const on = await stage();
    await on.openFirst();
    const id = on.app.leads.openId!;
    const draft = held(on, "saveDraft");
    await fireEvent.input(on.id("note"), { target: { value: "sẽ gọi lại" } });
    await on.user.click(on.id("save-note"));
    expect(acts(on, "note")).toBe(0);
    draft.release();
    await waitFor(() => expect(noteOf(on).value).toBe(""));
    expect((await on.backend.lead(id)).draft).toBeNull();
  });

  it("the last letters of a note reach the vault before it locks", async () => {
    const on = await stage();
    await on.openFirst();
    const id = on.app.leads.openId!;
    const draft = held(on, "saveDraft");
    await fireEvent.input(on.id("note"), { target: { value: "gọi sau 5" } });
    await fireEvent.input(on.id("note"), { target: { value: "gọi sau 5 giờ" } });
    const lock = vi.spyOn(on.backend, "lock");
    const locked = on.app.lock();
    await tick();
    expect(lock).not.toHaveBeenCalled();
    draft.release();
    await locked;
    expect(on.app.phase.at).toBe("locked");
    expect((await on.backend.lead(id)).draft).toBe("gọi sau 5 giờ");
  });

  it("a correction begun waits while another record is looked at", async () => {
    const on = await stage();
    await on.openFirst();
    const first = on.app.leads.openId!;
    await on.user.keyboard("{F2}");
    await waitFor(() => on.id("edit-name"));
    await on.user.type(on.id("edit-name"), " Anh");
    const typed = (on.id("edit-name") as HTMLInputElement).value;
    await on.user.click(on.rows()[1]!);
    await waitFor(() => expect(on.app.leads.record!.row.id).not.toBe(first));
    await on.app.leads.open(first);
    await on.user.keyboard("{F2}");
    await waitFor(() => expect((on.id("edit-name") as HTMLInputElement).value).toBe(typed));
  });
});

describe("the shell speaks out of turn", () => {
  it("an answer that is older than an event changes nothing", async () => {
    const on = await stage();
    await on.app.take({ version: "1", phase: { at: "locked" }, turn: 7 });
    const ready = await on.backend.status();
    await on.app.take({ ...ready, turn: 6 });
    expect(on.app.phase.at).toBe("locked");
    await on.app.take({ ...ready, turn: 8 });
    expect(on.app.phase.at).toBe("ready");
  });

  it("locking from the tray takes the recovery words off the screen", async () => {
    const on = await stage({ kitChecked: false });
    await on.user.click(on.id("kit-renew"));
    await waitFor(() => on.id("kit-word-24"));
    on.backend.tell("phaseChanged", await on.backend.lock());
    await waitFor(() => on.id("locked"));
    expect(screen.queryByTestId("kit-word-24")).toBeNull();
    expect(on.app.kit).toBeNull();
  });

  it("two switches thrown in one breath are both thrown", async () => {
    const on = await stage();
    const kept = vi.spyOn(on.backend, "setSettings");
    await Promise.all([on.app.change({ notify: false }), on.app.change({ closeToTray: false })]);
    expect(kept.mock.calls.at(-1)?.[0]).toMatchObject({ notify: false, closeToTray: false });
  });

  it("a row is no longer marked as being only here once the server has it", async () => {
    const on = await stage({ sync: { state: "offline", unsent: 1 } });
    const row = on.app.leads.row(0)!;
    await on.openFirst();
    await on.user.click(on.id("outcome-booked"));
    await waitFor(() => expect(on.app.leads.row(0)!.sync.where).toBe("onlyHere"));
    const real = on.backend.lead.bind(on.backend);
    on.backend.lead = async (id) => {
      const view = await real(id);
      return { ...view, row: { ...view.row, sync: { where: "onServer", at: 1 } } };
    };
    on.backend.tell("syncChanged", { ...(await on.backend.syncStatus()), unsent: 0 });
    await waitFor(() => expect(on.app.leads.row(0)!.sync.where).toBe("onServer"));
    expect(on.app.leads.row(0)!.id).toBe(row.id);
  });

  it("what falls due is counted anew though nothing was changed", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const on = await stage();
    const start = on.backend.now();
    on.backend.now = () => start + 61_000;
    const today = vi.spyOn(on.backend, "today");
    await vi.advanceTimersByTimeAsync(21_000);
    expect(today).toHaveBeenCalled();
  });
});

describe("words", () => {
  it("24 good words in a wrong order are not called a misspelling of word 0", async () => {
    const on = await stage({ phase: "keychain", problem: "missing" });
    await on.user.click(on.id("recover"));
    const { Refusal } = await import("../src/ipc/backend");
    on.backend.recoverWithWords = () => Promise.reject(new Refusal("wordsTypo"));
    await on.user.type(on.id("recover-words"), "a ".repeat(24));
    for (const field of ["branch", "desk", "person"]) await on.user.type(on.id(`recover-${field}`), "x");
    await on.user.click(on.id("recover-do"));
    await waitFor(() => expect(document.body.textContent).toContain("chưa khớp nhau"));
  });
});
