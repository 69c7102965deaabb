// SPDX-License-Identifier: Apache-2.0
/* Words of the API in the reader's language; one that this page does not know is shown as it is. */

import { type Key, useWords } from "../../i18n";

const AREAS = {
  state: [
    ...["received", "triaged", "evidence", "clarification", "legal_review", "decision_pending", "approved", "package_built", "delivered", "notice_due"],
    ...["notified", "closed", "executed", "rejected", "withdrawn", "duplicate", "expired", "suspected_forged", "confirmed_forged"],
  ],
  type: ["disclosure", "emergency", "preservation", "freeze", "seizure", "amendment", "withdrawal"],
  kind: ["doc_signature", "doc_integrity", "mail_auth", "portal", "channel", "call_back", "docket", "officer_identity", "content", "subject"],
  result: ["supports", "contradicts", "inconclusive", "not_applicable"],
  missing: ["evidence", "uncontradicted", "legal_basis", "within_scope", "key_confirmed", "two_officers", "duty_officer"],
  confirm: ["case_number", "officer", "scope", "document_hash", "delivery_key"],
  outcome: ["confirmed", "denied", "unanswered", "voicemail", "other_line", "refused"],
  letter: ["acknowledgement", "clarification", "refusal", "partial", "delivery"],
  detail: [
    ...["account", "authority", "case_number_form", "case_number_missing", "case_number_reused", "confirmed", "contact", "country_differs", "document"],
    ...["domain_imitates", "domain_unknown", "ended_contact", "forged_alike", "forged_hand", "free_mail", "identifiers_missing", "invited_by", "key", "language_unusual"],
    ...["identifier_ambiguous", "identifier_no_country", "identifier_not_ascii", "identifier_shared", "identifier_unchecked", "identifier_unknown"],
    ...["named_elsewhere", "names_staff", "note", "number", "of", "officer", "officer_unknown", "other_authority", "outcome"],
    ...["registered", "same_case", "seen_before", "signer", "similar_number", "source", "spoke_to", "statute_unusual", "verdict"],
  ],
  letterState: ["draft", "approved", "sending", "sent", "failed", "discarded"],
} as const;

type Area = keyof typeof AREAS;

/** `word("state", "legal_review")`: "legal review". */
export function useKnown(): (area: Area, word: string) => string {
  const { t } = useWords();
  return (area, word) => ((AREAS[area] as readonly string[]).includes(word) ? t(`requests.${area}.${word}` as Key) : word.replaceAll("_", " "));
}

/** Several words as the language writes a list: "a, b" or "a、b". */
export function useListed(): (items: readonly string[]) => string {
  const { language } = useWords();
  return (items) => items.join(language === "zh" ? "、" : ", ");
}

/** The sentence of the reader's language out of two; English begins with a capital. */
export function useSaid(): (english: string, chinese: string) => string {
  const { language } = useWords();
  return (english, chinese) => (language === "zh" && chinese !== "" ? chinese : english.charAt(0).toUpperCase() + english.slice(1));
}

/** A code of the server as words: `coded("what", "fields_chosen")`. */
export function useCoded(): (area: string, code: string) => string {
  const { tell } = useWords();
  return (area, code) => tell(`${area}.${code}`, code.replaceAll("_", " "));
}

type People = Readonly<Partial<Record<string, string>>>;

/** Whoever did something, as people say it: names for staff, "the desk" for the desk itself, else what it is called. Two stand as "id+id". */
export function usePerson(people: People): (caller: string) => string {
  const { t } = useWords();
  const listed = useListed();
  const one = (caller: string) => {
    const id = caller.replace(/^staff:/, "");
    if (id.startsWith("portal:")) return t("requests.thePortal");
    return people[id] ?? (id === "desk" ? t("requests.desk") : id);
  };
  return (caller) => listed(caller.split("+").map(one));
}

/** Why something does not count any more, as it is stored: a sentence of the server. */
export function useVoid(people: People): (why: string) => string {
  const { tell } = useWords();
  return (why) => {
    const code = why.endsWith(": the request changed after the approval") ? "changed" : why.endsWith(" left before it was handed out") ? "left" : /^it is \w+$/.test(why) ? "over" : why;
    return tell(`void.${code}`, named(why, people));
  };
}

/** A sentence with names in place of the ids of staff. */
export function named(text: string, people: People): string {
  return text.replace(/\bst_[0-9a-z]+/g, (id) => people[id] ?? id);
}
