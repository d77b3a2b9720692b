// Notes that are being typed: every change goes to the vault, one at a time and the newest last,
// and the window remembers what it sent, so that a note box that comes back shows all of it.
import type { Backend } from "../ipc/backend";

export class Drafts {
  /** What was typed since the data were opened; newer than any draft that a record brings along. */
  private readonly typed = new Map<string, string>();
  private readonly waiting = new Map<string, string>();
  private running: Promise<boolean> | null = null;

  constructor(
    private readonly backend: Backend,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** The text that a note box of this record begins with, if the record's own draft is out of date. */
  typedFor(id: string): string | undefined {
    return this.typed.get(id);
  }

  /** Keeps a text; says whether it, and all before it, lie in the vault. */
  keep(id: string, text: string): Promise<boolean> {
    this.typed.set(id, text);
    this.waiting.set(id, text);
    return this.flush();
  }

  /** The note was saved: what the box holds now is all that is left of the draft. */
  saved(id: string, rest: string): void {
    this.typed.set(id, rest);
    this.waiting.delete(id);
    if (rest) void this.keep(id, rest);
  }

  /** Settles when nothing waits to be kept; says whether all of it was. */
  flush(): Promise<boolean> {
    this.running ??= this.run().finally(() => (this.running = null));
    return this.running;
  }

  private async run(): Promise<boolean> {
    let kept = true;
    for (let next = this.first(); next; next = this.first()) {
      const [id, text] = next;
      this.waiting.delete(id);
      try {
        await this.backend.saveDraft(id, text);
      } catch (error) {
        kept = false;
        this.fail(error);
      }
    }
    return kept;
  }

  private first(): [string, string] | undefined {
    return this.waiting.entries().next().value;
  }

  /** Forgets every text. */
  clear(): void {
    this.typed.clear();
    this.waiting.clear();
  }
}
