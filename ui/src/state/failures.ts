// The one table that says how grave each failure is and which way out the window offers.
// Its sentences stand under the same code in the catalogues.
import type { Code } from "../ipc/backend";

export type Severity = "gentle" | "serious" | "grave";
/** What a person can do with one press; `none` when the sentence says it all. */
export type WayOut = "none" | "retry" | "restart" | "recover" | "unlock" | "edit" | "settings";

export const failures: Record<Code, { severity: Severity; wayOut: WayOut }> = {
  keychainLocked: { severity: "grave", wayOut: "retry" },
  keychainMissing: { severity: "grave", wayOut: "recover" },
  keychainWrong: { severity: "grave", wayOut: "recover" },
  keychainUnavailable: { severity: "grave", wayOut: "retry" },
  databaseInUse: { severity: "grave", wayOut: "retry" },
  databaseDamaged: { severity: "grave", wayOut: "restart" },
  databaseForeign: { severity: "grave", wayOut: "retry" },
  databaseTooNew: { severity: "grave", wayOut: "none" },
  staleCopy: { severity: "grave", wayOut: "recover" },
  diskFull: { severity: "serious", wayOut: "retry" },
  io: { severity: "serious", wayOut: "retry" },
  locked: { severity: "gentle", wayOut: "unlock" },
  notReady: { severity: "gentle", wayOut: "retry" },
  alreadyFounded: { severity: "serious", wayOut: "restart" },
  notFound: { severity: "gentle", wayOut: "none" },
  emptyLead: { severity: "gentle", wayOut: "none" },
  basisNoteMissing: { severity: "gentle", wayOut: "none" },
  badInput: { severity: "gentle", wayOut: "none" },
  tooLong: { severity: "gentle", wayOut: "none" },
  undoTooLate: { severity: "gentle", wayOut: "none" },
  alreadyUndone: { severity: "gentle", wayOut: "none" },
  cannotMerge: { severity: "gentle", wayOut: "none" },
  phoneUnreadable: { severity: "gentle", wayOut: "edit" },
  serverUnreachable: { severity: "gentle", wayOut: "retry" },
  serverRefused: { severity: "serious", wayOut: "settings" },
  serverTooOld: { severity: "serious", wayOut: "none" },
  badAddress: { severity: "gentle", wayOut: "none" },
  insecureAddress: { severity: "gentle", wayOut: "none" },
  wrongSetupCode: { severity: "gentle", wayOut: "none" },
  alreadyClaimed: { severity: "serious", wayOut: "none" },
  notClaimed: { severity: "gentle", wayOut: "settings" },
  clockSkew: { severity: "serious", wayOut: "none" },
  revoked: { severity: "grave", wayOut: "none" },
  wrongWords: { severity: "gentle", wayOut: "none" },
  wordsTypo: { severity: "gentle", wayOut: "none" },
  kitAnswersWrong: { severity: "gentle", wayOut: "none" },
  openerFailed: { severity: "gentle", wayOut: "none" },
  clipboardFailed: { severity: "gentle", wayOut: "none" },
  internal: { severity: "serious", wayOut: "retry" },
};
