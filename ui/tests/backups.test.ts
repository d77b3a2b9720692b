import { render } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { FakeBackend, type FakeOptions } from "../src/ipc/fake";
import { goodBackups, noBackups } from "../src/ipc/fake/backups";
import { MORNING } from "../src/ipc/fake/clinic";
import { KIT_WORDS } from "../src/ipc/fake/desks";
import RestoreBackup from "../src/panes/founding/RestoreBackup.svelte";
import { App } from "../src/state/app.svelte";
import Provided from "./Provided.svelte";
import { screen, stage, waitFor } from "./stage";

const DAY = 24 * 3_600_000;

const opened = async (options: FakeOptions = {}) => {
  const stand = await stage({ staff: true, ...options });
  await waitFor(() => expect(stand.app.session).not.toBeNull());
  stand.app.openSettings("backups");
  await waitFor(() => stand.id("backup-status"));
  return stand;
};

describe("backups", () => {
  it("say in words when the last one was and whether one was tried out", async () => {
    const { id } = await opened();
    expect(id("backup-status").textContent).toContain("Bản sao gần nhất: hôm nay 02:04, 12.480 mục.");
    expect(id("backup-status").textContent).toContain("Đã thử mở lại ngày 04/03/2026: tốt.");
  });

  it("say plainly that there is none, and that a place comes first", async () => {
    const { id, user, backend } = await opened({ backup: noBackups });
    expect(id("backup-status").textContent).toContain("chưa có bản sao nào");
    expect((id("backup-now") as HTMLButtonElement).disabled).toBe(true);
    await user.click(id("backup-choose"));
    await user.click(await screen.findByTestId("backup-folder"));
    await waitFor(() => expect(screen.queryByTestId("backup-place-dialog")).toBeNull());
    expect(backend.archive.calls).toEqual(["choose:dialog"]);
    expect(id("backup-place").textContent).toContain("NAS");
    await user.click(id("backup-now"));
    await waitFor(() => expect(id("backup-status").textContent).toContain("12.502 mục"));
  });

  it("take a dialog that was closed as a no, not as a failure", async () => {
    const { id, user, app } = await opened({ backup: noBackups, noFolder: true });
    await user.click(id("backup-choose"));
    await user.click(await screen.findByTestId("backup-folder"));
    await waitFor(() => expect((id("backup-folder") as HTMLButtonElement).disabled).toBe(false));
    expect(id("backup-place-dialog")).toBeTruthy();
    expect(app.failure).toBeNull();
    expect(app.undo.done).toBeNull();
  });

  it("go to a drive that was chosen", async () => {
    const { id, user, backend } = await opened({ backup: noBackups });
    await user.click(id("backup-choose"));
    await user.click((await screen.findAllByTestId("drive"))[0]!);
    await waitFor(() => expect(id("backup-place").textContent).toContain("KINGSTON"));
    expect(backend.archive.calls).toEqual(["choose:/media/usb"]);
  });

  it("that failed say why and what to do, and that the last good one is still there", async () => {
    const { id } = await opened({
      backup: {
        ...goodBackups,
        lastGoodAt: MORNING - 4 * DAY,
        overdue: true,
        last: { at: MORNING - DAY, outcome: "noRoom", bytes: 0, entries: 0 },
      },
    });
    expect(id("backup-status").textContent).toMatch(/nơi cất đã đầy.*Dọn bớt chỗ.*Bản sao tốt gần nhất/s);
  });

  it("never report success for one that did not succeed", async () => {
    const { id, user, app } = await opened({ backupEnds: "damaged" });
    await user.click(id("backup-drill"));
    await waitFor(() =>
      expect(id("backup-status").textContent).toContain("Thử mở lại ngày 16/03/2026 không được"),
    );
    expect(app.undo.done).toBeNull();
  });

  it("that are overdue are said above the work to those who can do something, and to nobody else", async () => {
    const overdue = { backup: { ...goodBackups, overdue: true } };
    const manager = await stage({ staff: true, me: "manager", ...overdue });
    await waitFor(() => manager.id("backup-reminder"));
    await manager.user.click(manager.id("backup-open"));
    await waitFor(() => manager.id("backup-status"));
    expect(screen.queryByTestId("backup-reminder")).toBeNull();
    manager.unmount();
    const clerk = await stage({ staff: true, me: "frontDesk", ...overdue });
    await waitFor(() => expect(clerk.app.session).not.toBeNull());
    expect(screen.queryByTestId("backup-reminder")).toBeNull();
    expect(clerk.app.backup).toBeNull();
  });

  it("stop being overdue as soon as the shell says so", async () => {
    const { id, backend } = await stage({ staff: true, backup: { ...goodBackups, overdue: true } });
    await waitFor(() => id("backup-reminder"));
    backend.archive.hear({ overdue: false, lastGoodAt: MORNING });
    await waitFor(() => expect(screen.queryByTestId("backup-reminder")).toBeNull());
  });
});

describe("coming back from a backup", () => {
  const begin = async (options: FakeOptions = {}) => {
    const backend = new FakeBackend({ frozen: true, phase: "noClinic", server: null, ...options });
    const app = new App(backend);
    await app.start();
    const onback = vi.fn();
    const ondone = vi.fn();
    render(Provided, { app, part: RestoreBackup, given: { onback, ondone } });
    const user = userEvent.setup({ delay: null });
    const id = (testid: string) => screen.getByTestId(testid);
    await user.click((await screen.findAllByTestId("drive"))[0]!);
    return { backend, app, user, id, onback, ondone };
  };
  const fill = async ({ user, id }: Awaited<ReturnType<typeof begin>>, words: string) => {
    await user.type(id("backup-words"), words);
    await user.type(id("backup-branch"), "CN Quận 1");
    await user.type(id("backup-desk"), "Quầy 1");
    await user.type(id("backup-person"), "Trần Thị Mai");
    await user.click(id("backup-restore"));
  };

  it("leads from the drive over the newest file and the words to a report of what was lost", async () => {
    const stand = await begin();
    const files = await screen.findAllByTestId("backup-file");
    expect(files[0]?.textContent).toMatch(
      /hôm nay 02:04 · 18,4 MB.*Nha khoa Nụ Cười Việt – từ máy Quầy 1.*Mới nhất/,
    );
    await stand.user.click(files[0]!);
    await fill(stand, KIT_WORDS.join(" "));
    await waitFor(() =>
      expect(stand.id("backup-report").textContent).toMatch(/Quầy 2 · CN Quận 7 sau mục số 812/),
    );
    expect(screen.queryByTestId("backup-words")).toBeNull();
    await stand.user.click(stand.id("backup-start"));
    expect(stand.ondone).toHaveBeenCalledOnce();
  });

  it("names a misspelt word by its place and keeps what was typed", async () => {
    const stand = await begin();
    await stand.user.click((await screen.findAllByTestId("backup-file"))[0]!);
    await fill(stand, KIT_WORDS.with(6, "coper").join(" "));
    await waitFor(() => screen.getByText(/Từ số 7/));
    expect((stand.id("backup-desk") as HTMLInputElement).value).toBe("Quầy 1");
  });

  it("goes back to the list when the file is damaged, and says that nothing happened", async () => {
    const stand = await begin();
    await stand.user.click((await screen.findAllByTestId("backup-file"))[3]!);
    await fill(stand, KIT_WORDS.join(" "));
    await waitFor(() => stand.id("backup-damaged"));
    expect(screen.getAllByTestId("backup-file")).toHaveLength(4);
    expect(stand.ondone).not.toHaveBeenCalled();
  });

  it("finds nothing on the wrong drive, and offers another", async () => {
    const { user, id, onback } = await begin({ noBackups: true });
    await waitFor(() => screen.getByText("Không thấy bản sao nào trên ổ này"));
    await user.click(id("backup-other-drive"));
    await user.click(await screen.findByTestId("backup-back"));
    expect(onback).toHaveBeenCalledOnce();
  });
});
