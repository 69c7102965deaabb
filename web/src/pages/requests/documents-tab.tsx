// SPDX-License-Identifier: Apache-2.0
/* The documents of a request as they were received, with the places that the findings are about. */

import { Link } from "react-router";

import { Empty, Loading, Panel, ProblemBanner, Segment, useFilter } from "../../components";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { VerdictBadge } from "../desk/desk-page";
import { Findings } from "../desk/findings";
import { useMarked } from "../desk/marked";
import { Pages } from "../desk/pages";
import { type DocumentReport, readDocument } from "../desk/read";
import type { Part } from "./request-page";
import "../desk/desk.css";

/** One document at a time; which one stands in the URL. */
export function DocumentsTab({ report: { request } }: Part) {
  const { t } = useWords();
  const [given, setGiven] = useFilter("document");
  const id = request.documents.find((each) => each === given) ?? request.documents[0];
  const asked = useResource(id === undefined ? null : `desk ${id}`, (signal) => readDocument(id ?? "", signal));
  const options = request.documents.map((value, index) => ({ value, label: t("requests.documentNumber", { n: index + 1 }) }));
  if (id === undefined) {
    return (
      <Empty icon="doc" title={t("requests.noDocument")}>
        {t("requests.noDocumentWhy")}
      </Empty>
    );
  }
  return (
    <>
      {options.length > 1 && <Segment label={t("requests.documents")} value={id} options={options} onChange={setGiven} />}
      {asked.error !== undefined && <ProblemBanner problem={asked.error} retry={asked.reload} />}
      {asked.data !== undefined ? <One key={id} report={asked.data} /> : asked.error === undefined && <Loading lines={8} />}
    </>
  );
}

function One({ report }: { report: DocumentReport }) {
  const { t } = useWords();
  const { document, examinations } = report;
  const shown = examinations.at(-1);
  const { marks, ...marked } = useMarked(shown?.findings ?? []);
  return (
    <div className="req-document">
      <Pages document={document} pages={shown?.pages ?? 0} marks={marks} {...marked} />
      <Panel bare title={document.name} note={<VerdictBadge verdict={document.verdict} />} foot={<Link to={`/desk/${document.id}`}>{t("requests.wholeDocument")}</Link>}>
        <Findings marks={marks} marked={marked.marked} onMark={marked.onMark} />
      </Panel>
    </div>
  );
}
