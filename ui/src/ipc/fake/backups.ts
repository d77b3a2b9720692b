// Backups of the invented clinic: where they go, how the last ones went, coming back from one.
import { Refusal } from "../backend";
import type { Backend, BackupFile, BackupRun, BackupView, DeskView, Events, Repaired } from "../backend";
import { MORNING } from "./clinic";
import { checkWords } from "./desks";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 02:04 of the same morning. */
const NIGHT = MORNING - 7 * HOUR - 38 * 60_000;

export interface BackupsOptions {
  /** How backups stand at first; good ones by default. */
  backup?: Partial<BackupView>;
  /** No backup lies on any drive. */
  noBackups?: boolean;
  /** Somebody closes the desktop's dialog without choosing. */
  noFolder?: boolean;
  /** How the next backup or drill ends. */
  backupEnds?: BackupRun["outcome"];
}

/** What this part needs of the rest of the clinic. */
export interface BackupsWorld {
  now(): number;
  tell<E extends keyof Events>(event: E, payload: Events[E]): void;
  enter(desk: Partial<DeskView>): Promise<Repaired>;
}

export const BACKUP_CALLS = [
  "backups",
  "chooseBackupPlace",
  "backUpNow",
  "drillNow",
  "findBackups",
  "restoreBackup",
] as const satisfies readonly (keyof Backend)[];
export type BackupCalls = Pick<Backend, (typeof BACKUP_CALLS)[number]>;

export const goodBackups: BackupView = {
  place: "KINGSTON (E:) › LeTan",
  last: { at: NIGHT, outcome: "good", bytes: 18_400_000, entries: 12_480 },
  lastGoodAt: NIGHT,
  kept: 35,
  drill: {
    at: MORNING - 12 * DAY,
    outcome: "good",
    madeAt: MORNING - 12 * DAY,
    entries: 12_011,
    leads: 5_204,
  },
  busy: false,
  overdue: false,
};

export const noBackups: BackupView = {
  place: null,
  last: null,
  lastGoodAt: null,
  kept: 0,
  drill: null,
  busy: false,
  overdue: true,
};

export class FakeBackups implements BackupCalls {
  readonly calls: string[] = [];
  private view: BackupView;

  constructor(
    private readonly world: BackupsWorld,
    private readonly options: BackupsOptions,
  ) {
    this.view = { ...goodBackups, ...options.backup };
  }

  /** Backups stand otherwise, without anybody having asked. */
  hear(part: Partial<BackupView>): void {
    this.view = { ...this.view, ...part };
    this.world.tell("backupsChanged", null);
  }

  async backups(): Promise<BackupView> {
    return { ...this.view };
  }

  async chooseBackupPlace(drive: string | null): Promise<BackupView> {
    this.calls.push(`choose:${drive ?? "dialog"}`);
    if (!drive && this.options.noFolder) throw new Refusal("cancelled");
    const place = drive ? "KINGSTON (E:) › LeTan" : "NAS › Sao luu › Le Tan";
    this.view = { ...this.view, place };
    return this.backups();
  }

  async backUpNow(): Promise<BackupView> {
    this.calls.push("backUpNow");
    if (!this.view.place) throw new Refusal("backupPlaceMissing");
    const outcome = this.options.backupEnds ?? "good";
    const at = this.world.now();
    this.view = { ...this.view, last: { at, outcome, bytes: 18_450_000, entries: 12_502 } };
    if (outcome === "good") this.view = { ...this.view, lastGoodAt: at, overdue: false, kept: 36 };
    return this.backups();
  }

  async drillNow(): Promise<BackupView> {
    this.calls.push("drillNow");
    if (!this.view.lastGoodAt) throw new Refusal("backupPlaceMissing");
    const outcome = this.options.backupEnds ?? "good";
    const madeAt = this.view.lastGoodAt;
    this.view = {
      ...this.view,
      drill: { at: this.world.now(), outcome, madeAt, entries: 12_480, leads: 5_317 },
    };
    return this.backups();
  }

  async findBackups(): Promise<BackupFile[]> {
    if (this.options.noBackups) return [];
    const file = (n: number, desk: string, madeAt: number, bytes: number): BackupFile => ({
      id: `backup-${n}`,
      file: `letan-${n}.letan-backup`,
      desk,
      clinic: "Nha khoa Nụ Cười Việt",
      madeAt,
      bytes,
    });
    return [
      file(1, "Quầy 1", NIGHT, 18_400_000),
      file(2, "Quầy 2", NIGHT - DAY, 18_310_000),
      file(3, "Quầy 1", NIGHT - DAY, 18_300_000),
      file(4, "Quầy 1", NIGHT - 9 * DAY, 17_900_000),
    ];
  }

  async restoreBackup(
    id: string,
    words: string,
    desk: string,
    branch: string,
    person: string,
  ): Promise<Repaired> {
    this.calls.push(`restore:${id}`);
    checkWords(words);
    if (id === "backup-4") throw new Refusal("backupDamaged");
    const back = await this.world.enter({ desk, branch, person, server: null, kitChecked: true });
    return {
      ...back,
      lost: [{ what: "serverLink" }, { what: "entries", author: "Quầy 2 · CN Quận 7", seq: 812 }],
    };
  }
}
