// The real backend: the generated commands, with refusals as one kind of error.
import type { Backend, Events, Failure } from "./backend";
import { Refusal } from "./backend";
import { commands, events } from "./bindings";

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: Failure };

async function open<T>(answer: Promise<Answer<T>>): Promise<T> {
  let got: Answer<T>;
  try {
    got = await answer;
  } catch {
    // the shell itself failed; its words are not for people
    throw new Refusal("internal");
  }
  if (got.status === "ok") return got.data;
  throw new Refusal(got.error.code, got.error.detail);
}

/** What is told between an answer and the listener's being there would be lost: listeners first. */
const listening: Promise<unknown>[] = [];

export const tauri: Backend = {
  now: () => Date.now(),
  async status() {
    await Promise.all(listening);
    return commands.status();
  },
  retryStart: () => open(commands.retryStart()),
  repairData: () => open(commands.repairData()),
  foundClinic: (form) => open(commands.foundClinic(form)),
  renewKit: () => open(commands.renewKit()),
  checkKit: (answers) => open(commands.checkKit(answers)),
  claimServer: (url, code) => open(commands.claimServer(url, code)),
  recoverWithWords: (words, desk, branch, person) =>
    open(commands.recoverWithWords(words, desk, branch, person)),
  lock: () => open(commands.lock()),
  unlock: () => open(commands.unlock()),
  leads: (query) => open(commands.leads(query)),
  lead: (id) => open(commands.lead(id)),
  act: (id, act) => open(commands.act(id, act)),
  addLead: (lead) => open(commands.addLead(lead)),
  undo: (token) => open(commands.undo(token)),
  mergeLeads: (into, other) => open(commands.mergeLeads(into, other)),
  unmergeLead: (id) => open(commands.unmergeLead(id)),
  usePhone: (id, purpose) => open(commands.usePhone(id, purpose)),
  checkPhone: (text, except) => open(commands.checkPhone(text, except)),
  saveDraft: async (id, text) => void (await open(commands.saveDraft(id, text))),
  today: () => open(commands.today()),
  savedViews: () => open(commands.savedViews()),
  saveView: async (view) => void (await open(commands.saveView(view))),
  deleteView: async (name) => void (await open(commands.deleteView(name))),
  desk: () => open(commands.desk()),
  setPerson: (name) => open(commands.setPerson(name)),
  syncStatus: () => open(commands.syncStatus()),
  syncNow: () => commands.syncNow(),
  settings: () => commands.settings(),
  setSettings: (settings) => open(commands.setSettings(settings)),
  userActive: () => commands.userActive(),
  quit: async (anyway) => void (await open(commands.quit(anyway))),
  desks: () => open(commands.desks()),
  inviteDesk: (role) => open(commands.inviteDesk(role)),
  inviting: () => open(commands.inviting()),
  confirmDesk: (same) => open(commands.confirmDesk(same)),
  cancelInvitation: () => open(commands.cancelInvitation()),
  saveInvitation: (drive) => open(commands.saveInvitation(drive)),
  revokeDesk: (id, anyway) => open(commands.revokeDesk(id, anyway)),
  renameDesk: (id, name, branch) => open(commands.renameDesk(id, name, branch)),
  joinClinic: (form) => open(commands.joinClinic(form)),
  joining: () => open(commands.joining()),
  cancelJoining: () => open(commands.cancelJoining()),
  readInvitation: (drive) => open(commands.readInvitation(drive)),
  recoverFromServer: (words, server, desk, branch, person) =>
    open(commands.recoverFromServer(words, server, desk, branch, person)),
  checkKitWords: (words) => open(commands.checkKitWords(words)),
  people: () => open(commands.people()),
  session: () => open(commands.session()),
  addPerson: (form, pin) => open(commands.addPerson(form, pin)),
  changePerson: (id, form) => open(commands.changePerson(id, form)),
  dismissPerson: (id, gone) => open(commands.dismissPerson(id, gone)),
  setPin: (id, old, pin) => open(commands.setPin(id, old, pin)),
  signIn: (id, pin) => open(commands.signIn(id, pin)),
  drives: () => open(commands.drives()),
  exportBundle: (drive) => open(commands.exportBundle(drive)),
  importBundle: (drive) => open(commands.importBundle(drive)),
  cancelBundle: () => commands.cancelBundle(),
  backups: () => open(commands.backups()),
  chooseBackupPlace: (drive) => open(commands.chooseBackupPlace(drive)),
  backUpNow: () => open(commands.backUpNow()),
  drillNow: () => open(commands.drillNow()),
  findBackups: (drive) => open(commands.findBackups(drive)),
  restoreBackup: (id, words, desk, branch, person) =>
    open(commands.restoreBackup(id, words, desk, branch, person)),
  on(event, heard) {
    const stopping = events[event].listen((told) => heard(told.payload as Events[typeof event]));
    listening.push(stopping);
    return () => void stopping.then((stop) => stop());
  },
};
