// SPDX-License-Identifier: Apache-2.0
/* A new endpoint, or another URL for one: put before two people, for a URL is a way out of the house. */

import { useState } from "react";

import { Banner, Check, Field } from "../../components";
import { FormDialog } from "../../components/form-dialog";
import { useWords } from "../../i18n";
import { usePropose } from "../settings/propose";
import { type Endpoint, offered, wrongUrl } from "./read";

interface EndpointDialogProps {
  /** All types that there are, and what each says. */
  types: Readonly<Record<string, string>>;
  /** The one to change; none: a new one. */
  endpoint?: Endpoint;
  onClose: () => void;
}

/** Leads to the approval when it is proposed. */
export function EndpointDialog({ types, endpoint, onClose }: EndpointDialogProps) {
  const { t } = useWords();
  const propose = usePropose();
  const all = offered(types);
  const [url, setUrl] = useState(endpoint?.url ?? "");
  const [description, setDescription] = useState(endpoint?.description ?? "");
  const [some, setSome] = useState((endpoint?.types.length ?? 0) > 0);
  const [chosen, setChosen] = useState<readonly string[]>(endpoint?.types ?? []);
  const [reason, setReason] = useState("");
  const wrong = wrongUrl(url.trim());
  const ready = wrong === undefined && reason.trim() !== "" && (!some || chosen.length > 0);
  const send = () => {
    const body = { url: url.trim(), types: some ? [...chosen] : [], description: description.trim() };
    return propose(endpoint === undefined ? "POST /v1/webhooks" : `PUT /v1/webhooks/${endpoint.id}`, body, reason.trim());
  };
  return (
    <FormDialog title={t(endpoint === undefined ? "webhooks.createAsk" : "webhooks.changeAsk")} act={t("settings.propose")} missing={ready ? undefined : t("webhooks.missing")} onClose={onClose} onSend={send}>
      <Field mono label={t("webhooks.url")} help={t("webhooks.urlHelp")} value={url} onChange={setUrl} inputMode="url" maxLength={2_000} autoComplete="off" spellCheck={false} {...(url.trim() === "" || wrong === undefined ? {} : { error: t(wrong) })} />
      <Field label={t("webhooks.description")} help={t("webhooks.descriptionHelp")} value={description} onChange={setDescription} maxLength={200} autoComplete="off" />
      <Check label={t("webhooks.allTypesCheck")} checked={!some} onChange={(on) => setSome(!on)} />
      {some && (
        <fieldset>
          <legend>{t("webhooks.types")}</legend>
          <div className="choices">
            {all.map((type) => (
              <Check key={type} label={<code>{type}</code>} checked={chosen.includes(type)} onChange={(on) => setChosen(all.filter((each) => (each === type ? on : chosen.includes(each))))} />
            ))}
          </div>
        </fieldset>
      )}
      <Field label={t("settings.reason")} value={reason} onChange={setReason} maxLength={500} autoComplete="off" />
      <Banner tone="info" icon="people">
        {t("webhooks.two")}
      </Banner>
    </FormDialog>
  );
}
