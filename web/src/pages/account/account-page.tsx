// SPDX-License-Identifier: Apache-2.0
import { Empty, Page } from "../../components";
import { useWords } from "../../i18n";

export default function AccountPage() {
  const { t } = useWords();
  return (
    <Page title={t("account.title")}>
      <Empty icon="user" title={t("common.notYet")} />
    </Page>
  );
}
