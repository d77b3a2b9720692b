// English words about backups.
import type { Catalogue } from "../vi";
import { num } from "./count";

export const backups: Catalogue["backups"] = {
  last: (when, entries) => `Last backup: ${when}, ${num(entries)} entries.`,
  lastGood: (when) => `Last good backup: ${when}.`,
  drillGood: (date) => `Opened as a trial on ${date}: good.`,
  drillNever: "Never tried out yet.",
  drillFailed: (date, why) => `The trial on ${date} failed: ${why}.`,
  lastFailed: (when, why) => `The backup ${when} failed: ${why}.`,
  neverHint: "If this PC breaks or is stolen, whatever is only here is gone with it.",
  outcome: {
    good: "good",
    folderMissing: "its place is not there (disk unplugged, or network drive off)",
    noRoom: "no room left there",
    damaged: "the file is damaged or does not open",
    failed: "the operating system refuses to write",
  },
  outcomeTodo: {
    good: "Nothing to do.",
    folderMissing: "Plug the disk in again, or choose another place, then press Back up now.",
    noRoom: "Make room or choose another place, then press Back up now.",
    damaged: "Press Back up now for a fresh one. If it fails again, use another disk.",
    failed: "Choose a place that this PC may write to, then press Back up now.",
  },
  overdueTitle: "No good backup for over two days",
  overdueNever: "The clinic's data have no backup yet",
  overdueSafe: "Work goes on as usual, and the data on this PC are still there.",
  open: "Open Backups",
  place: "Where backups go",
  placeAt: (place, kept) => `${place} – ${num(kept)} kept`,
  placeNone: "No place chosen yet.",
  placeHint: "An external disk or a network drive is best: it survives when this PC does not.",
  choose: "Choose a place",
  change: "Choose another place",
  otherFolder: "Another folder…",
  drives: "Drives plugged in",
  now: "Back up now",
  drill: "Try it out now",
  drillHint:
    "Opens the newest backup in a place of its own, checks every entry and throws it away. Your data are not touched.",
  running: "Under way, about a minute. Just go on working.",
  done: (entries) => `${num(entries)} entries backed up`,
  drilled: (leads) => `The backup opens well: ${num(leads)} leads`,
  placed: "The place for backups is chosen",
  automatic:
    "While the place is there, this PC backs up every day and tries a backup out every week. Each is kept for 35 days, then deleted.",
  protects: "What a backup saves you from",
  protectsList: [
    "A broken PC or disk, theft, fire",
    "Ransomware, if the disk with the backups was unplugged at the time",
    "Losing the server and every other PC",
  ].join("\n"),
  not: "What it can't save",
  notList: [
    "Losing the 24 words: without them nobody opens a backup, not even we",
    "What was written after the last backup and sent nowhere",
    "The disk with the backups lost together with the PC",
  ].join("\n"),
  sealed: "Backups are encrypted. Whoever finds the disk can't read it without the 24 words.",
  restore: {
    title: "Come back from a backup",
    startHint:
      "There is a disk or stick with a backup, and the paper with the 24 words. It works without Internet, too.",
    hint: "Plug in the disk with the backup, and have the 24 words at hand.",
    driveTitle: "Which drive has the backup?",
    looking: "Looking for backups…",
    fileTitle: "Choose a backup",
    fileHint: "Newest on top. Usually the first one is right.",
    newest: "Newest",
    file: (clinic, desk) => `${clinic} – from ${desk}`,
    made: (when, size) => `${when} · ${size}`,
    none: "No backup on this drive",
    noneHint: "Try another drive. Backups lie in the folder “LeTan”.",
    otherDrive: "Another drive",
    wordsTitle: "The 24 words and this PC",
    wordsHint: (when) =>
      `Opens the backup made ${when}. This PC becomes a new desk. With Internet, what was written after the backup comes from the server.`,
    do: "Bring the data back",
    working: "Opening and checking every entry. This can take minutes; please leave the drive plugged in.",
    doneTitle: "The data are back",
    doneHint: "The signature of every entry was checked.",
    lost: "What the backup did not have:",
    all: "Nothing is missing compared with the time of the backup.",
    start: "Start working",
  },
};

export const backupsFailure: Pick<Catalogue["failure"], "backupPlaceMissing" | "backupDamaged"> = {
  backupPlaceMissing: {
    title: "The place for backups is not there",
    safe: "The data on this PC are untouched.",
    todo: "Plug the disk in again or choose another place, then try again.",
  },
  backupDamaged: {
    title: "This backup is damaged",
    safe: "Nothing has changed on this PC, and the file is as it was.",
    todo: "Choose another backup, of an earlier day or of another PC.",
  },
};
