// Who works here, who is at this PC, and what that person may do and see.
import type { Backend, PersonRow, Power, SessionView } from "../ipc/backend";

export class Staff {
  /** `null` while nobody is here, and until it is known. */
  session = $state<SessionView | null>(null);
  people = $state<PersonRow[]>([]);
  /** Who was here last, as long as the window lives. */
  last = $state<string | null>(null);
  private round = 0;

  constructor(
    private readonly backend: Backend,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** Asks who is here; says whether other leads are to be seen than before. */
  async refreshSession(): Promise<boolean> {
    const round = ++this.round;
    try {
      const session = await this.backend.session();
      if (round !== this.round) return false;
      const before = this.session?.branches.join("\n");
      this.session = session;
      this.last = session.person ?? this.last;
      return before !== undefined && before !== session.branches.join("\n");
    } catch (error) {
      if (round === this.round) this.fail(error);
      return false;
    }
  }

  async refreshPeople(): Promise<void> {
    try {
      this.people = await this.backend.people();
    } catch (error) {
      this.fail(error);
    }
  }

  may(power: Power): boolean {
    return this.session?.powers.includes(power) ?? false;
  }

  /** Of these branches the ones that the person here sees. */
  seen(branches: readonly string[]): string[] {
    const scope = this.session?.branches ?? [];
    return branches.filter((branch) => scope.length === 0 || scope.includes(branch));
  }

  /** Nobody is here. */
  leave(): void {
    this.round++;
    this.session = null;
  }
}
