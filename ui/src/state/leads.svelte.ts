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
  /** Text that the form for a new lead begins with. */
  startPhone = $state("");

  private rows = $state<Record<number, LeadRow>>({});
  private asked = new Set<number>();
  private round = 0;

  constructor(
    private readonly backend: Backend,
    private readonly fail: (error: unknown) => void,
  ) {}

  row(index: number): LeadRow | undefined {
    return this.rows[index];
  }

  indexOf(id: string | null): number {
    const found = Object.entries(this.rows).find(([, row]) => row.id === id);
    return found ? Number(found[0]) : -1;
  }

  /** Loads the list anew; keeps the rows on screen until the answer is there. */
  async load(change: Partial<Query> = {}): Promise<void> {
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
    this.query = { ...wholeList };
  }

  /** Makes sure that the rows from `first` to `last` are known. */
  async ensure(first: number, last: number): Promise<void> {
    const round = this.round;
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) {
      if (this.asked.has(page)) continue;
      this.asked.add(page);
      try {
        const got = await this.backend.leads({
          ...$state.snapshot(this.query),
          offset: page * PAGE,
          limit: PAGE,
        });
        if (round !== this.round) return;
        got.rows.forEach((row, i) => (this.rows[page * PAGE + i] = row));
      } catch (error) {
        this.asked.delete(page);
        this.fail(error);
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
  private async refreshCounts(): Promise<void> {
    const page = await this.backend.leads({ ...$state.snapshot(this.query), offset: 0, limit: 1 });
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
    try {
      for (const id of ids) {
        if (this.indexOf(id) < 0 && id !== this.openId) continue;
        this.take(await this.backend.lead(id));
      }
      await this.refreshCounts();
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
    const index = this.indexOf(view.row.id);
    if (index >= 0) this.rows[index] = view.row;
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

  async act(act: LeadAct): Promise<Acted | null> {
    const id = this.openId;
    return id ? this.settle(this.backend.act(id, act)) : null;
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
      else await this.refreshCounts();
      return acted;
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  async usePhone(purpose: RevealPurpose): Promise<RevealedPhone | null> {
    const id = this.openId;
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
  nextId(): string | null {
    const index = this.indexOf(this.openId);
    return this.rows[index + 1]?.id ?? null;
  }
}
