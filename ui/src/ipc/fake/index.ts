// A whole clinic in memory, for component tests, screenshots and design work. Never in a release.
import { Refusal } from "../backend";
import { BRANCHES, MORNING, PEOPLE } from "./clinic";
import { checkWords, DESK_CALLS, FakeDesks, KIT_WORDS, type DeskCalls, type DesksOptions } from "./desks";
import { BACKUP_CALLS, FakeBackups, type BackupCalls, type BackupsOptions } from "./backups";
import { FakeLeads, LEAD_CALLS, type LeadCalls, type LeadsOptions } from "./leads";
import { FakePeople, PEOPLE_CALLS, type PeopleCalls, type PeopleOptions } from "./people";
import { fakeQr } from "./qr";
import type {
  AppStatus,
  Backend,
  CutOff,
  DeskView,
  Events,
  FoundingForm,
  Kit,
  Phase,
  Progress,
  Repaired,
  Settings,
  SyncView,
} from "../backend";

export interface FakeOptions extends LeadsOptions, DesksOptions, PeopleOptions, BackupsOptions {
  phase?: Phase["at"];
  problem?: string;
  language?: Settings["language"];
  theme?: Settings["theme"];
  density?: Settings["density"];
  sync?: Partial<SyncView>;
  kitChecked?: boolean;
  server?: string | null;
  /** When and by whom this PC was cut off, where it was. */
  cutOff?: CutOff;
  /** A clock that stands still, for pictures and tests. */
  frozen?: boolean;
}

/** Lets a part of the clinic answer these calls in the whole's name. */
function hand<K extends keyof Backend>(
  to: Pick<Backend, K>,
  part: Pick<Backend, K>,
  calls: readonly K[],
): void {
  for (const call of calls) {
    const answer: unknown = part[call];
    if (typeof answer === "function") to[call] = answer.bind(part) as Backend[K];
  }
}

/** Answered by parts of their own; see the constructor. */
export interface FakeBackend extends LeadCalls, DeskCalls, PeopleCalls, BackupCalls {}

export class FakeBackend implements Backend {
  readonly calls: string[] = [];
  private readonly heard = new Map<keyof Events, Set<(payload: never) => void>>();
  private readonly started = Date.now();
  private myDesk: DeskView;
  private mySettings: Settings;
  private mySync: SyncView;
  private phase: Phase["at"];
  /** The clinic's PCs, and what the other side of a conversation does. */
  readonly pcs: FakeDesks;
  /** The clinic's people, and who is here. */
  readonly staff: FakePeople;
  readonly archive: FakeBackups;
  readonly inquiries: FakeLeads;

  constructor(private readonly options: FakeOptions = {}) {
    this.phase = options.phase ?? "ready";
    this.myDesk = {
      clinic: "Nha khoa Nụ Cười Việt",
      clinicId: "5f1d9a60c3b24e0f8a77d2b1946c0e35",
      branch: "CN Quận 1",
      desk: "Quầy 1",
      author: "a81c44d07be9420f93f1c67d5580e2b9",
      person: PEOPLE[0] ?? "",
      server: options.server === undefined ? "https://form.nucuoiviet.example" : options.server,
      kitChecked: options.kitChecked ?? true,
      branches: BRANCHES,
    };
    this.mySettings = {
      language: options.language ?? "vi",
      theme: options.theme ?? "light",
      density: options.density ?? "cosy",
      notify: true,
      sound: true,
      autostart: true,
      closeToTray: true,
      autolockMinutes: 10,
      lan: true,
    };
    this.mySync = {
      state: "synced",
      unsent: 0,
      oldestUnsentAt: null,
      syncedAt: MORNING,
      clockOffset: 0,
      alarms: [],
      nearby: [],
      first: null,
      ...options.sync,
    };
    const world = {
      now: () => this.now(),
      tell: <E extends keyof Events>(event: E, payload: Events[E]) => this.tell(event, payload),
      desk: () => this.myDesk,
      sync: () => this.mySync,
      scope: () => this.staff.scope,
      called: (what: string) => void this.calls.push(what),
      sit: (person: string) => void (this.myDesk = { ...this.myDesk, person }),
      turn: (phase: Phase["at"]) => {
        this.phase = phase;
        return this.status();
      },
      enter: async (desk: Partial<DeskView>, first: Progress | null = null): Promise<Repaired> => {
        this.myDesk = { ...this.myDesk, ...desk };
        this.mySync = { ...this.mySync, first };
        return { status: await world.turn("ready"), lost: [] };
      },
    };
    this.pcs = new FakeDesks(world, options);
    this.staff = new FakePeople(world, options);
    this.archive = new FakeBackups(world, options);
    this.inquiries = new FakeLeads(world, options);
    hand(this, this.inquiries, LEAD_CALLS);
    hand(this, this.pcs, DESK_CALLS);
    hand(this, this.staff, PEOPLE_CALLS);
    hand(this, this.archive, BACKUP_CALLS);
  }

  now(): number {
    return this.options.frozen ? MORNING : MORNING + Date.now() - this.started;
  }

  on<E extends keyof Events>(event: E, heard: (payload: Events[E]) => void): () => void {
    const set = this.heard.get(event) ?? new Set();
    set.add(heard as (payload: never) => void);
    this.heard.set(event, set);
    return () => set.delete(heard as (payload: never) => void);
  }

  /** Tells the window something, as the shell would. */
  tell<E extends keyof Events>(event: E, payload: Events[E]): void {
    for (const heard of this.heard.get(event) ?? []) (heard as (p: Events[E]) => void)(payload);
  }

  arrive(...who: Parameters<FakeLeads["arrive"]>): string {
    return this.inquiries.arrive(...who);
  }

  async status(): Promise<AppStatus> {
    return { version: "0.1.0", phase: this.phaseNow(), turn: 0 };
  }

  async retryStart(): Promise<AppStatus> {
    return this.status();
  }

  async repairData(): Promise<Repaired> {
    this.phase = "ready";
    return {
      status: await this.status(),
      lost: [{ what: "drafts" }, { what: "entries", author: "Quầy 2 · CN Quận 7", seq: 812 }],
    };
  }

  async foundClinic(form: FoundingForm): Promise<Kit> {
    Object.assign(this.myDesk, form, { kitChecked: false, server: null });
    return this.renewKit();
  }

  async renewKit(): Promise<Kit> {
    return { words: KIT_WORDS, qrSvg: fakeQr(), ask: [3, 9, 17] };
  }

  async checkKit(answers: string[]): Promise<DeskView> {
    const right = [3, 9, 17].every((n, i) => answers[i]?.trim().toLowerCase() === KIT_WORDS[n - 1]);
    if (!right) throw new Refusal("kitAnswersWrong");
    this.myDesk = { ...this.myDesk, kitChecked: true };
    return this.myDesk;
  }

  async claimServer(url: string, code: string): Promise<DeskView> {
    if (!/^https?:\/\/[^\s/]+/.test(url)) throw new Refusal("badAddress");
    if (url.startsWith("http://") && !url.includes("127.0.0.1")) throw new Refusal("insecureAddress");
    if (!/^[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}$/i.test(code.trim())) throw new Refusal("wrongSetupCode");
    this.myDesk = { ...this.myDesk, server: url };
    this.mySync = { ...this.mySync, state: "synced", syncedAt: this.now() };
    this.tell("syncChanged", this.mySync);
    return this.myDesk;
  }

  async recoverWithWords(words: string): Promise<Repaired> {
    checkWords(words);
    this.phase = "ready";
    return { status: await this.status(), lost: [{ what: "drafts" }] };
  }

  async desk(): Promise<DeskView> {
    return this.myDesk;
  }

  async setPerson(name: string): Promise<DeskView> {
    this.myDesk = { ...this.myDesk, person: name };
    return this.myDesk;
  }

  async syncStatus(): Promise<SyncView> {
    return this.mySync;
  }

  async syncNow(): Promise<void> {
    this.tell("syncChanged", this.mySync);
  }

  async settings(): Promise<Settings> {
    return this.mySettings;
  }

  async setSettings(settings: Settings): Promise<Settings> {
    this.mySettings = settings;
    return settings;
  }

  async userActive(): Promise<void> {}

  private phaseNow(): Phase {
    switch (this.phase) {
      case "ready":
      case "kitUnchecked":
      case "signedOut":
        return { at: this.phase, desk: this.myDesk };
      case "removed":
        return { at: "removed", cut_off: this.options.cutOff ?? null };
      case "keychain":
        return { at: "keychain", problem: (this.options.problem ?? "missing") as "missing" };
      case "database":
        return { at: "database", problem: (this.options.problem ?? "damaged") as "damaged" };
      default:
        return { at: this.phase };
    }
  }
}
