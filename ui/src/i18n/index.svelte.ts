// The language in use, and everything that words, numbers and dates depend on.
import { en } from "./en";
import { makeFormats, type Formats } from "./format";
import { vi, type Catalogue } from "./vi";

export type Language = "vi" | "en";
export type { Catalogue };

const catalogues: Record<Language, Catalogue> = { vi, en };

class I18n {
  language = $state<Language>("vi");
  readonly t: Catalogue = $derived(catalogues[this.language]);
  readonly f: Formats = $derived(makeFormats(this.language, this.t));

  use(language: Language): void {
    this.language = language;
    document.documentElement.lang = language;
  }
}

export const i18n = new I18n();
