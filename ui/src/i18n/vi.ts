// Vietnamese: the first language, and the shape that every other catalogue must fill.
import type { Code } from "../ipc/backend";
import { backups, backupsFailure } from "./vi/backups";
import { deskFailures, desks } from "./vi/desks";
import { failures } from "./vi/failures";
import { founding } from "./vi/founding";
import { frame } from "./vi/frame";
import { leads } from "./vi/leads";
import { people, peopleFailure } from "./vi/people";
import { record } from "./vi/record";
import { settings } from "./vi/settings";
import { trouble } from "./vi/trouble";

/** What a failure says: what happened, what is safe, what to do. */
export interface Trouble {
  title: string;
  safe: string;
  todo: string;
}

export const vi = {
  ...frame,
  ...leads,
  ...record,
  ...founding,
  ...trouble,
  ...settings,
  desks,
  people,
  backups,
  failure: {
    ...failures,
    ...deskFailures,
    ...peopleFailure,
    ...backupsFailure,
  } satisfies Record<Code, Trouble>,
};

/** The shape of these words, whatever the words. */
export type Widen<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { [K in keyof T]: Widen<T[K]> };

/** Every catalogue has exactly the keys of this one. */
export type Catalogue = Widen<typeof vi>;
