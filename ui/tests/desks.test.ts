import { fireEvent } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { goodFor } from "../src/state/desks.svelte";
import { CODE, KIT_WORDS, LINK } from "../src/ipc/fake/desks";
import { screen, stage, waitFor, within } from "./stage";

const bare = { phase: "noClinic", server: null } as const;
type Stage = Awaited<ReturnType<typeof stage>>;

async function atJoining(options = {}): Promise<Stage> {
  const on = await stage({ ...bare, ...options });
  await on.user.click(on.id("start-join"));
  await waitFor(() => expect(document.activeElement).toBe(on.id("join-code")));
  return on;
}

async function knocked(): Promise<Stage> {
  const on = await atJoining();
  await on.user.click(on.id("join-code"));
  await on.user.paste(LINK);
  await on.user.type(on.id("join-branch"), "CN Quận 1");
  await on.user.type(on.id("join-desk"), "Quầy 3");
  await on.user.click(on.id("join-go"));
  await waitFor(() => expect(on.id("joining").dataset.step).toBe("knocking"));
  return on;
}

describe("an invitation", () => {
  it("never seems to last longer than it does, whatever two clocks say", () => {
    expect(goodFor(15 * 60_000 + 1_400, 0)).toBe(15 * 60_000);
    expect(goodFor(90_000, 60_000)).toBe(30_000);
  });
});

describe("a PC that joins", () => {
  it("asks for the server only if the code does not name it", async () => {
    const { user, id } = await atJoining();
    await user.type(id("join-code"), CODE.toLowerCase().slice(0, 20));
    expect(id("join-server")).toBeTruthy();
    await user.clear(id("join-code"));
    await user.paste(LINK);
    expect(screen.queryByTestId("join-server")).toBeNull();
  });

  it("sends what was typed as it was typed, with the server's address", async () => {
    const { user, id, backend } = await atJoining();
    const sloppy = CODE.toLowerCase().replaceAll("-", " ");
    await user.type(id("join-code"), sloppy);
    expect((id("join-code") as HTMLTextAreaElement).value).toBe(sloppy);
    await user.type(id("join-server"), "https://form.nucuoiviet.example");
    await user.type(id("join-branch"), "CN Quận 1");
    await user.type(id("join-desk"), "Quầy 3");
    await user.click(id("join-go"));
    await waitFor(() => expect(id("joining").dataset.step).toBe("knocking"));
    expect(backend.pcs.calls).toContain(`join:${sloppy}|https://form.nucuoiviet.example`);
  });

  it("goes on to the next empty box when a scanner ends with Enter", async () => {
    const { user, id, backend } = await atJoining();
    await user.type(id("join-code"), `${LINK}{Enter}`);
    await waitFor(() => expect(document.activeElement).toBe(id("join-branch")));
    expect((id("join-code") as HTMLTextAreaElement).value).toBe(LINK);
    expect(backend.pcs.calls).toEqual([]);
  });

  it("says which keyboard tool to switch off when letters of the code were changed", async () => {
    const { id } = await atJoining();
    await fireEvent.input(id("join-code"), { target: { value: "K7QM-2XHĐ" } });
    await waitFor(() => screen.getByText(/Chuyển sang gõ tiếng Anh/));
  });

  it("reads the invitation from a stick, and teaches when there is none", async () => {
    const { user, id, unmount } = await atJoining();
    await user.click(id("join-stick"));
    await waitFor(() => screen.getAllByTestId("drive"));
    await user.click(screen.getAllByTestId("drive")[0]!);
    await waitFor(() => id("join-carried"));
    expect((id("join-code") as HTMLTextAreaElement).value).toBe(LINK);
    unmount();
    const without = await atJoining({ noDrives: true });
    await without.user.click(without.id("join-stick"));
    await waitFor(() => screen.getByText(/Cắm USB rồi bấm Thử lại/));
  });

  it("keeps the form and names the slip when the code is wrong", async () => {
    const { user, id } = await atJoining();
    await user.type(id("join-code"), CODE.slice(0, 40));
    await user.type(id("join-server"), "https://form.nucuoiviet.example");
    await user.type(id("join-branch"), "CN Quận 1");
    await user.type(id("join-desk"), "Quầy 3");
    await user.click(id("join-go"));
    await waitFor(() => screen.getByText(/Mã mời chưa đúng/));
    expect((id("join-desk") as HTMLInputElement).value).toBe("Quầy 3");
  });

  it("shows the digits with the clinic's and the inviter's name, and enters once it is let in", async () => {
    const { id, app, backend } = await knocked();
    backend.pcs.answer();
    await waitFor(() => expect(id("join-digits").textContent).toBe("482915073364"));
    expect(id("join-digits").getAttribute("aria-label")).toMatch(/4829 1507 3364/);
    expect(id("join-clinic").textContent).toBe("Nha khoa Nụ Cười Việt");
    await backend.pcs.letIn();
    await waitFor(() => expect(app.working).toBe(true));
    await waitFor(() =>
      expect(id("sync-chip").textContent).toMatch(/Đang nhận dữ liệu: 42\.000 \/ 118\.000/),
    );
    // the window is usable meanwhile
    expect(id("new-lead")).toBeTruthy();
    await waitFor(() => expect(app.desks.joining.at).toBe("idle"));
  });

  it.each([
    ["refused", /Máy kia đã từ chối/],
    ["expired", /Mã mời đã hết hạn/],
  ] as const)("is %s: says why and starts again with an empty code", async (at, words) => {
    const { user, id, backend } = await knocked();
    backend.pcs.setJoining({ at });
    await waitFor(() => screen.getByText(words));
    await user.click(id("join-other"));
    await waitFor(() => expect(id("joining").dataset.step).toBe("idle"));
    expect((id("join-code") as HTMLTextAreaElement).value).toBe("");
    expect((id("join-desk") as HTMLInputElement).value).toBe("Quầy 3");
  });

  it("tries the same code again when the server could not be reached", async () => {
    const { user, id, backend } = await knocked();
    backend.pcs.setJoining({ at: "unreachable" });
    await waitFor(() => id("join-retry"));
    await user.click(id("join-retry"));
    await waitFor(() => expect(id("joining").dataset.step).toBe("knocking"));
    expect(backend.pcs.calls.filter((call) => call.startsWith("join:"))).toHaveLength(2);
  });

  it("never falls back to an older state when the answer comes after the event", async () => {
    const { app, backend } = await atJoining();
    const real = backend.joinClinic.bind(backend);
    backend.joinClinic = async (form) => {
      const answer = await real(form);
      backend.pcs.answer();
      return answer;
    };
    await app.desks.join({ code: LINK, server: null, desk: "Quầy 3", branch: "CN Quận 1" });
    expect(app.desks.joining.at).toBe("confirm");
  });
});

describe("a clinic brought back from its server", () => {
  it("names the misspelt word, then opens with the words and the address", async () => {
    const { user, id, app } = await stage(bare);
    await user.click(id("start-restore"));
    await user.type(id("restore-words"), KIT_WORDS.with(4, "mapel").join(" "));
    await user.type(id("restore-server"), "https://form.nucuoiviet.example");
    await user.type(id("restore-branch"), "CN Quận 1");
    await user.type(id("restore-desk"), "Quầy 1");
    await user.type(id("restore-person"), "Lê Ánh");
    await user.click(id("restore-do"));
    await waitFor(() => screen.getByText(/Từ số 5 không có trong danh sách/));
    await user.clear(id("restore-words"));
    await user.type(id("restore-words"), KIT_WORDS.join(" "));
    await user.click(id("restore-do"));
    await waitFor(() => expect(app.working).toBe(true));
    expect(id("repair-report").textContent).toMatch(/24 từ/);
  });
});

async function inSettings(options = {}): Promise<Stage> {
  const on = await stage(options);
  on.app.openSettings("desks");
  await waitFor(() => screen.getAllByTestId("desk-row"));
  return on;
}

const rowOf = (name: string) => {
  const found = screen.getAllByTestId("desk-row").find((row) => row.textContent?.includes(name));
  if (!found) throw new Error(`no row ${name}`);
  return within(found);
};

describe("the list of PCs", () => {
  it("says of each where it is, how far behind it is and when it was heard of", async () => {
    await inSettings();
    expect(rowOf("Quầy 2").getByText(/3 mục chưa gửi/)).toBeTruthy();
    expect(rowOf("Quầy 2").getByText("Đang ở gần")).toBeTruthy();
    expect(rowOf("CN Gò Vấp").getByText("Chưa từng báo về")).toBeTruthy();
    expect(screen.getAllByText("Máy này", { selector: ".pill *" })).toHaveLength(1);
  });

  it("offers nothing to change where this PC or person may not manage", async () => {
    const { id } = await inSettings({ mayManage: false });
    expect(id("desks-readonly")).toBeTruthy();
    expect(screen.queryByTestId("desk-add")).toBeNull();
    expect(screen.queryByTestId("desk-menu")).toBeNull();
  });

  it("renames and moves", async () => {
    const { user, id, backend } = await inSettings();
    await user.click(rowOf("Quầy 2").getByTestId("desk-menu"));
    await user.click(id("desk-rename"));
    await user.clear(id("rename-name"));
    await user.type(id("rename-name"), "Phòng X-quang");
    await user.click(id("rename-save"));
    await waitFor(() => rowOf("Phòng X-quang"));
    expect(backend.pcs.calls).toContain("rename:Phòng X-quang");
  });

  it("never offers to cut this PC off", async () => {
    const { user } = await inSettings();
    await user.click(screen.getAllByTestId("desk-menu")[0]!);
    expect(screen.getByTestId("desk-rename")).toBeTruthy();
    expect(screen.queryByTestId("desk-cut")).toBeNull();
  });
});

async function invited(): Promise<Stage> {
  const on = await inSettings();
  await on.user.click(on.id("desk-add"));
  await on.user.click(on.id("invite-make"));
  await waitFor(() => on.id("invite-code"));
  return on;
}

describe("an invitation", () => {
  it("shows the code, goes onto a stick, and lets in only after the digits were compared", async () => {
    const { user, id, app, backend } = await invited();
    expect(id("invite-code").textContent).toBe(CODE.replaceAll("-", ""));
    await user.click(id("invite-stick"));
    await waitFor(() => screen.getAllByTestId("drive"));
    await user.click(screen.getAllByTestId("drive")[0]!);
    await waitFor(() => expect(id("invite-copied").textContent).toMatch(/thu-moi/));
    backend.pcs.knock("Quầy 3", "CN Quận 7");
    await waitFor(() => expect(id("invite-digits").textContent).toBe("482915073364"));
    expect(id("invite-asked").textContent).toMatch(/Quầy 3 · CN Quận 7 xin vào/);
    expect(backend.pcs.calls.some((call) => call.startsWith("confirm"))).toBe(false);
    // the code is of no more use and gone from the window
    expect(app.desks.invited).toBeNull();
    // a stray Enter must not let anybody in
    await user.keyboard("{Enter}");
    expect(backend.pcs.calls.some((call) => call.startsWith("confirm"))).toBe(false);
    await user.click(id("invite-same"));
    await waitFor(() => id("invite-joined"));
    await waitFor(() => rowOf("Quầy 3"));
  });

  it("is refused when the digits differ, and says that nothing was given away", async () => {
    const { user, id, backend } = await invited();
    backend.pcs.knock();
    await waitFor(() => id("invite-different"));
    await user.click(id("invite-different"));
    await waitFor(() => expect(id("invite-refused").textContent).toMatch(/không nhận được gì/));
    expect(backend.pcs.calls).toContain("confirm:false");
  });

  it("closes the waiting room when the dialog is closed", async () => {
    const { user, id, backend } = await invited();
    await user.click(id("invite-cancel"));
    await waitFor(() => expect(backend.pcs.calls).toContain("cancelInvitation"));
    expect(screen.queryByTestId("invite")).toBeNull();
  });

  it("is shown again when a PC knocked while somebody looked elsewhere", async () => {
    const { app, id, backend } = await stage();
    backend.pcs.knock();
    app.openSettings("desks");
    await waitFor(() => id("invite-digits"));
  });
});

describe("cutting a PC off", () => {
  const begin = async (options = {}) => {
    const on = await inSettings(options);
    await on.user.click(rowOf("Máy của chị Yến").getByTestId("desk-menu"));
    await on.user.click(on.id("desk-cut"));
    return on;
  };

  it("says what it can't do, and waits for the right four characters", async () => {
    const { user, id, backend } = await begin();
    expect(id("cut-cant").textContent).toMatch(/Không lấy lại được dữ liệu/);
    expect(id("cut-cant").textContent).toMatch(/41 mục chưa gửi/);
    expect((id("cut-do") as HTMLButtonElement).disabled).toBe(true);
    await user.type(id("cut-confirm"), "d4d5{Enter}");
    expect(backend.pcs.calls).toEqual([]);
    await user.clear(id("cut-confirm"));
    await user.type(id("cut-confirm"), "d4d4");
    await user.click(id("cut-do"));
    await waitFor(() => expect(screen.queryByTestId("cut-off")).toBeNull());
    expect(backend.pcs.calls).toEqual(["revoke:false"]);
    expect(id("desks-gone").textContent).toMatch(/2/);
  });

  it("asks a second time when the server could not be asked, with waiting as the first answer", async () => {
    const { user, id, backend } = await begin({ unseen: true });
    await user.type(id("cut-confirm"), "D4D4");
    await user.click(id("cut-do"));
    await waitFor(() => expect(id("cut-unseen").textContent).toMatch(/Chưa hỏi được máy chủ/));
    expect(document.activeElement).toBe(id("cut-wait"));
    await user.click(id("cut-anyway"));
    await waitFor(() => expect(screen.queryByTestId("cut-off")).toBeNull());
    expect(backend.pcs.calls).toEqual(["revoke:false", "revoke:true"]);
  });
});

describe("the yearly drill", () => {
  it("reminds above the work, takes the words and then keeps quiet", async () => {
    const { user, id } = await stage({ kitDrillDue: true });
    await waitFor(() => id("drill-reminder"));
    await user.click(id("drill-now"));
    await waitFor(() => id("drill-words"));
    await user.type(id("drill-words"), KIT_WORDS.toReversed().join(" "));
    await user.click(id("drill-do"));
    await waitFor(() => screen.getByText(/không phải tờ của phòng khám này/));
    await user.clear(id("drill-words"));
    await user.type(id("drill-words"), KIT_WORDS.join(" "));
    await user.click(id("drill-do"));
    await waitFor(() => id("drill-good"));
    expect(screen.queryByTestId("drill-reminder")).toBeNull();
    expect(screen.queryByTestId("drill-due")).toBeNull();
  });
});

describe("a PC that was cut off", () => {
  it("says when and from which PC, where that is known", async () => {
    const at = Date.UTC(2026, 10, 25, 3, 42);
    const { id } = await stage({ phase: "removed", cutOff: { at, by: "Quầy 1" } });
    expect(id("removed-what").textContent).toContain("lúc 10:42 ngày 25/11/2026, từ máy “Quầy 1”");
  });

  it("says so calmly and offers one way: to start anew", async () => {
    const { user, id, backend } = await stage({ phase: "removed" });
    expect(id("removed").textContent).toMatch(/dữ liệu khách trên máy này đã được xóa/);
    expect(within(id("removed")).getAllByRole("button")).toHaveLength(1);
    await user.click(id("start-anew"));
    await waitFor(() => id("start"));
    // until a clinic is here again the shell still says what this PC is: that takes nobody back
    backend.tell("phaseChanged", await backend.status());
    expect(id("start")).toBeTruthy();
  });
});
