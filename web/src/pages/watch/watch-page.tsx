// SPDX-License-Identifier: Apache-2.0
import { Empty, Page } from "../../components";
import { useWords } from "../../i18n";
import "./watch.css";
export default function WatchPage() {
  const { t } = useWords();
  return (
    <Page title={t("watch.title")}>
      <Empty icon="watch" title={t("common.notYet")} />
    </Page>
  );
}
