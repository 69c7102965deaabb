// SPDX-License-Identifier: Apache-2.0
import { Empty, Page } from "../../components";
import { useWords } from "../../i18n";

export default function ApprovalsPage() {
  const { t } = useWords();
  return (
    <Page title={t("approvals.title")}>
      <Empty icon="people" title={t("common.notYet")} />
    </Page>
  );
}
