// SPDX-License-Identifier: Apache-2.0
/* The judicial desk: documents handed in, or one of them. */

import { Link, useNavigate, useParams } from "react-router";

import { Badge, type Column, Empty, Page, Panel, Table, Time } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import { useResource } from "../../use-resource";
import { DocumentPage } from "./document";
import { HandIn } from "./hand-in";
import { bytesText, type Document, readDocuments, sourceKey, VERDICTS } from "./read";
import "./desk.css";

const EVERY = 10_000;

export default function DeskPage() {
  const { document } = useParams();
  return document === undefined ? <Documents /> : <DocumentPage key={document} id={document} />;
}

/** A verdict as a badge; a word that we do not know is shown as it is. */
export function VerdictBadge({ verdict }: { verdict: string }) {
  const { t } = useWords();
  const known = VERDICTS[verdict];
  if (known === undefined) return <Badge>{verdict}</Badge>;
  return (
    <Badge tone={known.tone} icon={known.icon}>
      {t(known.text)}
    </Badge>
  );
}

function Documents() {
  const { t } = useWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const asked = useResource("desk documents", readDocuments, EVERY);
  const columns: Column<Document>[] = [
    { key: "name", head: t("desk.document"), className: "desk-name", cell: (each) => <Name document={each} /> },
    { key: "verdict", head: t("desk.verdict"), cell: (each) => <VerdictBadge verdict={each.verdict} /> },
    { key: "kind", head: t("desk.kind"), className: "desk-wide", cell: (each) => `${each.kind}, ${bytesText(each.size)}` },
    { key: "source", head: t("desk.source"), className: "desk-wide", cell: (each) => t(sourceKey(each.source)) },
    { key: "received", head: t("desk.received"), cell: (each) => <Time at={each.received} /> },
  ];
  return (
    <Page title={t("desk.title")} meta={<span>{t("desk.lead")}</span>}>
      <div className="page-body desk">
        {may("desk:write") && <HandIn onDone={asked.reload} />}
        <Panel bare title={t("desk.documents")} note={t("desk.documentsNote")} foot={<span className="small">{t("desk.foot")}</span>}>
          <Table
            caption={t("desk.documents")}
            className="desk-list"
            columns={columns}
            rows={asked.data?.items ?? []}
            rowKey={(each) => each.id}
            from={asked}
            onOpen={(each) => void navigate(`/desk/${each.id}`)}
            empty={
              <Empty icon="doc" title={t("desk.none")}>
                {t("desk.noneWhy")}
              </Empty>
            }
          />
        </Panel>
      </div>
    </Page>
  );
}

function Name({ document }: { document: Document }) {
  const { t } = useWords();
  return (
    <span className="desk-lines">
      <Link to={`/desk/${document.id}`}>{document.name}</Link>
      {document.first !== null && <span className="small second">{t("desk.copy")}</span>}
    </span>
  );
}
