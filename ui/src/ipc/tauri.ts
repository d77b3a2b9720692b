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
  quit: () => commands.quit(),
  on(event, heard) {
    const stopping = events[event].listen((told) => heard(told.payload as Events[typeof event]));
    listening.push(stopping);
    return () => void stopping.then((stop) => stop());
  },
};
