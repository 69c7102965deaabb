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
    ...["domain_imitates", "domain_unknown", "ended_contact", "forged_alike", "forged_hand", "free_mail", "identifiers_missing", "invited_by", "language_unusual"],
    ...["named_elsewhere", "names_staff", "note", "number", "of", "officer", "officer_unknown", "other_authority", "outcome"],
    ...["registered", "same_case", "seen_before", "signer", "similar_number", "spoke_to", "statute_unusual", "verdict"],
  ],
  letterState: ["draft", "approved", "sending", "sent", "failed", "discarded"],
} as const;

type Area = keyof typeof AREAS;

/** `word("state", "legal_review")`: "legal review". */
export function useKnown(): (area: Area, word: string) => string {
  const { t } = useWords();
  return (area, word) => ((AREAS[area] as readonly string[]).includes(word) ? t(`requests.${area}.${word}` as Key) : word.replaceAll("_", " "));
}

/** The sentence of the reader's language out of two; English begins with a capital. */
export function useSaid(): (english: string, chinese: string) => string {
  const { language } = useWords();
  return (english, chinese) => (language === "zh" && chinese !== "" ? chinese : english.charAt(0).toUpperCase() + english.slice(1));
}

/** An id of staff as people say it: my own name, `desk` as the desk itself, else the id. */
export function usePerson(me: { id: string; name: string } | undefined): (caller: string) => string {
  const { t } = useWords();
  return (caller) => {
    const id = caller.replace(/^staff:/, "");
    if (id === me?.id) return me.name;
    return id === "desk" ? t("requests.desk") : id;
  };
}
