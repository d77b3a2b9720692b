// English words of what keeps the window from opening, and the ways back in.
import type { trouble as words } from "../vi/trouble";
import type { Widen } from "../vi";

export const trouble: Widen<typeof words> = {
  trouble: {
    keychain: {
      locked: {
        title: "The keychain of this PC is locked",
        safe: "The data is still on this PC, still encrypted.",
        todo: "Log in to the operating system again or open the keychain (on Linux: “Passwords and Keys”), then press Try again.",
      },
      missing: {
        title: "The key of the data was not found",
        safe: "The data is still on this PC. Nothing was deleted, and nothing was created over it.",
        todo: "This usually follows a new Windows installation or another account. Log in with the right account and try again, or use the 24 words of the recovery sheet.",
      },
      wrong: {
        title: "The key does not fit the data",
        safe: "The data is untouched. The program does not try to write to it.",
        todo: "Perhaps the data folder was copied from another PC. Put the old folder back and try again, or use the 24 words of the recovery sheet.",
      },
      unavailable: {
        title: "The operating system's keychain does not answer",
        safe: "The data is still on this PC, still encrypted.",
        todo: "Restart the PC and try again. On Linux a Secret Service (such as gnome-keyring) must be running.",
      },
    },
    database: {
      inUse: {
        title: "Lễ Tân is open in another window",
        safe: "The data is safe: only one window may write at a time.",
        todo: "Look for the Lễ Tân icon beside the clock, or close the other window, then press Try again.",
      },
      damaged: {
        title: "The data file is damaged in places",
        safe: "The file is kept as it is, nothing is overwritten. What reached the server is still there.",
        todo: "Press Repair the data: the program copies the original aside, takes over everything that is intact, and tells you what is missing.",
      },
      foreign: {
        title: "This data belongs to another clinic",
        safe: "Nothing was read or changed.",
        todo: "Perhaps the data folder was mixed up. Put the right folder back, then press Try again.",
      },
      tooNew: {
        title: "The data was made by a newer Lễ Tân",
        safe: "The data is untouched. This older version leaves it alone so as not to break it.",
        todo: "Install the newest Lễ Tân and open it again.",
      },
      diskFull: {
        title: "The disk is full",
        safe: "Everything saved is still there. What was not saved was not written.",
        todo: "Delete files you don't need or empty the bin, then press Try again.",
      },
      staleCopy: {
        title: "This is an old copy of the data",
        safe: "This PC once had more than this. The program stops so that the newer part is not lost.",
        todo: "If you just restored a copy, put the newest folder back, or use the 24 words to connect this PC anew.",
      },
      io: {
        title: "The disk can't be read",
        safe: "What was saved before is unchanged.",
        todo: "Check the disk and the rights of the data folder, then press Try again.",
      },
    },
    what: "What is safe",
    todo: "What to do",
    recover: "Use the 24 recovery words",
    still: "Not yet. Things are as before.",
    quit: "Close the program",
  },
  repair: {
    do: "Repair the data",
    title: "The data was rebuilt. The original is kept beside it.",
    recovered: "Opened again with the 24 words. People and their history are all here.",
    all: "Everything came back.",
    lost: "What could not be brought back:",
    what: {
      drafts: "Notes begun on this PC and not saved",
      views: "Saved lists",
      profile: "Who is at the desk, and the check of the recovery kit",
      serverLink: "The link to the server: connect it again in Settings",
    },
    entries: (author, seq) =>
      `Entries of ${author} after number ${seq}; the server or another PC may have them`,
  },
  recover: {
    title: "Open again with the 24 words",
    hint: "Type the 24 words of the recovery sheet, with spaces between. This PC will be recorded as a new PC; the old data stays.",
    words: "24 recovery words",
    count: (n) => `${n} / 24 words`,
    typo: (n) => `Word ${n} is not in the list. Please check its spelling.`,
    order:
      "All words are there, but they do not fit together. Compare each word and their order with the sheet.",
    do: "Open the data",
  },
};
