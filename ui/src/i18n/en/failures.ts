// English words of what can fail anywhere: what happened, what is safe, what to do.
import type { Widen } from "../vi";
import type { failures as words } from "../vi/failures";

export const failures: Widen<typeof words> = {
  keychainLocked: {
    title: "The keychain is locked",
    safe: "The data is still on this PC.",
    todo: "Open the keychain and try again.",
  },
  keychainMissing: {
    title: "The key of the data was not found",
    safe: "The data is still on this PC.",
    todo: "Use the 24 words of the recovery sheet.",
  },
  keychainWrong: {
    title: "The key does not fit the data",
    safe: "The data is still on this PC.",
    todo: "Use the 24 words of the recovery sheet.",
  },
  keychainUnavailable: {
    title: "The keychain does not answer",
    safe: "The data is still on this PC.",
    todo: "Restart the PC and try again.",
  },
  databaseInUse: {
    title: "Lễ Tân is open in another window",
    safe: "The data is safe.",
    todo: "Close the other window and try again.",
  },
  databaseDamaged: {
    title: "The data file is damaged in places",
    safe: "The file is kept as it is.",
    todo: "Restart Lễ Tân to rebuild it from the records.",
  },
  databaseForeign: {
    title: "This data belongs to another clinic",
    safe: "Nothing was changed.",
    todo: "Put the right data folder back.",
  },
  databaseTooNew: {
    title: "The data was made by a newer version",
    safe: "The data is untouched.",
    todo: "Install the newest Lễ Tân.",
  },
  staleCopy: {
    title: "This is an old copy of the data",
    safe: "The program stops so that the newer part is not lost.",
    todo: "Put the newest data folder back.",
  },
  diskFull: {
    title: "The disk is full",
    safe: "Everything saved is still there; the last act was not saved.",
    todo: "Make room and do it again.",
  },
  io: {
    title: "The disk can't be written",
    safe: "Everything saved is still there; the last act was not saved.",
    todo: "Check the disk and do it again.",
  },
  locked: {
    title: "The screen is locked",
    safe: "The data is still on this PC.",
    todo: "Unlock and do it again.",
  },
  notReady: {
    title: "The data is still being opened",
    safe: "Nothing was changed.",
    todo: "Wait a moment and do it again.",
  },
  alreadyFounded: {
    title: "This PC already has a clinic",
    safe: "Its data is kept.",
    todo: "Restart Lễ Tân to open it.",
  },
  notFound: {
    title: "This record is no longer there",
    safe: "Other records are not affected.",
    todo: "Search by name or number; it may have been merged.",
  },
  emptyLead: {
    title: "Nothing is known about them yet",
    safe: "Nothing was saved.",
    todo: "Fill in a name, a number or a question.",
  },
  basisNoteMissing: {
    title: "The legal basis is missing",
    safe: "Nothing was saved.",
    todo: "Write briefly how they agreed.",
  },
  badInput: {
    title: "Something filled in is not right",
    safe: "What you typed is still here.",
    todo: "Check it and save again.",
  },
  tooLong: {
    title: "The text is too long",
    safe: "What you typed is still here.",
    todo: "Shorten it and save again.",
  },
  undoTooLate: {
    title: "This can't be undone any more",
    safe: "The record stays as it is.",
    todo: "Correct it by hand; the timeline shows every step.",
  },
  alreadyUndone: {
    title: "This was undone already",
    safe: "The record stays as it is.",
    todo: "Nothing more to do.",
  },
  cannotMerge: {
    title: "These two records can't be merged",
    safe: "Both records are kept.",
    todo: "Open each and see whether they are merged already.",
  },
  phoneUnreadable: {
    title: "This number can't be called yet",
    safe: "What the visitor typed is kept.",
    todo: "Press Edit and enter the right number.",
  },
  serverUnreachable: {
    title: "The server can't be reached",
    safe: "Everything is saved on this PC and will be sent when the network is back.",
    todo: "Check the network and the address, then try again.",
  },
  serverRefused: {
    title: "The server refuses",
    safe: "Everything is saved on this PC.",
    todo: "See the alarms in Settings or call your administrator.",
  },
  serverTooOld: {
    title: "The server has another version",
    safe: "Everything is saved on this PC.",
    todo: "Ask your administrator to update the server.",
  },
  badAddress: {
    title: "The address is not right",
    safe: "Nothing was sent.",
    todo: "Type the whole address, for example https://form.nhakhoa.vn",
  },
  insecureAddress: {
    title: "This address is not protected",
    safe: "Nothing was sent.",
    todo: "Use an address that starts with https://",
  },
  wrongSetupCode: {
    title: "The one-time code is wrong",
    safe: "Nothing was sent.",
    todo: "Look at the server's console and type it again.",
  },
  alreadyClaimed: {
    title: "This server belongs to another clinic",
    safe: "Your data was not sent.",
    todo: "Check the address, or use another server.",
  },
  notClaimed: {
    title: "No server is connected",
    safe: "Everything is saved on this PC.",
    todo: "Connect a server in Settings.",
  },
  clockSkew: {
    title: "This PC's clock is far off",
    safe: "Everything is saved on this PC.",
    todo: "Set date and time, then try again.",
  },
  revoked: {
    title: "This PC may no longer exchange data",
    safe: "The data it has is still on this PC.",
    todo: "Ask the owner of the clinic to add the PC again.",
  },
  wrongWords: {
    title: "These 24 words do not open the data",
    safe: "The data is untouched.",
    todo: "Check that it is this clinic's sheet, with all 24 words in order.",
  },
  wordsTypo: {
    title: "One word is misspelt",
    safe: "The data is untouched.",
    todo: "Check the spelling of the word named.",
  },
  kitAnswersWrong: {
    title: "A word does not match the paper",
    safe: "Nothing was changed.",
    todo: "Check the number of the word and type it again.",
  },
  openerFailed: {
    title: "The calling app could not be opened",
    safe: "The log says that the number was opened.",
    todo: "Press Show and dial on the desk phone.",
  },
  clipboardFailed: {
    title: "The number could not be copied",
    safe: "The record is unchanged.",
    todo: "Press Show and type it.",
  },
  internal: {
    title: "Something unexpected went wrong",
    safe: "Saved data is still on this PC.",
    todo: "Try once more. If it fails again, restart Lễ Tân.",
  },
};
