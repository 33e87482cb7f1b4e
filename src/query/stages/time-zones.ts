/** The time zones of date formats (docs/query.md «date_format with a time zone»). */

/** A zone by its name for MongoDB, and the path of its date format in the request. */
export interface TimeZone {
  readonly name: string;
  readonly fieldPath: string;
}

const OFFSET = /^[+-](?:[01]\d|2[0-3]):[0-5]\d$/;
/** Without it, Intl would take offsets in further forms, by the version of Node. */
const NAME = /^[A-Za-z]/;

/** ICU's legacy abbreviations, which are not IANA names and resolve to surprising zones: BST is Dhaka. */
const LEGACY =
  /^(?:ACT|AET|AGT|ART|AST|BET|BST|CAT|CNT|CST|CTT|EAT|ECT|IET|IST|JST|MIT|NET|NST|PLT|PNT|PRT|PST|SST|VST|SystemV\/.*)$/i;

/** The name by which MongoDB knows the zone `text`, an offset or a name of IANA in any case; undefined: there is no such zone. */
export function zoneName(text: string): string | undefined {
  if (OFFSET.test(text)) return text;
  if (!NAME.test(text) || LEGACY.test(text)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
