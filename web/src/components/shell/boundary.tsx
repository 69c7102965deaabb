// SPDX-License-Identifier: Apache-2.0
/* What is shown when a page itself fails: the rest of the console goes on. */

import { useRouteError } from "react-router";

import { Problem } from "../../api/client";
import { useWords } from "../../i18n";
import { Button } from "../button";
import { Empty } from "../states";

/** A chunk that is gone after an update, or a fault of ours: reloading is the way out of both. */
export function PageFailed() {
  const { t } = useWords();
  const error = useRouteError();
  const code = error instanceof Problem ? error.code : error instanceof Error ? error.message : String(error);
  return (
    <Empty icon="warn" title={t("common.pageFailed")} action={<Button onClick={() => location.reload()}>{t("common.reload")}</Button>}>
      {t("common.pageFailedWhy")} <code>{code}</code>
    </Empty>
  );
}
