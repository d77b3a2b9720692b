// The last act, for ten seconds: enough to take back a slip without asking "are you sure?".
import type { Acted } from "../ipc/backend";

export const UNDO_MS = 10_000;

export interface Done {
  /** What was done, in words. */
  text: string;
  /** Takes it back; absent for acts that only report. */
  takeBack?: () => Promise<Acted>;
}

export class Undo {
  done = $state<Done | null>(null);
  /** Changes with every act, so that the same sentence twice is announced twice. */
  round = $state(0);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private left = 0;
  private since = 0;
  private still = false;

  say(done: Done): void {
    this.done = done;
    this.round++;
    this.left = UNDO_MS;
    this.still = true;
    this.resume();
  }

  /** The pointer or the focus is on it: time stands still. */
  pause(): void {
    if (this.still) return; // pointer and focus may both be on it
    this.still = true;
    clearTimeout(this.timer);
    this.left -= Date.now() - this.since;
  }

  resume(): void {
    if (!this.still || !this.done) return;
    this.still = false;
    clearTimeout(this.timer);
    this.since = Date.now();
    this.timer = setTimeout(() => this.dismiss(), Math.max(1500, this.left));
  }

  dismiss(): void {
    clearTimeout(this.timer);
    this.done = null;
  }

  /** Hands over the way back, once. */
  take(): (() => Promise<Acted>) | undefined {
    const back = this.done?.takeBack;
    if (back) this.dismiss();
    return back;
  }
}
