// The list and the open record: what is asked of the backend, and what it said last.
import type {
  Acted,
  Backend,
  ChipCounts,
  LeadAct,
  LeadRow,
  LeadView,
  NewLead,
  Query,
  RevealedPhone,
  RevealPurpose,
  SavedView,
  Today,
} from "../ipc/backend";
import { Drafts } from "./drafts";

export const PAGE = 100;

/** What stands beside the list. */
export type Beside = "nothing" | "record" | "new" | "edit" | "compare";

export const wholeList: Query = {
  text: "",
  chip: "all",
  states: [],
  branch: null,
  source: null,
  sort: "work",
  offset: 0,
  limit: PAGE,
};

/** Corrections begun on a record. */
export interface Correction {
  name: string;
  phone: string;
  question: string;
}

export class Leads {
  query = $state<Query>({ ...wholeList });
  total = $state(0);
  more = $state(false);
  counts = $state<ChipCounts>({ all: 0, new: 0, today: 0, overdue: 0, mine: 0, open: 0, suspect: 0 });
  branches = $state<string[]>([]);
  unknownNumber = $state<string | null>(null);
  searchable = $state(true);
  today = $state<Today | null>(null);
  views = $state<SavedView[]>([]);
  loaded = $state(false);

  active = $state(0);
  /** Goes up with every fresh list. */
  revision = $state(0);
  openId = $state<string | null>(null);
  record = $state<LeadView | null>(null);
  revealed = $state<RevealedPhone | null>(null);
  compareId = $state<string | null>(null);
  beside = $state<Beside>("nothing");
  /** The choice of the next call is open. */
  pickNext = $state(false);
  /** A form begun and left, until it is saved or thrown away. */
  begun = $state<NewLead | null>(null);
  /** Corrections begun and left, by record, until they are saved or thrown away. */
  readonly corrections = new Map<string, Correction>();
  /** Text that the form for a new lead begins with. */
  startPhone = $state("");

  private rows = $state<Record<number, LeadRow>>({});
  private asked = new Set<number>();
  private round = 0;
  private latest: Promise<void> = Promise.resolve();
  /** Acts under way, and the last of them: they reach the vault in the order of the keys. */
  private readonly acting = new Set<string>();
  private line: Promise<unknown> = Promise.resolve();
  readonly drafts: Drafts;

  constructor(
    private readonly backend: Backend,
    private readonly fail: (error: unknown) => void,
  ) {
    this.drafts = new Drafts(backend, fail);
  }

  row(index: number): LeadRow | undefined {
    return this.rows[index];
  }

  indexOf(id: string | null): number {
    const places = this.placesOf(id);
    return places.find((index) => this.asked.has(Math.floor(index / PAGE))) ?? places[0] ?? -1;
  }

  /** Where a row is shown: after a refresh an outdated page may hold it once more. */
  private placesOf(id: string | null): number[] {
    return Object.entries(this.rows)
      .filter(([, row]) => row.id === id)
      .map(([index]) => Number(index));
  }

  /** Settles when the latest question to the list is answered. */
  answered(): Promise<void> {
    return this.latest;
  }

  /** Loads the list anew; keeps the rows on screen until the answer is there. */
  load(change: Partial<Query> = {}): Promise<void> {
    this.latest = this.ask(change);
    return this.latest;
  }

  private async ask(change: Partial<Query>): Promise<void> {
    const round = ++this.round;
    this.query = { ...this.query, ...change, offset: 0 };
    const keep = Object.keys(change).length === 0 ? Math.floor(this.active / PAGE) * PAGE : 0;
    const activeId = this.rows[this.active]?.id ?? null;
    try {
      const page = await this.backend.leads({ ...$state.snapshot(this.query), offset: keep, limit: PAGE });
      if (round !== this.round) return; // a later question overtook this one
      this.asked = new Set([keep / PAGE]);
      const fresh = Object.fromEntries(page.rows.map((row, i) => [keep + i, row]));
      // a mere refresh keeps the other rows on screen until they are asked for again
      this.rows = Object.keys(change).length > 0 ? fresh : { ...this.rows, ...fresh };
      this.revision++;
      this.total = page.total;
      this.more = page.more;
      this.counts = page.counts;
      this.branches = page.branches;
      this.unknownNumber = page.unknownNumber;
      this.searchable = page.searchable;
      this.loaded = true;
      const again = this.indexOf(activeId);
      this.active =
        Object.keys(change).length > 0
          ? 0
          : again >= 0
            ? again
            : Math.min(this.active, Math.max(0, page.total - 1));
    } catch (error) {
      if (round === this.round) this.fail(error);
    }
  }

  /** Forgets every row. */
  clear(): void {
    this.round++;
    this.rows = {};
    this.asked.clear();
    this.total = 0;
    this.active = 0;
    this.today = null;
    this.views = [];
    this.loaded = false;
    this.begun = null;
    this.corrections.clear();
    this.drafts.clear();
    this.query = { ...wholeList };
  }

  /** Makes sure that the rows from `first` to `last` are known. */
  async ensure(first: number, last: number): Promise<void> {
    const { round, asked } = this;
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) {
      if (asked.has(page)) continue;
      asked.add(page);
      try {
        const got = await this.backend.leads({
          ...$state.snapshot(this.query),
          offset: page * PAGE,
          limit: PAGE,
        });
        if (round !== this.round) {
          asked.delete(page); // dropped, so it is to be asked for again
          return;
        }
        got.rows.forEach((row, i) => (this.rows[page * PAGE + i] = row));
      } catch (error) {
        asked.delete(page);
        if (round === this.round) this.fail(error);
      }
    }
  }

  async refreshToday(): Promise<void> {
    try {
      this.today = await this.backend.today();
    } catch (error) {
      this.fail(error);
    }
  }

  async refreshViews(): Promise<void> {
    try {
      this.views = await this.backend.savedViews();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Sizes of the lists, without disturbing the order under the reader's eye. */
  async refreshCounts(): Promise<void> {
    const round = this.round;
    const page = await this.backend.leads({ ...$state.snapshot(this.query), offset: 0, limit: 1 });
    if (round !== this.round) return;
    this.counts = page.counts;
    await this.refreshToday();
  }

  /** Something changed here or elsewhere. */
  async changed(ids: string[], arrived: number): Promise<void> {
    if (arrived > 0 || ids.length === 0 || ids.length > 8) {
      await Promise.all([this.load(), this.refreshToday()]);
      if (this.openId && (ids.length === 0 || ids.includes(this.openId))) await this.reread();
      return;
    }
    // what is in no row may have been entered at another PC
    const beyond = ids.some((id) => this.indexOf(id) < 0 && id !== this.openId);
    try {
      for (const id of ids) {
        if (this.indexOf(id) < 0 && id !== this.openId) continue;
        this.take(await this.backend.lead(id));
      }
      await (beyond ? Promise.all([this.load(), this.refreshToday()]) : this.refreshCounts());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Others have more of what was made here: marks that fall short of the server may have moved. */
  async sent(): Promise<void> {
    const marked = Object.values(this.rows).filter((row) => row.sync.where !== "onServer");
    try {
      for (const { id } of marked) this.take(await this.backend.lead(id));
    } catch (error) {
      this.fail(error);
    }
  }

  private async reread(): Promise<void> {
    if (!this.openId) return;
    try {
      this.take(await this.backend.lead(this.openId));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Puts a record's new values wherever they are shown. */
  private take(view: LeadView): void {
    for (const index of this.placesOf(view.row.id)) this.rows[index] = view.row;
    if (this.openId === view.row.id) this.record = view;
  }

  async open(id: string): Promise<void> {
    if (this.openId !== id) {
      this.revealed = null;
      this.pickNext = false;
    }
    this.openId = id;
    const index = this.indexOf(id);
    if (index >= 0) this.active = index;
    try {
      const view = await this.backend.lead(id);
      if (this.openId !== id) return;
      this.record = view;
      if (this.beside !== "record") this.beside = "record";
    } catch (error) {
      // the record that is still on screen is the open one
      if (this.openId === id) this.openId = this.record?.row.id ?? null;
      this.fail(error);
    }
  }

  close(): void {
    this.openId = null;
    this.record = null;
    this.revealed = null;
    this.compareId = null;
    this.pickNext = false;
    this.beside = "nothing";
  }

  startNew(phone = ""): void {
    this.close();
    this.startPhone = phone;
    this.beside = "new";
  }

  /** Acts on the record that is on screen, which may not be the one that is being opened. */
  async act(act: LeadAct): Promise<Acted | null> {
    const id = this.record?.row.id;
    return id ? this.actOn(id, act) : null;
  }

  /** Acts on one record; the same act while it is under way is a slip of the hand. */
  async actOn(id: string, act: LeadAct): Promise<Acted | null> {
    const same = id + JSON.stringify(act);
    if (this.acting.has(same)) return null;
    this.acting.add(same);
    const acted = this.line.then(() => this.settle(this.backend.act(id, act)));
    this.line = acted;
    try {
      return await acted;
    } finally {
      this.acting.delete(same);
    }
  }

  async add(lead: NewLead): Promise<Acted> {
    const acted = await this.backend.addLead(lead);
    this.openId = acted.lead.row.id;
    this.record = acted.lead;
    this.revealed = null;
    this.beside = "record";
    await Promise.all([this.load(), this.refreshToday()]);
    return acted;
  }

  merge(into: string, other: string): Promise<Acted | null> {
    return this.settle(this.backend.mergeLeads(into, other), true);
  }

  unmerge(id: string): Promise<Acted | null> {
    return this.settle(this.backend.unmergeLead(id), true);
  }

  takeBack(back: () => Promise<Acted>): Promise<Acted | null> {
    return this.settle(back(), true);
  }

  /** Waits for an act and shows its result; `reorder` when rows come or go. */
  private async settle(acting: Promise<Acted>, reorder = false): Promise<Acted | null> {
    try {
      const acted = await acting;
      this.take(acted.lead);
      if (reorder) await Promise.all([this.load(), this.refreshToday()]);
      else void this.refreshCounts().catch((error: unknown) => this.fail(error));
      return acted;
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  async usePhone(purpose: RevealPurpose): Promise<RevealedPhone | null> {
    const id = this.record?.row.id;
    if (!id) return null;
    try {
      const phone = await this.backend.usePhone(id, purpose);
      if (this.openId === id && purpose !== "print") this.revealed = phone;
      await this.reread();
      return phone;
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  /** The row after the open one, asked for before an act may reorder the list. */
  async nextId(): Promise<string | null> {
    const next = this.indexOf(this.openId) + 1;
    if (next < this.total && !this.rows[next]) await this.ensure(next, next + 1);
    return this.rows[next]?.id ?? null;
  }
}
