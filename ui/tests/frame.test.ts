import { describe, expect, it } from "vitest";
import { KIT_WORDS as WORDS } from "../src/ipc/fake/desks";
import { screen, stage, waitFor } from "./stage";

describe("the palette", () => {
  it("finds a command without any mark and runs it", async () => {
    const { user, id, app } = await stage();
    await user.keyboard("{Control>}k{/Control}");
    await waitFor(() => id("palette-input"));
    await user.type(id("palette-input"), "them khach");
    expect(screen.getAllByTestId("palette-item")).toHaveLength(1);
    await user.keyboard("{Enter}");
    await waitFor(() => expect(app.leads.beside).toBe("new"));
  });

  it("offers calls only while a record is open", async () => {
    const { user, id, openFirst } = await stage();
    await user.keyboard("{Control>}k{/Control}");
    await user.type(id("palette-input"), "goi khach");
    expect(screen.queryAllByTestId("palette-item")).toHaveLength(0);
    await user.keyboard("{Control>}k{/Control}");
    await openFirst();
    await user.keyboard("{Control>}k{/Control}");
    await user.type(id("palette-input"), "goi khach");
    expect(screen.getAllByTestId("palette-item").length).toBeGreaterThan(0);
  });
});

describe("the frame", () => {
  it("turns to the panes and back by Alt", async () => {
    const { user, app } = await stage();
    await user.keyboard("{Alt>}2{/Alt}");
    await waitFor(() => expect(app.pane).toBe("settings"));
    await user.keyboard("{Alt>}1{/Alt}");
    await waitFor(() => expect(app.pane).toBe("leads"));
  });

  it("shows the sheet for ? outside text only", async () => {
    const { user, id, app } = await stage();
    await user.click(id("search"));
    await user.keyboard("?");
    expect(app.overlay).toBe("none");
    await user.keyboard("{Escape}");
    (document.activeElement as HTMLElement).blur();
    await user.keyboard("?");
    await waitFor(() => id("shortcuts"));
  });

  it("never says 'synced' while something waits, and counts what waits", async () => {
    const { id, app } = await stage({ sync: { state: "offline", unsent: 2 } });
    expect(id("sync-chip").dataset.state).toBe("offline");
    expect(id("sync-chip").textContent).toContain("2 mục chờ gửi");
    expect(id("sync-chip").textContent).not.toContain("Đã đồng bộ");
    expect(app.failure).toBeNull();
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("forgets every lead when it locks", async () => {
    const { user, id, app, openFirst, container } = await stage();
    await openFirst();
    const name = id("record-name").textContent!;
    await user.keyboard("{Control>}l{/Control}");
    await waitFor(() => id("locked"));
    expect(container.textContent).not.toContain(name);
    expect(app.leads.row(0)).toBeUndefined();
    await user.click(id("unlock"));
    await waitFor(() => expect(app.leads.total).toBeGreaterThan(0));
  });

  it("announces arrivals without moving the focus", async () => {
    const { id, backend } = await stage();
    backend.arrive();
    await waitFor(() => expect(id("announcer").textContent).toContain("1 khách mới"));
    expect(document.activeElement).toBe(id("search"));
  });
});

describe("founding", () => {
  it("leads from the clinic's name to the first list, with the words checked", async () => {
    const { user, id, app } = await stage({ phase: "noClinic", server: null });
    await user.click(id("start-found"));
    await user.click(id("founding-next"));
    expect(id("founding").dataset.step).toBe("clinic");
    await user.type(id("founding-clinic"), "Nha khoa Nụ Cười");
    await user.type(id("founding-branch"), "CN Quận 1");
    await user.click(id("founding-next"));
    await user.type(id("founding-desk"), "Quầy 1");
    await user.type(id("founding-person"), "Trần Thị Mai");
    await user.click(id("founding-found"));
    await waitFor(() => id("kit-word-24"));
    expect(id("kit-word-9").textContent).toBe(WORDS[8]);
    await user.click(id("kit-done"));
    await user.type(id("kit-check-3"), WORDS[2]!);
    await user.type(id("kit-check-9"), "sai");
    await user.type(id("kit-check-17"), WORDS[16]!.toUpperCase());
    await user.click(id("kit-check"));
    await waitFor(() => id("kit-wrong"));
    await user.clear(id("kit-check-9"));
    await user.type(id("kit-check-9"), WORDS[8]!);
    await user.click(id("kit-check"));
    await waitFor(() => id("server-skip"));
    expect(app.kit).toBeNull();
    await user.type(id("server-address"), "form.nhakhoa.vn");
    await user.type(id("server-code"), "ABCD-EFGH-JKLM");
    await user.click(id("server-connect"));
    await waitFor(() => screen.getByText(/Gõ đủ địa chỉ/));
    await user.click(id("server-skip"));
    expect(id("founding").dataset.step).toBe("done");
  });
});

describe("trouble", () => {
  it.each(["locked", "missing", "wrong", "unavailable"])(
    "the keychain is %s: says what is safe",
    async (problem) => {
      const { id } = await stage({ phase: "keychain", problem });
      expect(id(`trouble-${problem}`).textContent).toMatch(/Dữ liệu vẫn còn/);
      expect(id("retry")).toBeTruthy();
      expect(screen.queryByTestId("recover") !== null).toBe(problem === "missing" || problem === "wrong");
    },
  );

  it("damaged data are repaired on request, and what is missing is named", async () => {
    const { user, id } = await stage({ phase: "database", problem: "damaged" });
    await user.click(id("repair"));
    await waitFor(() => expect(id("repair-report").textContent).toMatch(/Quầy 2 · CN Quận 7 sau mục số 812/));
    await user.click(id("repair-read"));
    expect(screen.queryByTestId("repair-report")).toBeNull();
  });

  it("names the place of a misspelt recovery word", async () => {
    const { user, id } = await stage({ phase: "keychain", problem: "missing" });
    await user.click(id("recover"));
    await user.type(id("recover-words"), WORDS.with(4, "mapel").join(" "));
    await user.type(id("recover-branch"), "CN Quận 1");
    await user.type(id("recover-desk"), "Quầy 2");
    await user.type(id("recover-person"), "Lê Ánh");
    await user.click(id("recover-do"));
    await waitFor(() => screen.getByText(/Từ số 5 không có trong danh sách/));
  });
});
