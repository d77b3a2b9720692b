// What the whole window knows: phase, desk, settings, exchange, and who is told what.
import { getContext, setContext } from "svelte";
import { i18n } from "../i18n/index.svelte";
import {
  Refusal,
  type Acted,
  type AppStatus,
  type Backend,
  type BackupView,
  type Code,
  type DeskView,
  type Kit,
  type Lost,
  type LeadAct,
  type Phase,
  type Power,
  type RevealedPhone,
  type SessionView,
  type Settings,
  type SyncView,
} from "../ipc/backend";
import { Desks } from "./desks.svelte";
import { Leads } from "./leads.svelte";
import { Staff } from "./staff.svelte";
import { Undo } from "./undo.svelte";

export type Pane = "leads" | "settings";
export type Overlay = "none" | "palette" | "shortcuts" | "pin";
/** Parts of the settings; each shows only to those who have the power for it. */
export type Section = "machine" | "desks" | "people" | "backups" | "server" | "about";

const KEY = Symbol("app");

export const provideApp = (app: App): App => setContext(KEY, app);
export const useApp = (): App => getContext<App>(KEY);

/** When entries last went to a PC nearby; 0 if never. */
const latestMeeting = (sync: SyncView | null): number =>
  Math.max(0, ...(sync?.nearby ?? []).map((near) => near.syncedAt ?? 0));

/** Refused only because the data were being closed. */
const closing = (code: Code) => code === "locked" || code === "notReady";

export class App {
  version = $state("");
  phase = $state<Phase>({ at: "starting" });
  desk = $state<DeskView | null>(null);
  settings = $state<Settings | null>(null);
  sync = $state<SyncView | null>(null);
  pane = $state<Pane>("leads");
  section = $state<Section>("machine");
  overlay = $state<Overlay>("none");
  failure = $state<{ code: Code; detail: string | null } | null>(null);
  /** The founding wizard keeps the window until it is done, whatever the phase. */
  founding = $state(false);
  kit = $state<Kit | null>(null);
  kitPostponed = $state(false);
  /** How backups stand, for those who may manage them. */
  backup = $state<BackupView | null>(null);
  backupPostponed = $state(false);
  /** What a repair or the words could not bring back; `null` when there was none, or it was read. */
  lost = $state<{ after: "repair" | "words"; what: Lost[] } | null>(null);
  now = $state(0);
  announcement = $state("");
  /** Whose number is on the sheet that is being printed; gone right after. */
  printed = $state<{ id: string; phone: RevealedPhone } | null>(null);
  /** Goes up when the search should take the focus. */
  searchCalls = $state(0);

  /** A memory stick is being written or read. */
  stick = $state<"out" | "in" | null>(null);
  /** How many entries are only here while somebody wants to leave. */
  leaving = $state<number | null>(null);

  readonly leads: Leads;
  readonly staff: Staff;
  readonly desks: Desks;
  readonly undo = new Undo();
  private stops: (() => void)[] = [];
  private lastActive = 0;
  private lastTurn = -1;

  constructor(readonly backend: Backend) {
    this.now = backend.now();
    this.leads = new Leads(backend, (error) => this.fail(error));
    this.staff = new Staff(backend, (error) => this.fail(error));
    this.desks = new Desks(backend, (error) => this.fail(error));
  }

  /** Begins to listen and asks where things stand. */
  async start(): Promise<void> {
    const { backend } = this;
    this.stops = [
      backend.on("phaseChanged", (status) => void this.take(status)),
      backend.on("syncChanged", (sync) => this.heardSync(sync)),
      backend.on("leadsChanged", ({ ids, arrived }) => void this.heardChange(ids, arrived)),
      backend.on("focusSearch", () => this.working && this.toSearch()),
      backend.on("leaveAsked", ({ unsent }) => (this.leaving = unsent)),
      backend.on("peopleChanged", () => void this.heardPeople()),
      backend.on("backupsChanged", () => void this.refreshBackup()),
      backend.on("desksChanged", () => void (this.working && this.desks.load())),
      ...this.desks.listen(),
    ];
    const dusk = window.matchMedia?.("(prefers-color-scheme: dark)");
    const retheme = () => this.settings && this.apply(this.settings);
    dusk?.addEventListener("change", retheme);
    this.stops.push(() => dusk?.removeEventListener("change", retheme));
    const tick = setInterval(() => this.tick(), 20_000);
    this.stops.push(() => clearInterval(tick));
    const seen = () => document.hidden || this.tick();
    document.addEventListener("visibilitychange", seen);
    this.stops.push(() => document.removeEventListener("visibilitychange", seen));
    try {
      this.apply(await backend.settings());
      await this.take(await backend.status());
    } catch (error) {
      this.fail(error);
    }
  }

  stop(): void {
    for (const stop of this.stops) stop();
    this.undo.dismiss();
  }

  /** The present by the clock that the clinic's entries are dated with. */
  clinicNow(): number {
    return this.backend.now() + (this.sync?.clockOffset ?? 0);
  }

  /** Time passes: a call falls due, a day ends, without anything having changed. */
  private tick(): void {
    const before = this.now;
    this.now = this.backend.now();
    if (!this.working || Math.floor(before / 60_000) === Math.floor(this.now / 60_000)) return;
    void this.leads.refreshCounts().catch((error: unknown) => this.fail(error));
  }

  private heardSync(sync: SyncView): void {
    const before = this.sync?.unsent ?? 0;
    const met = latestMeeting(this.sync);
    const delivering = !!this.sync?.first;
    this.sync = sync;
    if (this.working && (sync.unsent < before || latestMeeting(sync) > met)) void this.leads.sent();
    // the first delivery is over: counts and list now stand for everything
    if (this.working && delivering && !sync.first) void this.heardChange([], 0);
  }

  private async heardChange(ids: string[], arrived: number): Promise<void> {
    if (!this.working) return;
    await this.leads.changed(ids, arrived);
    if (arrived > 0) this.announce(i18n.t.leads.arrived(arrived));
  }

  private async heardPeople(): Promise<void> {
    if (this.phase.at === "signedOut") return this.staff.refreshPeople();
    if (!this.working) return;
    const [other] = await Promise.all([this.staff.refreshSession(), this.staff.refreshPeople()]);
    await this.refreshBackup();
    if (other && this.working) await this.leads.changed([], 0);
  }

  /** Who is at this PC. */
  get session(): SessionView | null {
    return this.staff.session;
  }

  /** The person here may do that; what is not so need not be offered. */
  may(power: Power): boolean {
    return this.staff.may(power);
  }

  /** How backups stand, if that is this person's business. */
  async refreshBackup(): Promise<void> {
    if (!this.working || !this.may("manageBackup")) {
      this.backup = null;
      return;
    }
    try {
      this.backup = await this.backend.backups();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The window shows people's data. */
  get working(): boolean {
    return (this.phase.at === "ready" || this.phase.at === "kitUnchecked") && !this.founding;
  }

  /** Takes a status unless a later one was taken already: answers and events overtake each other. */
  async take(status: AppStatus): Promise<void> {
    if (status.turn < this.lastTurn) return;
    this.lastTurn = status.turn;
    this.version = status.version;
    const was = this.phase.at;
    this.phase = status.phase;
    if (status.phase.at === "noClinic") this.founding = true;
    if (status.phase.at === "ready" || status.phase.at === "kitUnchecked") {
      this.desk = status.phase.desk;
      if (was !== "ready" && was !== "kitUnchecked" && !this.founding) await this.enter();
    } else {
      this.forget();
    }
    if (status.phase.at === "signedOut") {
      this.desk = status.phase.desk;
      await this.staff.refreshPeople();
    }
    // the data were closed under the wizard: its words are void, and nobody may read them any more
    const closed = ["locked", "signedOut", "removed", "keychain", "database"].includes(status.phase.at);
    if (closed && status.phase.at !== was) {
      this.founding = false;
      this.kit = null;
    }
  }

  /** Nothing personal stays in memory once the data are closed. */
  private forget(): void {
    this.leads.close();
    this.leads.clear();
    this.desks.clear();
    this.stick = null;
    this.leaving = null;
    // asked just before the screen changed, answered from data that were closing
    if (this.failure && closing(this.failure.code)) this.failure = null;
    this.undo.dismiss();
    this.overlay = "none";
    this.announcement = "";
    this.printed = null;
    this.staff.leave();
    this.backup = null;
    this.backupPostponed = false;
    this.pane = "leads";
    this.section = "machine";
  }

  /** Reads what the panes begin with. */
  async enter(): Promise<void> {
    this.founding = false;
    this.kit = null;
    const sync = this.backend.syncStatus().then((sync) => (this.sync = sync));
    const session = this.staff.refreshSession().then(() => this.refreshBackup());
    await Promise.all([
      session,
      this.leads.load(),
      this.leads.refreshToday(),
      this.leads.refreshViews(),
      sync.catch((error: unknown) => this.fail(error)),
    ]);
    void this.desks.load();
    this.toSearch();
  }

  /** Out of the wizards and into the window, wherever the clinic stands now. */
  async leaveFounding(): Promise<void> {
    this.founding = false;
    this.kit = null;
    const open = this.working;
    await this.take(await this.backend.status());
    if (open && this.working) await this.enter();
  }

  /** Ends the application, unless there is something that only this PC has. */
  async quit(anyway = false): Promise<void> {
    try {
      await this.leads.drafts.flush();
      await this.backend.quit(anyway);
      this.leaving = null;
    } catch (error) {
      if (error instanceof Refusal && error.code === "unsent") this.leaving = Number(error.detail ?? 0);
      else this.fail(error);
    }
  }

  fail(error: unknown): void {
    const code = error instanceof Refusal ? error.code : "internal";
    // the screen says it already
    if (closing(code) && ["locked", "signedOut", "removed"].includes(this.phase.at)) return;
    this.failure = { code, detail: error instanceof Refusal ? error.detail : null };
  }

  announce(text: string): void {
    // a no-break space makes the same sentence new to the screen reader
    this.announcement = text === this.announcement ? `${text}\u00a0` : text;
  }

  toSearch(): void {
    this.pane = "leads";
    this.searchCalls++;
  }

  openSettings(section: Section): void {
    this.section = section;
    this.pane = "settings";
  }

  apply(settings: Settings): void {
    this.settings = settings;
    i18n.use(settings.language);
    const dark = window.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
    const theme = settings.theme === "system" ? (dark ? "dark" : "light") : settings.theme;
    document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.density = settings.density;
  }

  async change(part: Partial<Settings>): Promise<void> {
    if (!this.settings) return;
    const before = $state.snapshot(this.settings);
    const wanted = { ...before, ...part };
    // at once, so that the next switch builds on this one
    this.apply(wanted);
    try {
      await this.backend.setSettings(wanted);
    } catch (error) {
      this.apply(before);
      this.fail(error);
    }
  }

  /** Leaves the PC: to the screen of people if there are any, else behind the keychain. */
  async lock(): Promise<void> {
    try {
      await this.leads.drafts.flush();
      await this.take(await this.backend.lock());
    } catch (error) {
      this.fail(error);
    }
  }

  async unlock(): Promise<void> {
    try {
      await this.take(await this.backend.unlock());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Does something to the open record, says so, and offers the way back. */
  async act(act: LeadAct, text: (lead: { nextCallAt: number | null }) => string): Promise<boolean> {
    return this.reported(await this.leads.act(act), text);
  }

  /** Does something to one record, open or not. */
  async actOn(id: string, act: LeadAct, text: () => string): Promise<boolean> {
    return this.reported(await this.leads.actOn(id, act), text);
  }

  private reported(acted: Acted | null, text: (lead: { nextCallAt: number | null }) => string): boolean {
    if (!acted) return false;
    this.report(text(acted.lead.row), acted.undo);
    return true;
  }

  /** Says what was done; with a token, ten seconds to take it back. */
  report(text: string, token: string | null = null): void {
    this.undo.say(token ? { text, takeBack: () => this.backend.undo(token) } : { text });
    this.announce(text);
  }

  async takeBack(): Promise<void> {
    const back = this.undo.take();
    if (!back) {
      this.announce(i18n.t.undo.nothing);
      return;
    }
    if (await this.leads.takeBack(back)) this.report(i18n.t.undo.done);
  }

  /** Tells the shell that someone is at the keyboard, sparingly. */
  active(): void {
    const now = Date.now();
    const open = this.phase.at === "ready" || this.phase.at === "kitUnchecked";
    if (now - this.lastActive < 15_000 || !open) return;
    this.lastActive = now;
    void this.backend.userActive().catch(() => undefined);
  }
}
