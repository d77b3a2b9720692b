// English: complete, for owners and support.
import { backups, backupsFailure } from "./en/backups";
import { deskFailures, desks } from "./en/desks";
import { failures } from "./en/failures";
import { founding } from "./en/founding";
import { frame } from "./en/frame";
import { leads } from "./en/leads";
import { people, peopleFailure } from "./en/people";
import { record } from "./en/record";
import { settings } from "./en/settings";
import { trouble } from "./en/trouble";
import type { Catalogue } from "./vi";

export const en: Catalogue = {
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
  },
};
