// SPDX-License-Identifier: Apache-2.0
/* One endpoint: how it stands, what was sent, and what one administrator may do. */

import { useCallback, useEffect, useState } from "react";
import { Link, useNavigate } from "react-router";

import { client, unwrap } from "../../api/client";
import { Banner, Button, Confirm, Empty, Id, Loading, Page, Panel, ProblemBanner, Time } from "../../components";
import { type Key, Rich, useWords } from "../../i18n";
import { useSession } from "../../session";
import { useAct } from "../../use-act";
import { useResource } from "../../use-resource";
import { DisableDialog, RenewDialog, ReplayDialog } from "./act-dialogs";
import { DeliveriesPanel } from "./deliveries";
import { EndpointDialog } from "./endpoint-dialog";
import { acts, type Endpoint, readDeliveries, readEndpoints } from "./read";
import { State } from "./webhooks-page";

const EVERY = 5_000;
const SOON = 700;
const HURRY = 15_000;

type Open = "change" | "renew" | "disable" | "replay" | "remove";

/** How often to read (ms): often for a while after something was sent, since its try is waited for. */
function usePace(): [number, () => void] {
  const [sent, setSent] = useState(0);
  useEffect(() => {
    if (sent === 0) return;
    const timer = setTimeout(() => setSent(0), HURRY);
    return () => clearTimeout(timer);
  }, [sent]);
  return [sent === 0 ? EVERY : SOON, useCallback(() => setSent((n) => n + 1), [])];
}

/** The page of one endpoint; read again by itself, since tries come by themselves. */
export function EndpointPage({ id }: { id: string }) {
  const { t } = useWords();
  const [pace, hurry] = usePace();
  const asked = useResource("webhooks", readEndpoints, pace);
  const crumbs = [{ label: t("webhooks.title"), to: "/webhooks" }];
  const endpoint = asked.data?.items.find((each) => each.id === id);
  if (asked.data === undefined || endpoint === undefined) {
    return (
      <Page title={t("webhooks.title")} crumbs={crumbs}>
        <div className="page-body wh">
          {asked.data !== undefined ? (
            <Empty icon="globe" title={t("webhooks.unknown")} action={<Link to="/webhooks">{t("webhooks.toAll")}</Link>}>
              {t("webhooks.unknownWhy")}
            </Empty>
          ) : asked.error !== undefined ? (
            <ProblemBanner problem={asked.error} retry={asked.reload} />
          ) : (
            <Loading lines={6} />
          )}
        </div>
      </Page>
    );
  }
  return <Known endpoint={endpoint} types={asked.data.types} pace={pace} onHurry={hurry} onChange={asked.reload} />;
}

interface KnownProps {
  endpoint: Endpoint;
  types: Readonly<Record<string, string>>;
  /** How often the tries are read, ms. */
  pace: number;
  onHurry: () => void;
  onChange: () => void;
}

function Known({ endpoint, types, pace, onHurry, onChange }: KnownProps) {
  const { t } = useWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const person = usePeople();
  const tries = useResource(`webhook ${endpoint.id}`, (signal) => readDeliveries(endpoint.id, signal), pace);
  const [open, setOpen] = useState<Open | null>(null);
  const [said, setSaid] = useState("");
  const { busy, problem, run } = useAct();
  const admin = may("admin");
  const disabled = endpoint.disabled_at !== null;
  const again = () => {
    onChange();
    tries.reload();
  };
  const ask = (next: Open) => {
    setSaid("");
    setOpen(next);
  };
  const close = () => {
    setOpen(null);
    again();
  };
  const act = async (work: () => Promise<unknown>, text: Key) => {
    setSaid("");
    if (await run(work)) {
      setSaid(t(text));
      onHurry();
    }
    again();
  };
  const sent = (count: number) => {
    setSaid(t(count === 0 ? "webhooks.nothingSent" : "webhooks.sentAgain", { n: count }));
    onHurry();
    again();
  };
  const remove = async () => {
    if (await run(() => acts.remove(endpoint.id))) await navigate("/webhooks");
    else setOpen(null);
  };
  const head = (
    <>
      {may("approvals:write") && <Button onClick={() => ask("change")}>{t("webhooks.change")}</Button>}
      {disabled ? (
        <Button kind="primary" busy={busy} onClick={() => void act(() => acts.enable(endpoint.id), "webhooks.enabled")}>
          {t("webhooks.enable")}
        </Button>
      ) : (
        <>
          <Button onClick={() => ask("disable")}>{t("webhooks.disableDots")}</Button>
          <Button kind="primary" busy={busy} onClick={() => void act(() => acts.test(endpoint.id), "webhooks.tested")}>
            {t("webhooks.test")}
          </Button>
        </>
      )}
    </>
  );
  return (
    <Page
      title={endpoint.description === "" ? endpoint.url : endpoint.description}
      crumbs={[{ label: t("webhooks.title"), to: "/webhooks" }]}
      badges={<State state={endpoint.state} />}
      meta={<Id value={endpoint.id} />}
      actions={admin ? head : undefined}
    >
      <div className="page-body wh wh--one">
        <Trouble endpoint={endpoint} person={person} />
        {said !== "" && (
          <div className="wh__said">
            <Banner tone="ok" live>
              {said}
            </Banner>
          </div>
        )}
        {problem !== null && (
          <div className="wh__said">
            <ProblemBanner problem={problem} />
          </div>
        )}
        <DeliveriesPanel endpoint={endpoint} asked={tries} admin={admin} onReplayFailed={() => ask("replay")} onSent={sent} />
        <Facts endpoint={endpoint} person={person} admin={admin} onOpen={ask} />
      </div>
      {open === "change" && <EndpointDialog types={types} endpoint={endpoint} onClose={close} />}
      {open === "renew" && <RenewDialog endpoint={endpoint} onClose={close} />}
      {open === "disable" && <DisableDialog endpoint={endpoint} onClose={close} />}
      {open === "replay" && <ReplayDialog endpoint={endpoint} onClose={close} onSent={sent} />}
      {open === "remove" && (
        <Confirm
          title={t("webhooks.removeAsk")}
          effects={[{ text: t("webhooks.removeSecret"), icon: "warn" }, { text: t("webhooks.removeWaits"), icon: "warn" }, { text: t("webhooks.removeLog") }]}
          word={endpoint.id}
          keep={t("settings.keep")}
          act={t("webhooks.removeAct")}
          onKeep={() => setOpen(null)}
          onAct={remove}
        />
      )}
    </Page>
  );
}

type PersonOf = (caller: string) => string;

/** Names of staff by `staff:ID` or ID; what is not staff (a token) is shown as it is. */
function usePeople(): PersonOf {
  const { may } = useSession();
  const asked = useResource(may("staff:read") ? "staff" : null, (signal) => unwrap(client.GET("/v1/staff", { signal })));
  const names = new Map((asked.data?.items ?? []).map((each) => [each.id, each.name]));
  return (caller) => names.get(caller.replace(/^staff:/, "")) ?? caller;
}

function Trouble({ endpoint, person }: { endpoint: Endpoint; person: PersonOf }) {
  const { disabled_at: disabled, disabled_by: by, failing_since: failing } = endpoint;
  if (disabled !== null) {
    const key = by === "failures" || by === "receiver" ? (`webhooks.off.${by}` as const) : "webhooks.off.person";
    return (
      <div className="wh__said">
        <Banner tone="warn" icon="pause">
          <Rich k={key} parts={{ at: <Time at={disabled} />, who: <b>{person(by)}</b> }} />
        </Banner>
      </div>
    );
  }
  if (failing === null) return null;
  return (
    <div className="wh__said">
      <Banner tone="danger">
        <Rich k="webhooks.failingBanner" parts={{ at: <Time at={failing} /> }} />
      </Banner>
    </div>
  );
}

interface FactsProps {
  endpoint: Endpoint;
  person: PersonOf;
  admin: boolean;
  onOpen: (open: Open) => void;
}

function Facts({ endpoint, person, admin, onOpen }: FactsProps) {
  const { t } = useWords();
  const foot = admin ? (
    <>
      <Button onClick={() => onOpen("renew")}>{t("webhooks.renew")}</Button>
      <Button kind="danger" onClick={() => onOpen("remove")}>
        {t("webhooks.remove")}
      </Button>
    </>
  ) : undefined;
  return (
    <Panel title={t("webhooks.facts")} {...(foot === undefined ? {} : { foot })}>
      <dl className="kv">
        <dt>{t("webhooks.url")}</dt>
        <dd className="wh-whole">
          <Id value={endpoint.url} />
        </dd>
        <dt>{t("webhooks.types")}</dt>
        <dd>{endpoint.types.length === 0 ? t("webhooks.allTypes") : <Types types={endpoint.types} />}</dd>
        <dt>{t("webhooks.succeeded")}</dt>
        <dd>{endpoint.succeeded_at === null ? t("webhooks.never") : <Time at={endpoint.succeeded_at} />}</dd>
        <dt>{t("webhooks.failingSince")}</dt>
        <dd>{endpoint.failing_since === null ? t("webhooks.notFailing") : <Time at={endpoint.failing_since} />}</dd>
        <dt>{t("webhooks.secret")}</dt>
        <dd>{t(endpoint.secrets > 1 ? "webhooks.secretTwo" : "webhooks.secretOne")}</dd>
        <dt>{t("webhooks.officers")}</dt>
        <dd>{endpoint.officers.map(person).join(", ")}</dd>
        <dt>{t("webhooks.created")}</dt>
        <dd>
          <Time at={endpoint.created} />
        </dd>
      </dl>
    </Panel>
  );
}

function Types({ types }: { types: readonly string[] }) {
  return (
    <span className="wh-lines">
      {types.map((type) => (
        <code key={type}>{type}</code>
      ))}
    </span>
  );
}
