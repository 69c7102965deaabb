// SPDX-License-Identifier: Apache-2.0
import { Banner } from "../../components";
import { useWords } from "../../i18n";
import { byName, obstacle } from "../../webauthn";

/** Why passkeys cannot work at this address, and where they do. Nothing if they can. */
export function ObstacleBanner() {
  const { t } = useWords();
  const why = obstacle();
  if (why === null) return null;
  const local = location.hostname === "127.0.0.1" || location.hostname === "[::1]";
  return (
    <Banner tone="warn">
      {t(`signin.obstacle.${why}`)} {why === "address" && local && <a href={byName()}>{t("signin.openByName")}</a>}
    </Banner>
  );
}
