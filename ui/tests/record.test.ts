import { describe, expect, it, vi } from "vitest";
import { screen, stage, waitFor } from "./stage";

describe("a call", () => {
  it("takes one key per outcome, even while a note is being written", async () => {
    const { user, id, openFirst, backend } = await stage();
    await openFirst();
    await user.click(id("note"));
    await user.keyboard("Khách bận");
    await user.keyboard("{Control>}2{/Control}");
    await waitFor(() => expect(backend.calls).toContain("act:call"));
    expect(id("record-state").textContent?.trim()).toBe("Đang liên hệ");
    expect((id("note") as HTMLTextAreaElement).value).toBe("Khách bận");
    expect(id("next-call").dataset.at).not.toBe("");
  });

  it("plain digits in the note stay text", async () => {
    const { user, id, openFirst, backend } = await stage();
    await openFirst();
    await user.click(id("note"));
    await user.keyboard("123");
    expect((id("note") as HTMLTextAreaElement).value).toBe("123");
    expect(backend.calls).not.toContain("act:call");
  });

  it("'call me back' offers a time at once", async () => {
    const { user, id, openFirst } = await stage();
    await openFirst();
    await user.click(id("outcome-callback"));
    await waitFor(() => id("next-panel"));
    await user.click(id("next-tomorrow"));
    await waitFor(() => expect(id("next-call").textContent).toContain("mai 09:00"));
  });
});

describe("undo", () => {
  it("Ctrl+Z takes the last act back", async () => {
    const { user, id, openFirst, backend } = await stage();
    await openFirst();
    await user.click(id("outcome-booked"));
    await waitFor(() => id("undo"));
    await user.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(backend.calls).toContain("undo"));
    await waitFor(() => expect(id("record-state").textContent?.trim()).toBe("Mới"));
  });

  it("leaves Ctrl+Z to text that is being edited", async () => {
    const { user, id, openFirst, backend } = await stage();
    await openFirst();
    await user.click(id("outcome-booked"));
    await waitFor(() => id("undo"));
    await user.click(id("note"));
    await user.keyboard("abc");
    await user.keyboard("{Control>}z{/Control}");
    expect(backend.calls).not.toContain("undo");
  });

  it("goes after ten seconds, and stands still under the pointer", async () => {
    const { app } = await stage();
    vi.useFakeTimers();
    app.report("x", "token");
    vi.advanceTimersByTime(9_900);
    expect(app.undo.done).not.toBeNull();
    app.undo.pause();
    vi.advanceTimersByTime(60_000);
    expect(app.undo.done).not.toBeNull();
    app.undo.resume();
    vi.advanceTimersByTime(1_600);
    expect(app.undo.done).toBeNull();
  });
});

describe("a note", () => {
  it("is kept at every keystroke and saved with Ctrl+Enter on the way to the next lead", async () => {
    const { user, id, openFirst, backend, app } = await stage();
    await openFirst();
    const first = app.leads.openId;
    await user.click(id("note"));
    await user.keyboard("gọi lại");
    await waitFor(() => expect(backend.calls.at(-1)).toBe("draft:gọi lại"));
    await user.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => expect(backend.calls).toContain("act:note"));
    await waitFor(() => expect(app.leads.openId).not.toBe(first));
    expect((id("note") as HTMLTextAreaElement).value).toBe("");
  });

  it("comes back as a draft when the record is opened again", async () => {
    const { user, id, openFirst, rows, app } = await stage();
    await openFirst();
    const first = app.leads.openId!;
    await user.click(id("note"));
    await user.keyboard("dở dang");
    await user.click(rows()[1]!);
    await waitFor(() => expect((id("note") as HTMLTextAreaElement).value).toBe(""));
    await app.leads.open(first);
    await waitFor(() => expect((id("note") as HTMLTextAreaElement).value).toBe("dở dang"));
  });
});

describe("the number", () => {
  it("is covered until asked for, and every way of asking is told to the vault", async () => {
    const { user, id, openFirst, backend } = await stage();
    await openFirst();
    expect(id("phone").textContent).toContain("••");
    await user.click(id("reveal"));
    await waitFor(() => expect(id("phone").dataset.revealed).toBe("true"));
    expect(backend.calls).toContain("phone:show");
    await user.keyboard("{F6}");
    await waitFor(() => expect(backend.calls).toContain("phone:call"));
  });

  it("is covered again in the next record", async () => {
    const { user, id, openFirst, rows } = await stage();
    await openFirst();
    await user.click(id("reveal"));
    await waitFor(() => expect(id("phone").dataset.revealed).toBe("true"));
    await user.click(rows()[1]!);
    await waitFor(() => expect(id("phone").dataset.revealed).toBe("false"));
  });
});

describe("duplicates", () => {
  it("merge side by side and come apart again", async () => {
    const { user, id, app } = await stage();
    await app.leads.load({ text: "Nguyễn Thị Ánh Hường" });
    await app.leads.open(app.leads.row(0)!.id);
    await waitFor(() => screen.getAllByTestId("compare"));
    const before = app.leads.record!.siblings.length;
    await user.click(screen.getAllByTestId("compare")[0]!);
    await waitFor(() => expect((id("merge") as HTMLButtonElement).disabled).toBe(false));
    await user.click(id("merge"));
    await waitFor(() => expect(app.leads.record!.siblings.length).toBe(before - 1));
    await user.click(id("undo"));
    await waitFor(() => expect(app.leads.record!.siblings.length).toBe(before));
  });
});

describe("a new lead", () => {
  it("wants the legal basis in words, then is saved and opened", async () => {
    const { user, id, app } = await stage();
    await user.keyboard("{Control>}n{/Control}");
    await waitFor(() => expect(document.activeElement).toBe(id("new-name")));
    await user.keyboard("Nguyễn Thị Ánh Hường");
    await user.click(id("new-save"));
    await waitFor(() => expect(document.activeElement).toBe(id("new-basis-note")));
    expect(app.leads.beside).toBe("new");
    await user.keyboard("Khách đồng ý tại quầy");
    await user.click(id("new-save"));
    await waitFor(() => expect(id("record-name").textContent).toBe("Nguyễn Thị Ánh Hường"));
  });

  it("knows an old customer by the number", async () => {
    const { user, id, app, backend } = await stage();
    const row = app.leads.row(0)!;
    const { display } = await backend.usePhone(app.leads.row(2)!.id, "show");
    await user.click(id("new-lead"));
    await user.type(id("new-phone"), display);
    await waitFor(() => id("known"));
    expect((id("new-phone") as HTMLInputElement).value).toBe(display);
    expect(row).toBeTruthy();
  });

  it("waits while another record is looked at", async () => {
    const { user, id, rows, app } = await stage();
    await user.click(id("new-lead"));
    await user.type(id("new-name"), "Võ Thị Sáu");
    await user.click(rows()[1]!);
    await waitFor(() => id("record-name"));
    await user.keyboard("{Control>}n{/Control}");
    await waitFor(() => expect((id("new-name") as HTMLInputElement).value).toBe("Võ Thị Sáu"));
    await user.click(id("new-cancel"));
    expect(app.leads.begun).toBeNull();
  });
});

describe("correcting", () => {
  it("is not left by a shortcut, and leaves the number alone unless a new one is typed", async () => {
    const { user, id, openFirst, app, backend } = await stage();
    await openFirst();
    const masked = app.leads.record!.row.phone.masked;
    await user.keyboard("{F2}");
    await waitFor(() => expect(document.activeElement).toBe(id("edit-name")));
    await user.keyboard("{Control>}2{/Control}{Control>}{Enter}{/Control}");
    expect(backend.calls).not.toContain("act:call");
    expect(app.leads.beside).toBe("edit");
    await user.clear(id("edit-name"));
    await user.type(id("edit-name"), "Đặng Thị Ỷ");
    await user.click(id("edit-save"));
    await waitFor(() => expect(id("record-name").textContent).toBe("Đặng Thị Ỷ"));
    expect(app.leads.record!.row.phone.masked).toBe(masked);
  });
});
