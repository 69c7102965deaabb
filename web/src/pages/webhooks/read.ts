// SPDX-License-Identifier: Apache-2.0
/* Endpoints and their deliveries over HTTP, and what a URL must look like before two people are asked about it. */

import { client, keyed, type Schemas, unwrap } from "../../api/client";
import type { Tone } from "../../components";
import type { Key } from "../../i18n";

export type Endpoint = Schemas["EndpointView"];
export type Delivery = Schemas["WebhookDeliveryView"];

export const STATES: Record<string, { tone: Tone; text: Key }> = {
  working: { tone: "ok", text: "webhooks.state.working" },
  failing: { tone: "danger", text: "webhooks.state.failing" },
  disabled: { tone: "warn", text: "webhooks.state.disabled" },
};
export const RESULTS: Record<string, { tone: Tone; text: Key }> = {
  delivered: { tone: "ok", text: "webhooks.result.delivered" },
  failed: { tone: "warn", text: "webhooks.result.failed" },
  given_up: { tone: "danger", text: "webhooks.result.given_up" },
};
/** Sent by the button only: nobody asks for it. */
const TEST = "test";

/** All endpoints, oldest first, and all types of messages. */
export function readEndpoints(signal: AbortSignal): Promise<Schemas["EndpointList"]> {
  return unwrap(client.GET("/v1/webhooks", { signal }));
}

/** The newest 200 tries of one endpoint, newest first. */
export function readDeliveries(webhook: string, signal: AbortSignal): Promise<Schemas["DeliveryList"]> {
  return unwrap(client.GET("/v1/webhooks/{webhook}/deliveries", { params: { path: { webhook } }, signal }));
}

/** What one administrator may do alone. A call is one press: each has an Idempotency-Key of its own. */
export const acts = {
  test: (webhook: string) => unwrap(client.POST("/v1/webhooks/{webhook}/test", { params: { ...keyed(), path: { webhook } } })),
  enable: (webhook: string) => unwrap(client.POST("/v1/webhooks/{webhook}/enable", { params: { ...keyed(), path: { webhook } } })),
  disable: (webhook: string) => unwrap(client.POST("/v1/webhooks/{webhook}/disable", { params: { ...keyed(), path: { webhook } } })),
  renew: (webhook: string) => unwrap(client.POST("/v1/webhooks/{webhook}/secret", { params: { ...keyed(), path: { webhook } } })),
  remove: (webhook: string) => unwrap(client.DELETE("/v1/webhooks/{webhook}", { params: { ...keyed(), path: { webhook } } })),
  replay: (webhook: string, delivery: string) => unwrap(client.POST("/v1/webhooks/{webhook}/deliveries/{delivery}/replay", { params: { ...keyed(), path: { webhook, delivery } } })),
  replayFailed: (webhook: string, since: number) => unwrap(client.POST("/v1/webhooks/{webhook}/replay", { params: { ...keyed(), path: { webhook } }, body: { since } })),
};

/** Types that an endpoint can ask for, in the order of the server. */
export function offered(types: Readonly<Record<string, string>>): string[] {
  return Object.keys(types).filter((type) => type !== TEST);
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Why this URL would be refused when it is carried out, after two people have signed; undefined: it may do.
 * Networks are the server's to judge. http reaches loopback only, and only where the settings permit it.
 */
export function wrongUrl(text: string): Key | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "webhooks.urlWrong";
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname))) return "webhooks.urlHttps";
  if (url.username !== "" || url.password !== "") return "webhooks.urlUser";
  return text.includes("#") ? "webhooks.urlFragment" : undefined;
}

const ANSWERED = /^answered (\d+)$/;
const SAID: Record<string, Key> = {
  "no answer in time": "webhooks.error.late",
  "no connection": "webhooks.error.connection",
  "its certificate does not verify": "webhooks.error.certificate",
  "the host lies in a network that is not public": "webhooks.error.network",
};

/** The text for an error of a try; undefined: it is shown as it came. */
export function errorText(error: string): { key: Key; status: string } | undefined {
  const status = ANSWERED.exec(error)?.[1];
  if (status !== undefined) return { key: "webhooks.error.answered", status };
  const key = SAID[error];
  return key === undefined ? undefined : { key, status: "" };
}

/** Messages whose tries all failed, of those that are kept: what "send failed again" would send. */
export function lostMessages(deliveries: readonly Delivery[]): Set<string> {
  const through = new Set(deliveries.filter((each) => !failed(each)).map((each) => each.message));
  return new Set(deliveries.map((each) => each.message).filter((message) => !through.has(message)));
}

/** Whether a try did not get through. */
export function failed(delivery: Delivery): boolean {
  return delivery.result !== "delivered";
}
