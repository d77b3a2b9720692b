// Keys that work everywhere. No plain letter, no Backspace, no Delete ever does anything: Telex
// and VNI tools type those by themselves. Outcomes are Ctrl with a digit, so they also work while
// a note is being written.
import { tick } from "svelte";
import type { App } from "../state/app.svelte";
import { isComposing, takesText } from "../state/typing";
import { OUTCOMES, recordCommands } from "../state/record";

function withControl(app: App, event: KeyboardEvent): (() => unknown) | undefined {
  const commands = recordCommands(app);
  switch (event.key.toLowerCase()) {
    case "k":
      return () => (app.overlay = app.overlay === "palette" ? "none" : "palette");
    case "f":
      return () => app.toSearch();
    case "n":
      return () => {
        app.pane = "leads";
        app.leads.startNew();
      };
    case "l":
      return () => app.lock();
    case "p":
      return commands.print;
    case "z":
      // while text is being edited, Ctrl+Z belongs to the text
      if (takesText(event.target) && (event.target as HTMLInputElement).value) return undefined;
      return () => app.takeBack();
    case "enter":
      return commands.saveAndNext;
    default: {
      const outcome = OUTCOMES[Number(event.key) - 1];
      return outcome && commands.outcome ? () => commands.outcome?.(outcome) : undefined;
    }
  }
}

function plain(app: App, event: KeyboardEvent): (() => unknown) | undefined {
  const commands = recordCommands(app);
  switch (event.key) {
    case "F1":
      return () => (app.overlay = "shortcuts");
    case "F2":
      return commands.edit;
    case "F6":
      return commands.call;
    case "Escape":
      if (app.overlay !== "none") return () => (app.overlay = "none");
      return undefined;
    case "?":
      return takesText(event.target) ? undefined : () => (app.overlay = "shortcuts");
    default:
      return undefined;
  }
}

/** A printable key pressed outside any text box goes on in the search. */
function typeAhead(app: App, event: KeyboardEvent): void {
  if (app.pane !== "leads" || app.overlay !== "none" || event.key.length !== 1 || event.key === " ") return;
  if (takesText(event.target) || event.target instanceof HTMLSelectElement) return;
  document.querySelector<HTMLElement>("[data-search]")?.focus();
}

export function globalKey(app: App, event: KeyboardEvent): void {
  app.active();
  if (isComposing(event) || event.defaultPrevented || !app.working) return;
  if (app.overlay !== "none" && !(event.ctrlKey && event.key.toLowerCase() === "k") && event.key !== "Escape")
    return;
  const modified = event.ctrlKey || event.metaKey;
  let command: (() => unknown) | undefined;
  if (modified && !event.altKey && !event.shiftKey) command = withControl(app, event);
  else if (event.altKey && !modified) {
    const pane = ({ "1": "leads", "2": "settings" } as const)[event.key];
    if (pane) command = () => (app.pane = pane);
  } else if (!modified && !event.altKey) command = plain(app, event);
  if (command) {
    event.preventDefault();
    if (event.repeat) return; // a key held down is one press
    void command();
    void tick();
  } else if (!modified && !event.altKey) typeAhead(app, event);
}
