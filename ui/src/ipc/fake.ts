// A whole clinic in memory, for component tests, screenshots and design work. Never in a release.
import { Refusal } from "./backend";
import { BRANCHES, makeInquiries, MORNING, PEOPLE, type Inquiry } from "./fake/clinic";
import {
  checkWords,
  DESK_CALLS,
  FakeDesks,
  KIT_WORDS,
  type DeskCalls,
  type DesksOptions,
} from "./fake/desks";
import { BACKUP_CALLS, FakeBackups, type BackupCalls, type BackupsOptions } from "./fake/backups";
import { search, sorted } from "./fake/find";
import { FakePeople, PEOPLE_CALLS, type PeopleCalls, type PeopleOptions } from "./fake/people";
import { permission } from "./fake/permission";
import { mask, readPhone } from "./fake/phone";
import { fakeQr } from "./fake/qr";
import type {
  Acted,
  AppStatus,
  Backend,
  Chip,
  DeskView,
  Events,
  FoundingForm,
  Happening,
  LeadAct,
  LeadPage,
  LeadQuery,
  LeadRow,
  LeadState,
  LeadView,
  Outcome,
  Kit,
  Phase,
  Progress,
  Query,
  Repaired,
  SavedView,
  Settings,
  SyncView,
} from "./backend";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OFFSET = 7 * HOUR;
const dayOf = (at: number) => Math.floor((at + OFFSET) / DAY);

const AFTER: Record<Outcome, LeadState> = {
  answered: "contacting",
  noAnswer: "contacting",
  wrongNumber: "wrongNumber",
  callback: "callback",
  booked: "booked",
  declined: "declined",
};

export interface FakeOptions extends DesksOptions, PeopleOptions, BackupsOptions {
  phase?: Phase["at"];
  problem?: string;
  leads?: number;
  language?: Settings["language"];
  theme?: Settings["theme"];
  density?: Settings["density"];
  sync?: Partial<SyncView>;
  kitChecked?: boolean;
  server?: string | null;
  searchable?: boolean;
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
export interface FakeBackend extends DeskCalls, PeopleCalls, BackupCalls {}

export class FakeBackend implements Backend {
  readonly calls: string[] = [];
  private readonly heard = new Map<keyof Events, Set<(payload: never) => void>>();
  private readonly all: Inquiry[];
  private readonly before = new Map<string, { id: string; was: Inquiry; other?: string }>();
  private readonly started = Date.now();
  private views: SavedView[];
  private tokens = 0;
  private myDesk: DeskView;
  private mySettings: Settings;
  private mySync: SyncView;
  private phase: Phase["at"];
  /** The clinic's PCs, and what the other side of a conversation does. */
  readonly pcs: FakeDesks;
  /** The clinic's people, and who is here. */
  readonly staff: FakePeople;
  readonly archive: FakeBackups;

  constructor(private readonly options: FakeOptions = {}) {
    this.all = makeInquiries(options.leads ?? 420).slice(0, options.leads ?? 420);
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
    this.views = [
      { name: "Niềng răng, chưa gọi", query: { ...emptyQuery, text: "niềng", chip: "new" } },
      { name: "Quận 7 hẹn hôm nay", query: { ...emptyQuery, chip: "today", branch: "CN Quận 7" } },
    ];
    const world = {
      now: () => this.now(),
      tell: <E extends keyof Events>(event: E, payload: Events[E]) => this.tell(event, payload),
      desk: () => this.myDesk,
      sync: () => this.mySync,
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

  /** A visitor sends the form; with `arrived` 0, somebody at another PC enters a lead. */
  arrive(name = "Lê Thị Ngọc Hà", question = "Cho em hỏi giá trồng răng", arrived = 1): string {
    const first = this.all[0];
    if (!first) throw new Refusal("notReady");
    const id = `f${String(++this.tokens).padStart(31, "0")}`;
    this.all.unshift({
      ...structuredClone(first),
      id,
      name,
      question,
      digits: "0977000111",
      raw: "0977000111",
      receivedAt: this.now(),
      state: "new",
      draft: null,
      timeline: [],
    });
    this.tell("leadsChanged", { ids: [id], arrived });
    if (arrived > 0) this.tell("newLeadArrived", { count: arrived });
    return id;
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

  async leads(asked: LeadQuery): Promise<LeadPage> {
    const query: Query = { ...emptyQuery, ...asked };
    this.calls.push(`leads:${query.text}`);
    const live = this.seen();
    let list = live
      .filter((one) => this.inChip(one, query.chip))
      .filter((one) => !query.branch || one.branch === query.branch)
      .filter((one) => !query.source || one.source === query.source)
      .filter((one) => query.states.length === 0 || query.states.includes(one.state));
    const words = query.text.trim();
    const found = words ? search(list, words) : null;
    list = found ? found.slice(0, 50) : sorted(list, query.sort);
    const number = readPhone(words);
    return {
      rows: list.slice(query.offset, query.offset + query.limit).map((one) => this.row(one)),
      total: list.length,
      more: (found?.length ?? 0) > 50,
      counts: this.counts(live),
      branches: BRANCHES.filter((one) => this.staff.scope.length === 0 || this.staff.scope.includes(one)),
      unknownNumber: found?.length === 0 && number.digits ? number.display : null,
      searchable: this.options.searchable ?? true,
    };
  }

  async lead(id: string): Promise<LeadView> {
    return this.view(this.one(id));
  }

  async act(id: string, act: LeadAct): Promise<Acted> {
    this.calls.push(`act:${act.act}`);
    const one = this.one(id);
    const was = structuredClone(one);
    const now = this.now();
    const state = (to: LeadState) => {
      if (one.state !== to) this.happen(one, { what: "stateChanged", from: one.state, to });
      one.state = to;
    };
    switch (act.act) {
      case "call":
        one.attempts++;
        this.happen(one, { what: "called", outcome: act.outcome });
        state(AFTER[act.outcome]);
        one.nextCallAt = act.nextCallAt ?? (act.outcome === "noAnswer" ? now + 2 * HOUR : null);
        if (one.nextCallAt) this.happen(one, { what: "nextCallSet", at: one.nextCallAt });
        break;
      case "note":
        this.happen(one, { what: "noted", text: act.text });
        one.draft = null;
        break;
      case "setState":
        state(act.state);
        break;
      case "setNextCall":
        one.nextCallAt = act.at;
        this.happen(one, { what: "nextCallSet", at: act.at });
        break;
      case "edit":
        if (act.name !== null && act.name !== one.name) {
          this.happen(one, { what: "nameChanged", from: one.name, to: act.name });
          one.name = act.name;
        }
        if (act.phone !== null && act.phone !== one.raw) {
          const read = readPhone(act.phone);
          this.happen(one, { what: "phoneChanged", from: mask(one.digits), to: mask(read.digits) });
          Object.assign(one, { raw: act.phone, digits: read.digits, warnings: read.warnings });
        }
        if (act.question !== null && act.question !== one.question) {
          this.happen(one, { what: "questionChanged" });
          one.question = act.question;
        }
        break;
      case "setBranch":
        one.branch = act.branch;
        this.happen(one, { what: "branchSet", branch: act.branch });
        break;
      case "assign":
        one.owner = act.to;
        this.happen(one, { what: "assigned", to: act.to });
        break;
      case "linkOrder":
        one.order = act.order;
        this.happen(one, { what: "orderLinked", order: act.order });
        break;
      case "clear":
        one.suspect = false;
        this.happen(one, { what: "cleared" });
        break;
      case "settle":
        one.nameRivals = false;
        one.phoneRivals = [];
        break;
    }
    return this.acted(one, was);
  }

  async addLead(lead: Parameters<Backend["addLead"]>[0]): Promise<Acted> {
    if (!lead.name.trim() && !lead.phone.trim() && !lead.question.trim()) throw new Refusal("emptyLead");
    if (!lead.basisNote.trim()) throw new Refusal("basisNoteMissing");
    const read = readPhone(lead.phone);
    const first = this.all[0];
    if (!first) throw new Refusal("notReady");
    const one: Inquiry = {
      ...structuredClone(first),
      id: `e${String(++this.tokens).padStart(31, "0")}`,
      name: lead.name,
      raw: lead.phone,
      digits: read.digits,
      warnings: read.warnings,
      question: lead.question,
      source: lead.source,
      branch: lead.branch ?? this.myDesk.branch,
      basisNote: lead.basisNote,
      receivedAt: this.now(),
      state: "new",
      timeline: [],
      unsent: true,
    };
    this.happen(one, { what: "created", source: lead.source, basis: lead.basis });
    this.all.unshift(one);
    return { lead: this.view(one), undo: null };
  }

  async undo(token: string): Promise<Acted> {
    this.calls.push("undo");
    const kept = this.before.get(token);
    if (!kept) throw new Refusal("alreadyUndone");
    this.before.delete(token);
    const one = this.one(kept.id);
    Object.assign(one, kept.was);
    if (kept.other) this.one(kept.other).mergedInto = null;
    return { lead: this.view(one), undo: null };
  }

  async mergeLeads(into: string, other: string): Promise<Acted> {
    const one = this.one(into);
    const gone = this.one(other);
    if (one.id === gone.id || gone.mergedInto) throw new Refusal("cannotMerge");
    const was = structuredClone(one);
    gone.mergedInto = one.id;
    this.happen(one, { what: "merged", other: gone.id });
    return this.acted(one, was, gone.id);
  }

  async unmergeLead(id: string): Promise<Acted> {
    const one = this.one(id);
    const into = this.one(one.mergedInto ?? id);
    one.mergedInto = null;
    this.happen(into, { what: "unmerged", other: id });
    return { lead: this.view(into), undo: null };
  }

  async usePhone(id: string, purpose: Parameters<Backend["usePhone"]>[1]) {
    this.calls.push(`phone:${purpose}`);
    const one = this.one(id);
    if (!one.digits && purpose !== "show") throw new Refusal("phoneUnreadable");
    this.happen(one, { what: "revealed", purpose });
    const read = readPhone(one.raw);
    return { display: read.display, e164: one.digits ? `+84${one.digits.slice(1)}` : "", raw: one.raw };
  }

  async checkPhone(text: string, except: string | null) {
    this.calls.push(`checkPhone:${text}`);
    const read = readPhone(text);
    const known = read.digits
      ? this.all.filter((one) => one.digits === read.digits && one.id !== except)
      : [];
    return {
      display: read.display,
      kind: read.kind,
      warnings: read.warnings,
      second: null,
      known: known.map((one) => this.row(one)),
    };
  }

  async saveDraft(id: string, text: string): Promise<void> {
    this.calls.push(`draft:${text}`);
    this.one(id).draft = text || null;
  }

  async today() {
    const live = this.seen().filter((one) => !one.suspect);
    const fresh = live.filter((one) => one.state === "new");
    const counts = this.counts(live);
    return {
      new: fresh.length,
      dueToday: counts.today,
      overdue: counts.overdue,
      oldestUncalledAt: fresh.length ? Math.min(...fresh.map((one) => one.receivedAt)) : null,
    };
  }

  async savedViews(): Promise<SavedView[]> {
    return [...this.views];
  }

  async saveView(view: SavedView): Promise<void> {
    this.views = [...this.views.filter((one) => one.name !== view.name), view];
  }

  async deleteView(name: string): Promise<void> {
    this.views = this.views.filter((one) => one.name !== name);
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
      case "keychain":
        return { at: "keychain", problem: (this.options.problem ?? "missing") as "missing" };
      case "database":
        return { at: "database", problem: (this.options.problem ?? "damaged") as "damaged" };
      default:
        return { at: this.phase };
    }
  }

  /** What the person here may see. */
  private seen(): Inquiry[] {
    const { scope } = this.staff;
    const mine = (one: Inquiry) => scope.length === 0 || (one.branch !== null && scope.includes(one.branch));
    return this.all.filter((one) => !one.mergedInto && mine(one));
  }

  private one(id: string): Inquiry {
    const one = this.all.find((each) => each.id === id);
    if (!one) throw new Refusal("notFound");
    return one;
  }

  private happen(one: Inquiry, happening: Happening): void {
    const at = this.now();
    const key = `${one.id}:${++this.tokens}x`;
    one.timeline.unshift({
      key,
      at,
      by: this.myDesk.person,
      desk: `${this.myDesk.desk} · ${this.myDesk.branch}`,
      happening,
      undone: false,
    });
    one.unsent = this.mySync.state !== "synced";
  }

  private acted(one: Inquiry, was: Inquiry, other?: string): Acted {
    const undo = `u${++this.tokens}`;
    this.before.set(undo, { id: one.id, was, ...(other ? { other } : {}) });
    return { lead: this.view(one), undo };
  }

  private inChip(one: Inquiry, chip: Chip): boolean {
    const now = this.now();
    if (chip === "suspect") return one.suspect;
    if (one.suspect) return false;
    switch (chip) {
      case "all":
        return true;
      case "new":
        return one.state === "new";
      case "today":
        return one.nextCallAt !== null && dayOf(one.nextCallAt) <= dayOf(now);
      case "overdue":
        return one.nextCallAt !== null && one.nextCallAt < now;
      case "mine":
        return one.owner === this.myDesk.person;
      case "open":
        return ["new", "contacting", "callback", "booked"].includes(one.state);
    }
  }

  private counts(live: Inquiry[]) {
    const count = (chip: Chip) => live.filter((one) => this.inChip(one, chip)).length;
    return {
      all: count("all"),
      new: count("new"),
      today: count("today"),
      overdue: count("overdue"),
      mine: count("mine"),
      open: count("open"),
      suspect: count("suspect"),
    };
  }

  private row(one: Inquiry): LeadRow {
    const same = one.digits ? this.all.filter((each) => each.digits === one.digits && !each.mergedInto) : [];
    return {
      id: one.id,
      name: one.name,
      phone: { masked: mask(one.digits || one.raw), kind: readPhone(one.raw).kind, warnings: one.warnings },
      question: one.question.replace(/\s+/g, " ").slice(0, 160),
      source: one.source,
      branch: one.branch,
      state: one.state,
      receivedAt: one.receivedAt,
      nextCallAt: one.nextCallAt,
      owner: one.owner,
      attempts: one.attempts,
      siblings: Math.max(0, same.length - 1),
      merged: this.all.filter((each) => each.mergedInto === one.id).length,
      conflict: one.nameRivals || one.phoneRivals.length > 0,
      suspect: one.suspect,
      sync: one.unsent
        ? this.mySync.nearby.length > 0
          ? { where: "elsewhere", at: this.now() }
          : { where: "onlyHere" }
        : { where: "onServer", at: one.receivedAt + 5_000 },
    };
  }

  private view(one: Inquiry): LeadView {
    const same = this.all.filter((each) => one.digits && each.digits === one.digits && each.id !== one.id);
    const rival = (value: string, by: string, ago: number) => ({
      value,
      by,
      at: this.now() - ago,
      key: `r${value}`,
    });
    return {
      row: this.row(one),
      question: one.question,
      basis: "consent",
      basisNote: one.basisNote,
      promo: one.source === "web" ? { call: false, sms: false, zalo: one.promo, email: false } : null,
      noticeVersion: one.source === "web" ? "2026-01" : null,
      page: one.source === "web" ? "https://nucuoiviet.example/nieng-rang" : null,
      permission: permission(one),
      timeline: one.timeline.map((item) => ({ ...item })),
      siblings: same.filter((each) => !each.mergedInto).map((each) => this.row(each)),
      merged: this.all.filter((each) => each.mergedInto === one.id).map((each) => this.row(each)),
      nameRivals: one.nameRivals
        ? [
            rival(one.name, "Trần Thị Mai · Quầy 1", 3 * HOUR),
            rival(`${one.name} (Bích)`, "Lê Ngọc Ánh · Quầy 2", 3 * HOUR - 90_000),
          ]
        : [],
      phoneRivals: [],
      order: one.order,
      draft: one.draft,
    };
  }
}

export const emptyQuery: Query = {
  text: "",
  chip: "all",
  states: [],
  branch: null,
  source: null,
  sort: "work",
  offset: 0,
  limit: 200,
};
