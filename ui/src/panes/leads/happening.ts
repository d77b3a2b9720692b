// Each kind of happening as one sentence.
import { i18n } from "../../i18n/index.svelte";
import type { Happening } from "../../ipc/backend";

export function happeningWords(it: Happening, now: number): string {
  const { t, f } = i18n;
  const h = t.happening;
  switch (it.what) {
    case "received":
      return h.received;
    case "created":
      return h.created(t.source[it.source]);
    case "called":
      return h.called(t.outcome[it.outcome]);
    case "noted":
      return it.text;
    case "stateChanged":
      return it.from ? h.state(t.state[it.from], t.state[it.to]) : h.stateFirst(t.state[it.to]);
    case "nextCallSet":
      return it.at ? h.next(f.near(it.at, now)) : h.nextDropped;
    case "nameChanged":
      return h.name(it.from || t.leads.noName, it.to);
    case "phoneChanged":
      return h.phone(it.from || t.leads.noPhone, it.to);
    case "questionChanged":
      return h.question;
    case "branchSet":
      return it.branch ? h.branch(it.branch) : h.branchNone;
    case "assigned":
      return it.to ? h.assigned(it.to) : h.unassigned;
    case "orderLinked":
      return it.order ? h.order(it.order) : h.orderNone;
    case "merged":
      return h.merged;
    case "unmerged":
      return h.unmerged;
    case "cleared":
      return h.cleared;
    case "revealed":
      return h.revealed[it.purpose];
    case "redone":
      return h.redone;
    case "undone":
      return h.undone[it.act];
  }
}
