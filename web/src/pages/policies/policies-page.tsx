// SPDX-License-Identifier: Apache-2.0
import { Empty, Page } from "../../components";
import { useWords } from "../../i18n";
import "./policies.css";
export default function PoliciesPage() {
  const { t } = useWords();
  return (
    <Page title={t("policies.title")}>
      <Empty icon="lab" title={t("common.notYet")} />
    </Page>
  );
}
