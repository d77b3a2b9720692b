// The people of the invented clinic, their PINs, and who is at this PC.
import { Refusal } from "../backend";
import type {
  AppStatus,
  Backend,
  DeskView,
  Events,
  PersonForm,
  PersonRow,
  Phase,
  Power,
  SessionView,
  StaffRole,
} from "../backend";

/** Everybody's PIN. */
export const FAKE_PIN = "314159";

const TRIES = 5;
const WAITS = [30, 120, 600];

const EVERYBODY: readonly Power[] = ["workLeads", "carryBundles", "changeSettings"];
const POWERS: Record<StaffRole, readonly Power[]> = {
  frontDesk: EVERYBODY,
  manager: [...EVERYBODY, "manageBackup", "setPins"],
  owner: [
    ...EVERYBODY,
    "manageBackup",
    "managePeople",
    "setPins",
    "manageDesks",
    "manageServer",
    "manageKit",
  ],
};

export interface PeopleOptions {
  /** The clinic has entered its people; otherwise nobody. */
  staff?: boolean;
  /** Who is at this PC at first, by role; `frontDesk` sees one branch only. */
  me?: StaffRole;
}

/** What this part needs of the rest of the clinic. */
export interface PeopleWorld {
  now(): number;
  tell<E extends keyof Events>(event: E, payload: Events[E]): void;
  desk(): DeskView;
  sit(name: string): void;
  turn(phase: Phase["at"]): Promise<AppStatus>;
}

export const PEOPLE_CALLS = [
  "people",
  "session",
  "addPerson",
  "changePerson",
  "dismissPerson",
  "setPin",
  "signIn",
  "lock",
  "unlock",
] as const satisfies readonly (keyof Backend)[];
export type PeopleCalls = Pick<Backend, (typeof PEOPLE_CALLS)[number]>;

const person = (
  id: string,
  name: string,
  role: StaffRole,
  branches: string[] = [],
  part: Partial<PersonRow> = {},
): PersonRow => ({
  id: id.repeat(32),
  name,
  role,
  branches,
  gone: false,
  hasPin: true,
  maySetPin: false,
  waitUntil: null,
  ...part,
});

const makeStaff = (): PersonRow[] => [
  person("1", "Nguyễn Thị Thanh Tâm", "owner"),
  person("2", "Trần Thị Mai", "frontDesk", ["CN Quận 1"]),
  person("3", "Lê Ngọc Ánh", "frontDesk", ["CN Quận 1", "CN Quận 7"]),
  person("4", "Phạm Hoàng Yến", "manager", ["CN Quận 1", "CN Quận 7", "CN Thủ Đức"]),
  person("5", "Đỗ Minh Thư", "frontDesk"),
  person("6", "Võ Hoài Nam", "frontDesk", ["CN Gò Vấp"], { hasPin: false }),
  person("7", "Huỳnh Kim Ngân", "frontDesk", ["CN Quận 7"], { gone: true }),
];

/** As strict as the vault: six digits, no run, no repetition. */
export function tooSimple(pin: string): boolean {
  if (!/^\d{6}$/.test(pin)) return true;
  const steps = new Set([...pin].slice(1).map((digit, n) => Number(digit) - Number(pin[n])));
  return (
    (steps.size === 1 && [0, 1, -1].includes([...steps][0] ?? 0)) || /^(\d{2})\1\1$|^(\d{3})\2$/.test(pin)
  );
}

export class FakePeople implements PeopleCalls {
  readonly calls: string[] = [];
  private rows: PersonRow[];
  private readonly pins = new Map<string, string>();
  private readonly slips = new Map<string, number>();
  private here: string | null = null;
  private next = 0;

  constructor(
    private readonly world: PeopleWorld,
    options: PeopleOptions,
  ) {
    this.rows = options.staff ? makeStaff() : [];
    for (const one of this.rows) if (one.hasPin) this.pins.set(one.id, FAKE_PIN);
    const role = options.me ?? "owner";
    const me = this.rows.find((one) => one.role === role);
    if (me) this.sit(me);
  }

  /** Branches that the person here sees; empty for all. */
  get scope(): string[] {
    return this.me?.branches ?? [];
  }

  /** Another PC changed somebody. */
  hear(id: string, part: Partial<PersonRow>): void {
    Object.assign(this.found(id), part);
    this.world.tell("peopleChanged", null);
  }

  async people(): Promise<PersonRow[]> {
    return this.rows.map((one) => ({ ...one, branches: [...one.branches], maySetPin: this.maySetPin(one) }));
  }

  async session(): Promise<SessionView> {
    const me = this.me;
    const role = me?.role ?? "owner";
    return {
      person: me?.id ?? null,
      name: me?.name ?? this.world.desk().person,
      role,
      powers: [...POWERS[role]],
      branches: [...this.scope],
    };
  }

  async addPerson(form: PersonForm, pin: string): Promise<PersonRow[]> {
    this.manage();
    const first = this.rows.length === 0;
    if (!form.name.trim() || (first && form.role !== "owner")) throw new Refusal("badInput");
    if ((first || pin) && tooSimple(pin)) throw new Refusal("pinTooSimple");
    const one: PersonRow = {
      ...person("8", form.name.trim(), form.role, [...form.branches]),
      id: `a${++this.next}`.padEnd(32, "0"),
      hasPin: pin !== "",
    };
    if (pin) this.pins.set(one.id, pin);
    this.rows.push(one);
    if (first) this.sit(one);
    this.world.tell("peopleChanged", null);
    return this.people();
  }

  async changePerson(id: string, form: PersonForm): Promise<PersonRow[]> {
    this.manage();
    const one = this.found(id);
    if (form.role !== "owner") this.keepOwner(one);
    Object.assign(one, { ...form, branches: [...form.branches] });
    this.world.tell("peopleChanged", null);
    return this.people();
  }

  async dismissPerson(id: string, gone: boolean): Promise<PersonRow[]> {
    this.manage();
    const one = this.found(id);
    if (gone) this.keepOwner(one);
    one.gone = gone;
    this.world.tell("peopleChanged", null);
    return this.people();
  }

  async setPin(id: string, old: string | null, pin: string): Promise<PersonRow[]> {
    const one = this.found(id);
    if (!this.maySetPin(one)) throw new Refusal("notAllowed");
    if (old !== null) this.check(one, old);
    if (tooSimple(pin)) throw new Refusal("pinTooSimple");
    this.pins.set(id, pin);
    one.hasPin = true;
    this.world.tell("peopleChanged", null);
    return this.people();
  }

  async signIn(id: string, pin: string): Promise<AppStatus> {
    const one = this.found(id);
    this.calls.push(`signIn:${id}`);
    this.check(one, pin);
    this.sit(one);
    return this.world.turn("ready");
  }

  async lock(): Promise<AppStatus> {
    this.here = null;
    return this.world.turn(this.rows.some((one) => one.hasPin && !one.gone) ? "signedOut" : "locked");
  }

  async unlock(): Promise<AppStatus> {
    return this.world.turn("ready");
  }

  /** As the vault: the own one, an owner's anybody, a manager's receptionists of the same branches. */
  private maySetPin(one: PersonRow): boolean {
    const me = this.me;
    if (!me || me.role === "owner" || me.id === one.id) return true;
    const within = one.branches.length > 0 && one.branches.every((branch) => me.branches.includes(branch));
    return me.role === "manager" && one.role === "frontDesk" && (me.branches.length === 0 || within);
  }

  private get me(): PersonRow | undefined {
    return this.rows.find((one) => one.id === this.here);
  }

  private sit(one: PersonRow): void {
    this.here = one.id;
    this.world.sit(one.name);
  }

  private check(one: PersonRow, pin: string): void {
    const now = this.world.now();
    if (one.waitUntil && one.waitUntil > now)
      throw new Refusal("pinWait", String(Math.ceil((one.waitUntil - now) / 1000)));
    if (this.pins.get(one.id) === pin) {
      this.slips.delete(one.id);
      one.waitUntil = null;
      return;
    }
    const slips = (this.slips.get(one.id) ?? 0) + 1;
    this.slips.set(one.id, slips);
    if (slips < TRIES) throw new Refusal("wrongPin", String(TRIES - slips));
    const seconds = WAITS[Math.min(slips - TRIES, WAITS.length - 1)] ?? 30;
    one.waitUntil = now + seconds * 1000;
    throw new Refusal("pinWait", String(seconds));
  }

  private manage(): void {
    if (this.me && this.me.role !== "owner") throw new Refusal("notAllowed");
  }

  private keepOwner(one: PersonRow): void {
    const others = this.rows.filter((each) => each.role === "owner" && !each.gone && each.id !== one.id);
    if (one.role === "owner" && others.length === 0) throw new Refusal("lastOwner");
  }

  private found(id: string): PersonRow {
    const one = this.rows.find((each) => each.id === id);
    if (!one) throw new Refusal("notFound");
    return one;
  }
}
