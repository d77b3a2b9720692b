// The PCs of the invented clinic, joining it, and memory sticks: what each call answers, and what
// the other side of a conversation does.
import { Refusal } from "../backend";
import type {
  Backend,
  DeskRow,
  DesksView,
  DeskView,
  Drive,
  Events,
  Invited,
  Inviting,
  JoinForm,
  Joining,
  Progress,
  Repaired,
  StickReport,
  SyncView,
} from "../backend";
import { MORNING } from "./clinic";
import { fakeQr } from "./qr";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const CODE = "K7QM-2XHD-9RTA-VB3N-W5JC-E8FY-4GPZ-6KSV-M2QX-7DHR-T9AV-B3NW-5JCE-8FY";
export const LINK = `letan:join:${CODE.replaceAll("-", "")}@https://form.nucuoiviet.example`;
export const DIGITS = "482915073364";

export const KIT_WORDS =
  "ribbon velvet anchor lunar maple honest copper drift orange puzzle salmon tiger umbrella violin walnut yellow zebra basket candle dolphin ember forest garden harbor".split(
    " ",
  );

/** Refuses like the vault: a misspelt word by its place, a wrong set as a whole. */
export function checkWords(words: string): void {
  const list = words.trim().toLowerCase().split(/\s+/);
  const typo = list.findIndex((word) => !KIT_WORDS.includes(word));
  if (typo >= 0) throw new Refusal("wordsTypo", String(typo + 1));
  if (list.join(" ") !== KIT_WORDS.join(" ")) throw new Refusal("wrongWords");
}

export interface DesksOptions {
  /** How many PCs the clinic has. */
  desks?: number;
  mayManage?: boolean;
  kitDrillDue?: boolean;
  /** Nothing is plugged in. */
  noDrives?: boolean;
  /** What the next stick says instead of working. */
  stick?: "noBundle" | "bundleDamaged" | "bundleForeign" | "diskFull" | "partial";
  /** The server can't be asked what a PC wrote last. */
  unseen?: boolean;
}

/** What this part needs of the rest of the clinic. */
export interface World {
  now(): number;
  tell<E extends keyof Events>(event: E, payload: Events[E]): void;
  desk(): DeskView;
  sync(): SyncView;
  /** The clinic is here: the window may be entered. */
  enter(desk: Partial<DeskView>, first: Progress | null): Promise<Repaired>;
}

export const DESK_CALLS = [
  "quit",
  "desks",
  "inviteDesk",
  "inviting",
  "confirmDesk",
  "cancelInvitation",
  "saveInvitation",
  "revokeDesk",
  "renameDesk",
  "joinClinic",
  "joining",
  "cancelJoining",
  "readInvitation",
  "recoverFromServer",
  "checkKitWords",
  "drives",
  "exportBundle",
  "importBundle",
  "cancelBundle",
] as const satisfies readonly (keyof Backend)[];
export type DeskCalls = Pick<Backend, (typeof DESK_CALLS)[number]>;

const row = (part: Partial<DeskRow> & Pick<DeskRow, "id" | "name">): DeskRow => ({
  branch: "CN Quận 1",
  role: "desk",
  me: false,
  joinedAt: MORNING - 120 * DAY,
  revokedAt: null,
  lastSeen: MORNING - 2 * MINUTE,
  unsent: 0,
  version: "0.1.0",
  near: false,
  ...part,
});

function makeDesks(me: DeskView): DeskRow[] {
  return [
    row({
      id: me.author,
      name: me.desk,
      branch: me.branch,
      role: "owner",
      me: true,
      joinedAt: MORNING - 400 * DAY,
      lastSeen: MORNING,
    }),
    row({ id: "b2".repeat(16), name: "Quầy 2", near: true, lastSeen: MORNING - MINUTE, unsent: 3 }),
    row({ id: "c3".repeat(16), name: "Quầy 1", branch: "CN Quận 7", lastSeen: MORNING - 25 * MINUTE }),
    row({
      id: "d4".repeat(16),
      name: "Máy của chị Yến",
      branch: "CN Thủ Đức",
      role: "owner",
      lastSeen: MORNING - 9 * DAY,
      unsent: 41,
      version: "0.0.9",
    }),
    row({
      id: "e5".repeat(16),
      name: "Quầy 1",
      branch: "CN Gò Vấp",
      lastSeen: null,
      unsent: null,
      version: null,
    }),
    row({
      id: "f6".repeat(16),
      name: "Laptop cũ",
      branch: "CN Biên Hòa",
      joinedAt: MORNING - 390 * DAY,
      revokedAt: MORNING - 33 * DAY,
      lastSeen: MORNING - 33 * DAY,
    }),
  ];
}

export class FakeDesks implements DeskCalls {
  readonly calls: string[] = [];
  private rows: DeskRow[];
  private asking: Inviting = { at: "idle" };
  private knocking: Joining = { at: "idle" };
  private checkedAt: number;
  private carrying: { done: () => void; failed: (why: Refusal) => void } | null = null;

  constructor(
    private readonly world: World,
    private readonly options: DesksOptions,
  ) {
    const all = makeDesks(world.desk());
    this.rows = options.desks === undefined ? all : all.slice(0, options.desks);
    this.checkedAt = MORNING - (options.kitDrillDue ? 380 : 60) * DAY;
  }

  // what others do

  /** A PC knocks at the waiting room. */
  knock(name = "Quầy 3", branch = "CN Quận 1"): void {
    this.setInviting({ at: "asked", name, branch, digits: DIGITS });
  }

  setInviting(inviting: Inviting): void {
    this.asking = inviting;
    this.world.tell("invitingChanged", inviting);
  }

  setJoining(joining: Joining): void {
    this.knocking = joining;
    this.world.tell("joiningChanged", joining);
  }

  /** The waiting room answers. */
  answer(): void {
    this.setJoining({
      at: "confirm",
      clinic: "Nha khoa Nụ Cười Việt",
      inviter: "Quầy 1 · CN Quận 1",
      digits: DIGITS,
      expires_at: this.world.now() + 13 * MINUTE,
    });
  }

  /** The other PC lets this one in: the data begin to come. */
  async letIn(): Promise<void> {
    await this.world.enter({ desk: "Quầy 3", person: "" }, { done: 42_000, total: 118_000 });
    this.setJoining({ at: "joined" });
  }

  /** How far the stick has come. */
  carry(done: number, total = 5_210): void {
    this.world.tell("bundleProgress", { done, total });
  }

  /** The stick has done its work. */
  carried(): void {
    this.carrying?.done();
  }

  // the calls

  async quit(anyway: boolean): Promise<void> {
    this.calls.push(`quit:${anyway}`);
    const { unsent } = this.world.sync();
    if (unsent > 0 && !anyway) throw new Refusal("unsent", String(unsent));
  }

  async desks(): Promise<DesksView> {
    return {
      desks: this.rows.map((one) => ({ ...one })),
      mayManage: this.options.mayManage ?? true,
      kitCheckedAt: this.checkedAt,
      kitDrillDue: this.world.now() - this.checkedAt > 365 * DAY,
    };
  }

  async inviteDesk(role: DeskRow["role"]): Promise<Invited> {
    this.calls.push(`invite:${role}`);
    const expiresAt = this.world.now() + 15 * MINUTE;
    this.setInviting({ at: "waiting", expires_at: expiresAt });
    return { invitation: { code: CODE, link: LINK, expiresAt }, qrSvg: fakeQr() };
  }

  async inviting(): Promise<Inviting> {
    return this.asking;
  }

  async confirmDesk(same: boolean): Promise<Inviting> {
    this.calls.push(`confirm:${same}`);
    if (this.asking.at !== "asked") throw new Refusal("invitationExpired");
    if (!same) this.asking = { at: "refused" };
    else {
      const { name, branch } = this.asking;
      const id = "a7".repeat(16);
      this.rows.splice(
        -1,
        0,
        row({ id, name, branch, joinedAt: this.world.now(), lastSeen: this.world.now() }),
      );
      this.asking = { at: "joined", id, name };
      this.world.tell("desksChanged", null);
    }
    return this.asking;
  }

  async cancelInvitation(): Promise<Inviting> {
    this.calls.push("cancelInvitation");
    this.asking = { at: "idle" };
    return this.asking;
  }

  async saveInvitation(drive: string): Promise<string> {
    this.plugged(drive);
    return "thu-moi.letan-invite";
  }

  async revokeDesk(id: string, anyway: boolean): Promise<DesksView> {
    this.calls.push(`revoke:${anyway}`);
    const one = this.found(id);
    if (one.me) throw new Refusal("revokeSelf");
    if (this.options.unseen && !anyway) throw new Refusal("revokeUnseen");
    one.revokedAt = this.world.now();
    this.rows = [...this.rows.filter((each) => each !== one), one];
    return this.desks();
  }

  async renameDesk(id: string, name: string, branch: string): Promise<DesksView> {
    this.calls.push(`rename:${name}`);
    Object.assign(this.found(id), { name, branch });
    return this.desks();
  }

  async joinClinic(form: JoinForm): Promise<Joining> {
    this.calls.push(`join:${form.code.trim()}|${form.server ?? ""}`);
    const letters = form.code
      .replace(/^letan:join:|@.*$/gi, "")
      .replace(/[\s-]/g, "")
      .toUpperCase();
    if (letters !== CODE.replaceAll("-", "")) throw new Refusal("wrongInvitation");
    this.knocking = { at: "knocking" };
    return this.knocking;
  }

  async joining(): Promise<Joining> {
    return this.knocking;
  }

  async cancelJoining(): Promise<Joining> {
    this.calls.push("cancelJoining");
    this.knocking = { at: "idle" };
    return this.knocking;
  }

  async readInvitation(drive: string): Promise<string> {
    this.plugged(drive);
    if (this.options.stick === "noBundle") throw new Refusal("noBundle");
    return LINK;
  }

  async recoverFromServer(words: string, server: string): Promise<Repaired> {
    checkWords(words);
    if (!/^https?:\/\/[^\s/]+/.test(server)) throw new Refusal("badAddress");
    return this.world.enter({ server }, null);
  }

  async checkKitWords(words: string): Promise<DesksView> {
    checkWords(words);
    this.checkedAt = this.world.now();
    return this.desks();
  }

  async drives(): Promise<Drive[]> {
    if (this.options.noDrives) return [];
    return [
      { id: "/media/usb", name: "KINGSTON", free: 14_200_000_000, removable: true },
      { id: "/mnt/data", name: "DATA (D:)", free: 310_000_000_000, removable: false },
    ];
  }

  async exportBundle(drive: string): Promise<StickReport> {
    await this.carryTo(drive, "export");
    return { file: "letan-quay-1.letan", entries: 5_210, arrived: 0, newLeads: 0, partial: false };
  }

  async importBundle(drive: string): Promise<StickReport> {
    const { stick } = this.options;
    const partial = stick === "partial";
    if (stick && stick !== "partial") throw new Refusal(stick);
    await this.carryTo(drive, "import");
    return { file: "letan-quay-2.letan", entries: 5_078, arrived: 132, newLeads: 4, partial };
  }

  async cancelBundle(): Promise<void> {
    this.calls.push("cancelBundle");
    this.carrying?.failed(new Refusal("cancelled"));
  }

  private carryTo(drive: string, what: string): Promise<void> {
    this.calls.push(`${what}:${drive}`);
    this.plugged(drive);
    return new Promise<void>((done, failed) => {
      this.carrying = { done, failed };
    }).finally(() => (this.carrying = null));
  }

  private plugged(drive: string): void {
    if (this.options.noDrives || !["/media/usb", "/mnt/data"].includes(drive))
      throw new Refusal("driveMissing");
  }

  private found(id: string): DeskRow {
    const one = this.rows.find((each) => each.id === id);
    if (!one) throw new Refusal("notFound");
    return one;
  }
}
