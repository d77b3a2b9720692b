// The one door between the window and everything else: what can be asked, and what is told unasked.
import type {
  Acted,
  AppStatus,
  BackupFile,
  BackupView,
  Code,
  DeskRole,
  DesksView,
  DeskView,
  Drive,
  FoundingForm,
  Invited,
  Inviting,
  JoinForm,
  Joining,
  Kit,
  LeadAct,
  LeadPage,
  LeadQuery,
  LeadView,
  NewLead,
  PersonForm,
  PersonRow,
  PhoneCheck,
  Progress,
  RevealedPhone,
  Repaired,
  RevealPurpose,
  SavedView,
  SessionView,
  Settings,
  StickReport,
  SyncView,
  Today,
} from "./bindings";

export type * from "./bindings";

/** A question to the table with every field filled in. */
export type Query = Required<LeadQuery>;

/** A refusal with a code that the failure table knows. */
export class Refusal extends Error {
  constructor(
    readonly code: Code,
    readonly detail: string | null = null,
  ) {
    super(code);
  }
}

/** What the shell tells without being asked. */
export interface Events {
  leadsChanged: { ids: string[]; arrived: number };
  syncChanged: SyncView;
  phaseChanged: AppStatus;
  focusSearch: null;
  leaveAsked: { unsent: number };
  newLeadArrived: { count: number };
  invitingChanged: Inviting;
  joiningChanged: Joining;
  desksChanged: null;
  peopleChanged: null;
  bundleProgress: Progress;
  backupsChanged: null;
}

/** Every call rejects with a `Refusal` and nothing else. */
export interface Backend {
  /** Milliseconds since the epoch. */
  now(): number;
  status(): Promise<AppStatus>;
  retryStart(): Promise<AppStatus>;
  /** Copies damaged data aside and takes over all that proves itself. */
  repairData(): Promise<Repaired>;
  foundClinic(form: FoundingForm): Promise<Kit>;
  renewKit(): Promise<Kit>;
  checkKit(answers: string[]): Promise<DeskView>;
  claimServer(url: string, code: string): Promise<DeskView>;
  recoverWithWords(words: string, desk: string, branch: string, person: string): Promise<Repaired>;
  lock(): Promise<AppStatus>;
  unlock(): Promise<AppStatus>;
  leads(query: LeadQuery): Promise<LeadPage>;
  lead(id: string): Promise<LeadView>;
  act(id: string, act: LeadAct): Promise<Acted>;
  addLead(lead: NewLead): Promise<Acted>;
  undo(token: string): Promise<Acted>;
  mergeLeads(into: string, other: string): Promise<Acted>;
  unmergeLead(id: string): Promise<Acted>;
  usePhone(id: string, purpose: RevealPurpose): Promise<RevealedPhone>;
  checkPhone(text: string, except: string | null): Promise<PhoneCheck>;
  saveDraft(id: string, text: string): Promise<void>;
  today(): Promise<Today>;
  savedViews(): Promise<SavedView[]>;
  saveView(view: SavedView): Promise<void>;
  deleteView(name: string): Promise<void>;
  desk(): Promise<DeskView>;
  setPerson(name: string): Promise<DeskView>;
  syncStatus(): Promise<SyncView>;
  syncNow(): Promise<void>;
  settings(): Promise<Settings>;
  setSettings(settings: Settings): Promise<Settings>;
  /** A hand is on keyboard or mouse; at most every 15 seconds. */
  userActive(): Promise<void>;
  /** Refuses with `unsent` while entries are here only, unless `anyway`. */
  quit(anyway: boolean): Promise<void>;
  desks(): Promise<DesksView>;
  inviteDesk(role: DeskRole): Promise<Invited>;
  inviting(): Promise<Inviting>;
  confirmDesk(same: boolean): Promise<Inviting>;
  cancelInvitation(): Promise<Inviting>;
  saveInvitation(drive: string): Promise<string>;
  /** Refuses with `revokeUnseen` while the server can't be asked, unless `anyway`. */
  revokeDesk(id: string, anyway: boolean): Promise<DesksView>;
  renameDesk(id: string, name: string, branch: string): Promise<DesksView>;
  joinClinic(form: JoinForm): Promise<Joining>;
  joining(): Promise<Joining>;
  cancelJoining(): Promise<Joining>;
  readInvitation(drive: string): Promise<string>;
  recoverFromServer(
    words: string,
    server: string,
    desk: string,
    branch: string,
    person: string,
  ): Promise<Repaired>;
  checkKitWords(words: string): Promise<DesksView>;
  people(): Promise<PersonRow[]>;
  session(): Promise<SessionView>;
  addPerson(form: PersonForm, pin: string): Promise<PersonRow[]>;
  changePerson(id: string, form: PersonForm): Promise<PersonRow[]>;
  dismissPerson(id: string, gone: boolean): Promise<PersonRow[]>;
  setPin(id: string, old: string | null, pin: string): Promise<PersonRow[]>;
  signIn(id: string, pin: string): Promise<AppStatus>;
  drives(): Promise<Drive[]>;
  exportBundle(drive: string): Promise<StickReport>;
  importBundle(drive: string): Promise<StickReport>;
  cancelBundle(): Promise<void>;
  backups(): Promise<BackupView>;
  /** `null` opens the desktop's own dialog. */
  chooseBackupPlace(drive: string | null): Promise<BackupView>;
  backUpNow(): Promise<BackupView>;
  drillNow(): Promise<BackupView>;
  findBackups(drive: string): Promise<BackupFile[]>;
  restoreBackup(id: string, words: string, desk: string, branch: string, person: string): Promise<Repaired>;
  /** Listens until the returned function is called. */
  on<E extends keyof Events>(event: E, heard: (payload: Events[E]) => void): () => void;
}
