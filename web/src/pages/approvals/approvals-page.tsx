// SPDX-License-Identifier: Apache-2.0
/* Approvals: the queue, and one of them with what it will do, its exact object and its two signatures. */

import { useParams } from "react-router";

import { Empty, Page } from "../../components";
import { useWords } from "../../i18n";
import { useSession } from "../../session";
import "./approvals.css";
import { Detail } from "./detail";
import { Queue } from "./queue";

/** The queue, or with an id in the path one approval. */
export default function ApprovalsPage() {
  const { t } = useWords();
  const { may, who } = useSession();
  const { approval } = useParams();
  if (!may("approvals:write")) {
    return (
      <Page title={t("approvals.title")}>
        <Empty icon="lock" title={t("approvals.no_access")}>
          {t("approvals.no_access_text", { roles: (who?.staff.roles ?? []).map((role) => t(`common.role.${role}`)).join(", ") })}
        </Empty>
      </Page>
    );
  }
  return approval === undefined ? <Queue /> : <Detail key={approval} id={approval} />;
}
