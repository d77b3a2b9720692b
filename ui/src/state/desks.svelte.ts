// What the window knows of the clinic's PCs, and of an invitation or a joining that is going on.
import {
  Refusal,
  type Backend,
  type DeskRole,
  type DesksView,
  type Invited,
  type Inviting,
  type JoinForm,
  type Joining,
} from "../ipc/backend";

/** An invitation is good for so long; whatever two clocks say, no more than that is shown. */
const GOOD_FOR = 15 * 60_000;

/** Milliseconds until an invitation ends. */
export const goodFor = (expiresAt: number, now: number): number => Math.min(GOOD_FOR, expiresAt - now);

export class Desks {
  view = $state<DesksView | null>(null);
  inviting = $state<Inviting>({ at: "idle" });
  /** What to type or scan; gone as soon as nobody needs it. */
  invited = $state<Invited | null>(null);
  joining = $state<Joining>({ at: "idle" });
  /** The form of the yearly drill is open. */
  drilling = $state(false);
  /** The yearly drill was put off until the next start. */
  drillPostponed = $state(false);
  // answers and events overtake each other: an answer counts only if nothing was heard meanwhile
  private heardInviting = 0;
  private heardJoining = 0;

  constructor(
    private readonly backend: Backend,
    private readonly fail: (error: unknown) => void,
  ) {}

  listen(): (() => void)[] {
    return [
      this.backend.on("invitingChanged", (inviting) => {
        this.heardInviting++;
        this.takeInviting(inviting);
      }),
      this.backend.on("joiningChanged", (joining) => {
        this.heardJoining++;
        this.joining = joining;
      }),
    ];
  }

  async load(): Promise<void> {
    try {
      this.view = await this.backend.desks();
    } catch (error) {
      // who may not see the list is told so where it would stand
      if (!(error instanceof Refusal && error.code === "notAllowed")) this.fail(error);
    }
  }

  clear(): void {
    this.view = null;
    this.invited = null;
    this.inviting = { at: "idle" };
    this.drilling = false;
  }

  async invite(role: DeskRole): Promise<void> {
    try {
      this.invited = await this.backend.inviteDesk(role);
      if (this.inviting.at !== "waiting" && this.inviting.at !== "asked")
        this.inviting = { at: "waiting", expires_at: this.invited.invitation.expiresAt };
    } catch (error) {
      this.fail(error);
    }
  }

  /** After the pane was away: somebody may have knocked meanwhile. */
  refreshInviting(): Promise<void> {
    return this.askInviting(() => this.backend.inviting());
  }

  confirm(same: boolean): Promise<void> {
    return this.askInviting(() => this.backend.confirmDesk(same));
  }

  async cancelInvitation(): Promise<void> {
    this.invited = null;
    await this.askInviting(() => this.backend.cancelInvitation());
  }

  /** Throws what is wrong with the form; the wizard says it in place. */
  async join(form: JoinForm): Promise<void> {
    const heard = this.heardJoining;
    const answer = await this.backend.joinClinic(form);
    if (heard === this.heardJoining) this.joining = answer;
  }

  async refreshJoining(): Promise<void> {
    const heard = this.heardJoining;
    try {
      const answer = await this.backend.joining();
      if (heard === this.heardJoining) this.joining = answer;
    } catch (error) {
      this.fail(error);
    }
  }

  async cancelJoining(): Promise<void> {
    try {
      this.joining = await this.backend.cancelJoining();
    } catch (error) {
      this.fail(error);
    }
  }

  private async askInviting(ask: () => Promise<Inviting>): Promise<void> {
    const heard = this.heardInviting;
    try {
      const answer = await ask();
      if (heard === this.heardInviting) this.takeInviting(answer);
    } catch (error) {
      this.fail(error);
    }
  }

  private takeInviting(inviting: Inviting): void {
    this.inviting = inviting;
    if (inviting.at !== "waiting" && inviting.at !== "idle") this.invited = null;
    if (inviting.at === "joined") void this.load();
  }
}
