import { describe, expect, it } from "vitest";
import { MORNING } from "../src/ipc/fake/clinic";
import { screen, stage, waitFor } from "./stage";

const nearby = [
  { id: "b2", name: "Quầy 2", branch: "CN Quận 1", syncedAt: MORNING },
  { id: "c3", name: "Quầy 3", branch: "", syncedAt: null },
];

describe("days without the server", () => {
  it("tell of the PCs nearby in the chip, without claiming that anything was sent", async () => {
    const { id, user } = await stage({ sync: { state: "offline", unsent: 2, nearby } });
    expect(id("sync-near").textContent).toBe("2 máy gần đây, đã trao đổi 09:42");
    expect(id("sync-chip").textContent).toMatch(/2 mục chờ gửi/);
    await user.click(id("sync-chip"));
    expect(id("nearby").textContent).toMatch(/Quầy 3/);
    expect(id("nearby").textContent).toMatch(/chưa trao đổi/);
  });

  it("mark a record as being elsewhere too, and as here only where nobody is near", async () => {
    const near = await stage({ sync: { state: "offline", unsent: 1, nearby } });
    await waitFor(() => near.rows()[0]);
    const marks = () => screen.getAllByTestId("row-mark").map((mark) => mark.dataset.where);
    expect(new Set(marks())).toEqual(new Set(["elsewhere"]));
    near.unmount();
    const alone = await stage({ sync: { state: "offline", unsent: 1 } });
    await waitFor(() => alone.rows()[0]);
    expect(new Set(marks())).toEqual(new Set(["onlyHere"]));
    await alone.openFirst();
    expect(screen.getByTestId("record-mark").textContent).toMatch(/Đã lên máy chủ|Chỉ ở máy này/);
  });

  it("read the list anew once the first delivery is over", async () => {
    const { app, backend } = await stage({
      sync: { state: "syncing", first: { done: 10, total: 20 } },
    });
    backend.calls.length = 0;
    backend.tell("syncChanged", { ...app.sync!, first: { done: 15, total: 20 } });
    expect(backend.calls).toEqual([]);
    backend.tell("syncChanged", { ...app.sync!, state: "synced", first: null });
    await waitFor(() => expect(backend.calls.some((call) => call.startsWith("leads:"))).toBe(true));
  });

  it("call a fork of this PC's own ledger by its name: a copy", async () => {
    const fork = (author: string, me: boolean) => ({ author, me, kind: "fork" as const, at: MORNING });
    const { id, user, unmount } = await stage({
      sync: { state: "refused", alarms: [fork("Quầy 1 · CN Quận 1", true)] },
    });
    await user.click(id("sync-chip"));
    expect(id("alarm-copy").textContent).toMatch(/bản sao của máy khác/);
    unmount();
    const other = await stage({ sync: { state: "refused", alarms: [fork("Quầy 2 · CN Quận 7", false)] } });
    await other.user.click(other.id("sync-chip"));
    expect(other.id("alarm").textContent).toMatch(/Quầy 2 · CN Quận 7/);
  });
});

describe("a memory stick", () => {
  const opened = async (way: "out" | "in", options = {}) => {
    const on = await stage(options);
    await on.user.click(on.id("sync-chip"));
    await on.user.click(on.id(`stick-${way}`));
    return on;
  };
  const firstDrive = () => waitFor(() => screen.getAllByTestId("drive")[0]!);

  it("takes data out, says how far it is, and cannot be closed meanwhile", async () => {
    const { user, id, backend } = await opened("out");
    await user.click(await firstDrive());
    backend.pcs.carry(2_140);
    await waitFor(() => expect(id("stick").textContent).toMatch(/2\.140 \/ 5\.210 mục/));
    await user.click(screen.getByRole("button", { name: "Đóng" }));
    expect(id("stick-progress")).toBeTruthy();
    backend.pcs.carried();
    await waitFor(() => expect(id("stick-report").textContent).toMatch(/Đã chép 5\.210 mục/));
    await user.click(id("stick-close"));
    expect(screen.queryByTestId("stick")).toBeNull();
  });

  it("brings data in and says in figures what came", async () => {
    const { user, id, backend } = await opened("in", { stick: "partial" });
    await user.click(await firstDrive());
    await waitFor(() => id("stick-progress"));
    backend.pcs.carried();
    await waitFor(() => expect(id("stick-report").textContent).toMatch(/Đã nhận 132 mục, 4 khách mới/));
    expect(id("stick-partial").textContent).toMatch(/Những gì còn nguyên đã được nhận/);
  });

  it("can be stopped, and says what stays", async () => {
    const { user, id } = await opened("in");
    await user.click(await firstDrive());
    await user.click(id("stick-stop"));
    await waitFor(() => expect(id("stick-stopped").textContent).toMatch(/vẫn được giữ/));
  });

  it("of another clinic is refused in words", async () => {
    const { user, id } = await opened("in", { stick: "bundleForeign" });
    await user.click(await firstDrive());
    await waitFor(() => expect(id("stick-refusal").textContent).toMatch(/của phòng khám khác/));
  });

  it("that is not plugged in is asked for", async () => {
    const { id } = await opened("out", { noDrives: true });
    await waitFor(() => expect(id("drives").textContent).toMatch(/Cắm USB rồi bấm Thử lại/));
  });
});

describe("leaving", () => {
  it("with nothing unsent just leaves", async () => {
    const { app, backend } = await stage();
    await app.quit();
    expect(backend.pcs.calls).toEqual(["quit:false"]);
    expect(app.leaving).toBeNull();
  });

  it("with unsent entries asks, and staying is what Enter does", async () => {
    const { user, id, backend } = await stage({ sync: { state: "offline", unsent: 3 } });
    await user.keyboard("{Control>}k{/Control}");
    await user.type(id("palette-input"), "thoat");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(id("quit-count").textContent).toMatch(/3 mục chỉ có trên máy này/));
    expect(document.activeElement).toBe(id("quit-stay"));
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.queryByTestId("quitting")).toBeNull());
    expect(backend.pcs.calls).toEqual(["quit:false"]);
  });

  it("is asked in the window when somebody chose it in the tray", async () => {
    const { id, backend } = await stage();
    backend.tell("leaveAsked", { unsent: 5 });
    await waitFor(() => expect(id("quit-count").textContent).toMatch(/5 mục/));
  });

  it("insisting leaves all the same", async () => {
    const { user, id, app, backend } = await stage({ sync: { state: "offline", unsent: 3 } });
    await app.quit();
    await waitFor(() => id("quit-anyway"));
    await user.click(id("quit-anyway"));
    await waitFor(() => expect(backend.pcs.calls).toEqual(["quit:false", "quit:true"]));
    expect(app.leaving).toBeNull();
  });
});
