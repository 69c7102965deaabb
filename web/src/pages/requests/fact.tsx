// SPDX-License-Identifier: Apache-2.0
/* One fact of a piece of evidence: codes in words, moments as moments, names for ids. */

import { Time } from "../../components";
import { useWords } from "../../i18n";
import { VERDICTS } from "../desk/read";
import { useKnown, useListed, usePerson } from "./words";

/** What the desk itself writes about content and subjects: its code says it, behind the colon stands what it is about. */
const FOUND: ReadonlySet<string> = new Set([
  ...["case_number_form", "case_number_missing", "case_number_reused", "country_differs", "domain_imitates", "domain_unknown", "ended_contact"],
  ...["forged_alike", "forged_hand", "free_mail", "identifier_ambiguous", "identifier_no_country", "identifier_not_ascii", "identifier_shared"],
  ...["identifier_unchecked", "identifier_unknown", "identifiers_missing", "language_unusual", "named_elsewhere", "names_staff", "officer_unknown"],
  ...["other_authority", "same_case", "seen_before", "similar_number", "statute_unusual"],
]);
const MOMENT = /^\d{13}$/;

interface FactProps {
  kind: string;
  name: string;
  value: string;
  people: Readonly<Partial<Record<string, string>>>;
}

/** Name and value; `identifier_unknown:email x` has whom it is about behind the colon. */
export function Fact({ kind, name, value, people }: FactProps) {
  const known = useKnown();
  const [code, about] = splitFirst(name, ":");
  return (
    <span className="req-fact">
      <span className="second">{known("detail", code)}</span> {about !== "" && <span className="mono">{about} </span>}
      <Value kind={kind} code={code} value={value} people={people} />
    </span>
  );
}

function Value({ kind, code, value, people }: Omit<FactProps, "name"> & { code: string }) {
  const { t, language } = useWords();
  const known = useKnown();
  const person = usePerson(people);
  const listed = useListed();
  if (code === "confirmed" && MOMENT.test(value)) return <Time at={Number(value)} form="absolute" />;
  if (code === "confirmed") return <>{listed(value.split(" ").map((each) => known("confirm", each)))}</>;
  if (code === "outcome") return <>{known("outcome", value)}</>;
  if (code === "invited_by") return <>{listed(value.split(" ").map(person))}</>;
  const verdict = code === "verdict" ? VERDICTS[value] : undefined;
  if (verdict !== undefined) return <>{t(verdict.text)}</>;
  if (FOUND.has(code) && language !== "en" && (kind === "content" || kind === "subject")) return <>{tailOf(value)}</>;
  return <>{value}</>;
}

/** What a sentence of the desk is about: behind its last colon, or in its parentheses. */
export function tailOf(sentence: string): string {
  return /\(([^()]+)\)$/.exec(sentence)?.[1] ?? /: ([^:]+)$/.exec(sentence)?.[1] ?? "";
}

function splitFirst(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
