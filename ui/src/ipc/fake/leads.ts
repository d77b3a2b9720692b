// The inquiries of the invented clinic: listing, changing, undoing, merging, their numbers.
import { Refusal } from "../backend";
import type {
  Acted,
  Backend,
  Chip,
  DeskView,
  Events,
  Happening,
  LeadAct,
  LeadPage,
  LeadQuery,
  LeadRow,
  LeadState,
  LeadView,
  Outcome,
  Query,
  SavedView,
  SyncView,
} from "../backend";
import { BRANCHES, makeInquiries, type Inquiry } from "./clinic";
import { search, sorted } from "./find";
import { permission } from "./permission";
import { mask, readPhone } from "./phone";

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

export interface LeadsOptions {
  leads?: number;
  searchable?: boolean;
}

/** What this part needs of the rest of the clinic. */
export interface LeadsWorld {
  now(): number;
  tell<E extends keyof Events>(event: E, payload: Events[E]): void;
  desk(): DeskView;
  sync(): SyncView;
  /** The branches that the person here is kept to; none: all. */
  scope(): readonly string[];
  /** Notes what was asked, for tests. */
  called(what: string): void;
}

export const LEAD_CALLS = [
  "leads",
  "lead",
  "act",
  "addLead",
  "undo",
  "mergeLeads",
  "unmergeLead",
  "usePhone",
  "checkPhone",
  "saveDraft",
  "today",
  "savedViews",
  "saveView",
  "deleteView",
] as const satisfies readonly (keyof Backend)[];
export type LeadCalls = Pick<Backend, (typeof LEAD_CALLS)[number]>;

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

export class FakeLeads implements LeadCalls {
  private readonly all: Inquiry[];
  private readonly before = new Map<string, { id: string; was: Inquiry; other?: string }>();
  private views: SavedView[] = [
    { name: "Niềng răng, chưa gọi", query: { ...emptyQuery, text: "niềng", chip: "new" } },
    { name: "Quận 7 hẹn hôm nay", query: { ...emptyQuery, chip: "today", branch: "CN Quận 7" } },
  ];
  private tokens = 0;

  constructor(
    private readonly world: LeadsWorld,
    private readonly options: LeadsOptions,
  ) {
    this.all = makeInquiries(options.leads ?? 420).slice(0, options.leads ?? 420);
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
      receivedAt: this.world.now(),
      state: "new",
      draft: null,
      timeline: [],
    });
    this.world.tell("leadsChanged", { ids: [id], arrived });
    if (arrived > 0) this.world.tell("newLeadArrived", { count: arrived });
    return id;
  }

  async leads(asked: LeadQuery): Promise<LeadPage> {
    const query: Query = { ...emptyQuery, ...asked };
    this.world.called(`leads:${query.text}`);
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
      branches: BRANCHES.filter((one) => this.world.scope().length === 0 || this.world.scope().includes(one)),
      unknownNumber: found?.length === 0 && number.digits ? number.display : null,
      searchable: this.options.searchable ?? true,
    };
  }

  async lead(id: string): Promise<LeadView> {
    return this.view(this.one(id));
  }

  async act(id: string, act: LeadAct): Promise<Acted> {
    this.world.called(`act:${act.act}`);
    const one = this.one(id);
    const was = structuredClone(one);
    const now = this.world.now();
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
      branch: lead.branch ?? this.world.desk().branch,
      basisNote: lead.basisNote,
      receivedAt: this.world.now(),
      state: "new",
      timeline: [],
      unsent: true,
    };
    this.happen(one, { what: "created", source: lead.source, basis: lead.basis });
    this.all.unshift(one);
    return { lead: this.view(one), undo: null };
  }

  async undo(token: string): Promise<Acted> {
    this.world.called("undo");
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
    this.world.called(`phone:${purpose}`);
    const one = this.one(id);
    if (!one.digits && purpose !== "show") throw new Refusal("phoneUnreadable");
    this.happen(one, { what: "revealed", purpose });
    const read = readPhone(one.raw);
    return { display: read.display, e164: one.digits ? `+84${one.digits.slice(1)}` : "", raw: one.raw };
  }

  async checkPhone(text: string, except: string | null) {
    this.world.called(`checkPhone:${text}`);
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
    this.world.called(`draft:${text}`);
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

  /** What the person here may see. */
  private seen(): Inquiry[] {
    const scope = this.world.scope();
    const mine = (one: Inquiry) => scope.length === 0 || (one.branch !== null && scope.includes(one.branch));
    return this.all.filter((one) => !one.mergedInto && mine(one));
  }

  private one(id: string): Inquiry {
    const one = this.all.find((each) => each.id === id);
    if (!one) throw new Refusal("notFound");
    return one;
  }

  private happen(one: Inquiry, happening: Happening): void {
    const at = this.world.now();
    const key = `${one.id}:${++this.tokens}x`;
    one.timeline.unshift({
      key,
      at,
      by: this.world.desk().person,
      desk: `${this.world.desk().desk} · ${this.world.desk().branch}`,
      happening,
      undone: false,
    });
    one.unsent = this.world.sync().state !== "synced";
  }

  private acted(one: Inquiry, was: Inquiry, other?: string): Acted {
    const undo = `u${++this.tokens}`;
    this.before.set(undo, { id: one.id, was, ...(other ? { other } : {}) });
    return { lead: this.view(one), undo };
  }

  private inChip(one: Inquiry, chip: Chip): boolean {
    const now = this.world.now();
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
        return one.owner === this.world.desk().person;
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
        ? this.world.sync().nearby.length > 0
          ? { where: "elsewhere", at: this.world.now() }
          : { where: "onlyHere" }
        : { where: "onServer", at: one.receivedAt + 5_000 },
    };
  }

  private view(one: Inquiry): LeadView {
    const same = this.all.filter((each) => one.digits && each.digits === one.digits && each.id !== one.id);
    const rival = (value: string, by: string, ago: number) => ({
      value,
      by,
      at: this.world.now() - ago,
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
