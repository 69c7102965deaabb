// SPDX-License-Identifier: Apache-2.0
import { Link } from "react-router";

import { Empty, Page } from "../../components";
import { useWords } from "../../i18n";

/** There is no such page. */
export default function MissingPage() {
  const { t } = useWords();
  return (
    <Page title={t("common.missing")}>
      <Empty icon="search" title={t("common.missing")} action={<Link to="/">{t("common.nav.watch")}</Link>}>
        {t("common.missingWhy")}
      </Empty>
    </Page>
  );
}
