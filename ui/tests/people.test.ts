import { describe, expect, it } from "vitest";
import { FAKE_PIN, tooSimple } from "../src/ipc/fake/people";
import { screen, stage, waitFor, within } from "./stage";

const WRONG = "271828";
const away = { staff: true, phase: "signedOut", me: "frontDesk" } as const;
const tiles = () => screen.getAllByTestId("tile");
const named = (tile: HTMLElement) => tile.querySelector("strong")?.textContent;

/** Everything that a person could read, and what hides in boxes. */
const visible = (root: Element) =>
  `${root.textContent} ${[...root.querySelectorAll("input, textarea")].map((box) => (box as HTMLInputElement).value).join(" ")}`;

describe("sitting down", () => {
  it("takes the last person with Enter and six digits, without a button", async () => {
    const { user, id, app } = await stage(away);
    await waitFor(() => tiles());
    expect(document.activeElement).toBe(id("person-find"));
    await user.keyboard("{Enter}");
    expect(id("pin-pad").textContent).toContain("Trần Thị Mai");
    await user.keyboard(FAKE_PIN);
    await waitFor(() => expect(app.leads.total).toBeGreaterThan(0));
    expect(app.session?.name).toBe("Trần Thị Mai");
    expect(id("person").textContent).toContain("Lễ tân");
  });

  it("shows only people who have a PIN and still work here, the last one first, then by given name", async () => {
    await stage(away);
    await waitFor(() => tiles());
    expect(tiles().map(named)).toEqual([
      "Trần Thị Mai",
      "Lê Ngọc Ánh",
      "Nguyễn Thị Thanh Tâm",
      "Đỗ Minh Thư",
      "Phạm Hoàng Yến",
    ]);
  });

  it("finds a name without any mark, and Enter takes the first", async () => {
    const { user, id } = await stage(away);
    await waitFor(() => tiles());
    await user.keyboard("do thu");
    expect(tiles().map(named)).toEqual(["Đỗ Minh Thư"]);
    await user.keyboard("{Enter}");
    expect(id("pin-pad").textContent).toContain("Đỗ Minh Thư");
  });

  it("never has a digit on the screen, only dots", async () => {
    const { user, id, container } = await stage(away);
    await waitFor(() => tiles());
    await user.keyboard("{Enter}8765");
    expect(id("pin-pad").dataset.typed).toBe("4");
    expect(container.querySelectorAll("input")).toHaveLength(0);
    expect(id("pin-dots").textContent).toBe("");
    await user.keyboard("{Backspace}");
    expect(id("pin-pad").dataset.typed).toBe("3");
    await user.keyboard("{Escape}");
    expect(id("pin-pad").dataset.typed).toBe("0");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(document.activeElement).toBe(tiles()[0]));
  });

  it("can be done by the big keys alone", async () => {
    const { user, id, app } = await stage(away);
    await waitFor(() => tiles());
    await user.click(tiles()[1]!);
    await user.click(id("pin-key-9"));
    await user.click(id("pin-rub"));
    for (const digit of FAKE_PIN) await user.click(id(`pin-key-${digit}`));
    await waitFor(() => expect(app.session?.name).toBe("Lê Ngọc Ánh"));
  });

  it("says how many tries are left, then makes one wait, and takes no digit meanwhile", async () => {
    const { user, id, backend } = await stage(away);
    await waitFor(() => tiles());
    await user.keyboard(`{Enter}${WRONG}`);
    await waitFor(() => expect(id("pin-problem").textContent).toMatch(/Còn 4 lần thử/));
    for (const left of [3, 2, 1]) {
      await user.keyboard(WRONG);
      await waitFor(() => expect(id("pin-problem").textContent).toContain(`Còn ${left} lần thử`));
    }
    await user.keyboard(WRONG);
    await waitFor(() => expect(id("pin-wait").textContent).toContain("0:30"));
    const asked = backend.staff.calls.length;
    await user.keyboard(FAKE_PIN);
    expect(id("pin-pad").dataset.typed).toBe("0");
    expect(backend.staff.calls.length).toBe(asked);
  });

  it("counts down and lets the right PIN in once the pause is over", async () => {
    const { user, id, backend, app } = await stage(away);
    let now = backend.now();
    backend.now = () => now;
    await waitFor(() => tiles());
    await user.keyboard("{Enter}");
    for (let n = 0; n < 5; n++) {
      await user.keyboard(WRONG);
      await waitFor(() => expect(id("pin-pad").dataset.typed).toBe("0"));
      await waitFor(() => expect(backend.staff.calls.length).toBe(n + 1));
    }
    await waitFor(() => id("pin-wait"));
    now += 12_000;
    await waitFor(() => expect(id("pin-wait").textContent).toContain("0:18"));
    now += 19_000;
    await waitFor(() => expect(screen.queryByTestId("pin-wait")).toBeNull());
    await user.keyboard(FAKE_PIN);
    await waitFor(() => expect(app.session?.name).toBe("Trần Thị Mai"));
  });

  it("begins to wait at once with somebody who has to", async () => {
    const { user, id, backend, app } = await stage(away);
    await waitFor(() => tiles());
    const mai = app.staff.people.find((person) => person.name === "Trần Thị Mai")!;
    backend.staff.hear(mai.id, { waitUntil: backend.now() + 90_000 });
    await waitFor(() => expect(app.staff.people.find(({ id }) => id === mai.id)?.waitUntil).toBeTruthy());
    await user.keyboard("{Enter}");
    expect(id("pin-wait").textContent).toContain("1:30");
  });

  it("takes off the list whom another PC dismissed", async () => {
    const { backend, app } = await stage(away);
    await waitFor(() => tiles());
    backend.staff.hear(app.staff.people[2]!.id, { gone: true });
    await waitFor(() => expect(tiles().map(named)).not.toContain("Lê Ngọc Ánh"));
  });
});

describe("handing over", () => {
  it("keeps the draft and nothing else of the person before", async () => {
    const { user, id, app, backend, openFirst, container } = await stage({ staff: true });
    await openFirst();
    const lead = id("record-name").textContent!;
    await user.type(id("search"), lead.slice(0, 4));
    await user.type(id("note"), "khách hẹn chiều");
    await user.click(id("person"));
    await user.click(id("switch-person"));
    await waitFor(() => id("signed-out"));
    expect(backend.calls).toContain("draft:khách hẹn chiều");
    const shown = visible(container);
    expect(shown).not.toContain(lead);
    expect(shown).not.toContain("khách hẹn chiều");
    expect(shown).not.toMatch(/\d{2}•• •••/);
    expect(app.leads.row(0)).toBeUndefined();
    expect(app.leads.record).toBeNull();
    expect(app.leads.query.text).toBe("");
    expect(app.session).toBeNull();
  });

  it("is Ctrl+L when there are people, and the keychain's lock when there are none", async () => {
    const people = await stage({ staff: true });
    await people.user.keyboard("{Control>}l{/Control}");
    await waitFor(() => people.id("signed-out"));
    people.unmount();
    const nobody = await stage();
    await nobody.user.keyboard("{Control>}l{/Control}");
    await waitFor(() => nobody.id("locked"));
  });

  it("begins every person at the list, whatever the one before was looking at", async () => {
    const { user, id, app } = await stage({ staff: true });
    await user.keyboard("{Alt>}2{/Alt}");
    await user.click(await screen.findByTestId("section-people"));
    await user.keyboard("{Control>}l{/Control}");
    await waitFor(() => tiles());
    await user.click(tiles()[1]!);
    await user.keyboard(FAKE_PIN);
    await waitFor(() => id("greeting"));
    expect(app.pane).toBe("leads");
  });

  it("lets everybody change their own PIN with the old one", async () => {
    const { user, id, app } = await stage({ staff: true, me: "frontDesk" });
    await waitFor(() => expect(app.session).not.toBeNull());
    await user.click(id("person"));
    await user.click(id("change-pin"));
    await user.type(id("pin-old"), "000000");
    await user.type(id("pin-new"), WRONG);
    await user.type(id("pin-again"), WRONG);
    await user.click(id("pin-save"));
    await waitFor(() => screen.getByText(/Còn 4 lần thử/));
    await user.type(id("pin-old"), FAKE_PIN);
    await user.click(id("pin-save"));
    await waitFor(() => expect(screen.queryByTestId("pin-dialog")).toBeNull());
    await user.keyboard("{Control>}l{/Control}");
    await waitFor(() => tiles());
    await user.keyboard(`{Enter}${WRONG}`);
    await waitFor(() => expect(app.session?.name).toBe("Trần Thị Mai"));
  });

  it("without people anyone writes a name, and an owner is told how to do better", async () => {
    const { user, id, app } = await stage();
    await waitFor(() => expect(app.session).not.toBeNull());
    await user.click(id("person"));
    await user.clear(id("person-name"));
    await user.type(id("person-name"), "Lê Ánh");
    await user.click(id("person-save"));
    await waitFor(() => expect(id("person").textContent).toContain("Lê Ánh"));
    await user.click(id("person"));
    await user.click(id("invite-people"));
    await waitFor(() => expect(app.section).toBe("people"));
  });
});

describe("what a person may do and see", () => {
  const sections = () =>
    [...document.querySelectorAll("[data-testid^=section-]")].map((one) =>
      one.getAttribute("data-testid")?.slice(8),
    );

  it("a manager gives PINs to the receptionists beneath, and changes nobody", async () => {
    const { user, app } = await stage({ staff: true, me: "manager" });
    app.openSettings("people");
    const rows = await screen.findAllByTestId("staff-row");
    const offered = rows.filter((one) => within(one).queryByTestId("staff-pin"));
    const names = offered.map((one) => one.querySelector(".name")?.firstChild?.textContent?.trim());
    expect(names.sort()).toEqual(["Lê Ngọc Ánh", "Phạm Hoàng Yến", "Trần Thị Mai"]);
    expect(screen.queryByTestId("staff-edit")).toBeNull();
    expect(screen.queryByTestId("add-person")).toBeNull();
    expect(screen.queryByTestId("staff-gone")).toBeNull();
    const mai = rows.find((one) => one.textContent?.includes("Trần Thị Mai"));
    await user.click(within(mai!).getByTestId("staff-pin"));
    await user.type(screen.getByTestId("pin-new"), "271828");
    await user.type(screen.getByTestId("pin-again"), "271828");
    await user.click(screen.getByTestId("pin-save"));
    await waitFor(() => expect(screen.queryByTestId("staff-dialog")).toBeNull());
  });

  it.each([
    ["frontDesk", ["machine", "desks", "about"]],
    ["manager", ["machine", "desks", "people", "backups", "about"]],
    ["owner", ["machine", "desks", "people", "backups", "server", "about"]],
  ] as const)("a %s is offered these parts of the settings", async (me, offered) => {
    const { user, app } = await stage({ staff: true, me });
    await waitFor(() => expect(app.session).not.toBeNull());
    await user.keyboard("{Alt>}2{/Alt}");
    await waitFor(() => expect(sections()).toEqual(offered));
  });

  it("offers only the branches that the person sees", async () => {
    const { app, id, user } = await stage({ staff: true, me: "frontDesk" });
    await waitFor(() => expect(app.session).not.toBeNull());
    await user.click(id("filters"));
    const options = () => [...id("filter-branch").querySelectorAll("option")].map((one) => one.value);
    await waitFor(() => expect(options()).toEqual(["", "CN Quận 1"]));
    expect([...new Set(Array.from({ length: 20 }, (_, n) => app.leads.row(n)?.branch))]).toEqual([
      "CN Quận 1",
    ]);
  });

  it("shows other leads when an owner elsewhere gives the person another branch", async () => {
    const { app, backend } = await stage({ staff: true, me: "frontDesk" });
    await waitFor(() => expect(app.session).not.toBeNull());
    backend.staff.hear(app.session!.person!, { branches: ["CN Quận 7"] });
    await waitFor(() => expect(app.leads.row(0)?.branch).toBe("CN Quận 7"));
  });

  it("leaves a part that the person lost the power for", async () => {
    const { user, app, backend, id } = await stage({ staff: true });
    await waitFor(() => expect(app.session).not.toBeNull());
    app.openSettings("people");
    await user.click(await screen.findByTestId("section-people"));
    backend.staff.hear(app.session!.person!, { role: "frontDesk" });
    await waitFor(() => expect(screen.queryByTestId("section-people")).toBeNull());
    expect(id("section-machine").getAttribute("aria-current")).toBe("page");
  });
});

describe("the staff", () => {
  const opened = async (options = {}) => {
    const stand = await stage({ staff: true, ...options });
    await waitFor(() => expect(stand.app.session).not.toBeNull());
    stand.app.openSettings("people");
    await waitFor(() => stand.id("add-person"));
    const row = (name: string) =>
      screen.getAllByTestId("staff-row").find((one) => one.textContent?.includes(name))!;
    const press = (name: string, testid: string) =>
      stand.user.click(row(name).querySelector(`[data-testid="${testid}"]`)!);
    return { ...stand, row, press };
  };

  it("begins with an owner who sets a PIN at once, and then asks for it", async () => {
    const { user, id, app } = await opened({ staff: false });
    await user.click(id("add-person"));
    expect((id("staff-name") as HTMLInputElement).value).toBe("Trần Thị Mai");
    expect(screen.queryByTestId("staff-role-frontDesk")).toBeNull();
    await user.click(id("staff-save"));
    expect(screen.getByText("Cần đúng 6 chữ số.")).toBeTruthy();
    await user.type(id("staff-pin-new"), "123456");
    await user.type(id("staff-pin-again"), "123456");
    await user.click(id("staff-save"));
    await waitFor(() => screen.getByText(/dễ đoán/, { selector: ".error" }));
    await user.type(id("staff-pin-new"), FAKE_PIN);
    await user.type(id("staff-pin-again"), FAKE_PIN);
    await user.click(id("staff-save"));
    await waitFor(() => expect(app.session?.role).toBe("owner"));
    expect(app.session?.person).not.toBeNull();
    await user.keyboard("{Control>}l{/Control}");
    // one person: nothing to choose
    await waitFor(() => id("pin-pad"));
  });

  it("enters somebody, and hands the keyboard over for the PIN", async () => {
    const { user, id, row } = await opened();
    await user.click(id("add-person"));
    await user.type(id("staff-name"), "Bùi Thu Hà");
    await user.click(id("staff-role-manager"));
    await user.click(screen.getAllByTestId("staff-branch")[2]!);
    await user.click(id("staff-save"));
    await waitFor(() => expect(row("Bùi Thu Hà").textContent).toMatch(/Quản lý · CN Thủ Đức/));
    expect(row("Bùi Thu Hà").textContent).toContain("Chưa có mã PIN");
    await user.type(id("pin-new"), WRONG);
    await user.type(id("pin-again"), WRONG);
    await user.click(id("pin-save"));
    await waitFor(() => expect(row("Bùi Thu Hà").textContent).toContain("Có mã PIN"));
    expect(screen.queryByTestId("staff-dialog")).toBeNull();
  });

  it("changes what a person sees", async () => {
    const { user, id, row, press } = await opened();
    await press("Trần Thị Mai", "staff-edit");
    await user.click(screen.getAllByTestId("staff-branch")[0]!);
    await user.click(id("staff-save"));
    await waitFor(() => expect(row("Trần Thị Mai").textContent).toContain("Mọi chi nhánh"));
  });

  it("asks before somebody leaves, keeps them below, and takes them back", async () => {
    const { user, id, row, press } = await opened();
    await press("Trần Thị Mai", "staff-edit");
    await user.click(id("staff-dismiss"));
    expect(row("Trần Thị Mai")).toBeTruthy();
    await user.click(id("dismiss-do"));
    await waitFor(() => expect(row("Trần Thị Mai")).toBeUndefined());
    expect(id("staff-gone").textContent).toContain("Trần Thị Mai");
    const gone = screen.getAllByTestId("gone-row").find((one) => one.textContent?.includes("Mai"))!;
    await user.click(gone.querySelector("button")!);
    await waitFor(() => expect(row("Trần Thị Mai")).toBeTruthy());
  });

  it("explains why the only owner can't leave, before it is tried and after a refusal", async () => {
    const { user, id, press, backend, app } = await opened();
    await press("Nguyễn Thị Thanh Tâm", "staff-edit");
    expect(id("last-owner").textContent).toContain("chủ phòng khám duy nhất");
    expect(screen.queryByTestId("staff-dismiss")).toBeNull();
    await user.click(id("staff-cancel"));
    // two owners on the list, but the other one leaves on another PC at this moment
    const other = app.staff.people.find((person) => person.name === "Phạm Hoàng Yến")!;
    backend.staff.hear(other.id, { role: "owner" });
    await waitFor(() => expect(app.staff.people.filter(({ role }) => role === "owner")).toHaveLength(2));
    await press("Nguyễn Thị Thanh Tâm", "staff-edit");
    await user.click(id("staff-role-manager"));
    backend.tell = () => undefined;
    backend.staff.hear(other.id, { gone: true });
    await user.click(id("staff-save"));
    await waitFor(() => id("last-owner"));
  });

  it("sets a forgotten PIN anew, typed twice", async () => {
    const { user, id, press } = await opened();
    await press("Lê Ngọc Ánh", "staff-pin");
    expect(screen.queryByTestId("pin-old")).toBeNull();
    expect(id("staff-dialog").textContent).toContain("Đúng 6 số");
    await user.type(id("pin-new"), WRONG);
    await user.type(id("pin-again"), "271829");
    expect(screen.getByText("Hai lần gõ chưa giống nhau.")).toBeTruthy();
    await user.click(id("pin-save"));
    expect(id("staff-dialog")).toBeTruthy();
    await user.clear(id("pin-again"));
    await user.type(id("pin-again"), WRONG);
    await user.click(id("pin-save"));
    await waitFor(() => expect(screen.queryByTestId("staff-dialog")).toBeNull());
  });
});

describe("the invented clinic's rule for PINs", () => {
  it("refuses rows and repetitions", () => {
    for (const pin of ["123456", "654321", "111111", "121212", "123123", "12345", "12345a"])
      expect(tooSimple(pin), pin).toBe(true);
    for (const pin of [FAKE_PIN, WRONG, "135790"]) expect(tooSimple(pin), pin).toBe(false);
  });
});
