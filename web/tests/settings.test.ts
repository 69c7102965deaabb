// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { headersFor } from "../src/api/client";
import { readCheckpoint } from "../src/components/shell/rail";
import { agentName } from "../src/pages/settings/agent";
import { readJwk } from "../src/pages/settings/keys-part";
import { conflict } from "../src/pages/settings/staff-dialogs";
import { destination } from "../src/pages/signin/signin-page";
import { setPurpose } from "../src/purpose";
import { obstacle } from "../src/webauthn";

describe("destination after signing in", () => {
  it.each([
    ["/accounts/u-1?x=1", "/accounts/u-1?x=1"],
    ["//evil.test/", "/"],
    ["/\\evil.test", "/"],
    ["https://evil.test", "/"],
    ["javascript:alert(1)", "/"],
    [null, "/"],
  ])("%s leads to %s", (given, led) => expect(destination(given)).toBe(led));
});

describe("headers of a call", () => {
  it("marks our own page, keys writes and states the purpose as UTF-8 bytes", () => {
    setPurpose("u-1", "核对 call");
    const read = headersFor("GET", "/v1/accounts/u-1/events", new Headers());
    expect(read.get("X-Counterseal")).toBe("console");
    expect(read.has("Idempotency-Key")).toBe(false);
    const bytes = Uint8Array.from(read.get("Purpose") ?? "", (each) => each.charCodeAt(0));
    expect(new TextDecoder().decode(bytes)).toBe("核对 call");
    expect(headersFor("GET", "/v1/accounts/u-2", new Headers()).has("Purpose")).toBe(false);
    const first = headersFor("POST", "/v1/tokens", new Headers()).get("Idempotency-Key");
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(headersFor("POST", "/v1/tokens", new Headers()).get("Idempotency-Key")).not.toBe(first);
  });
});

describe("duties", () => {
  it("stay apart", () => {
    expect(conflict(["policy_editor", "policy_publisher"])).toBe("settings.apartPolicy");
    expect(conflict(["administrator", "legal"])).toBe("settings.apartAdmin");
    expect(conflict(["administrator", "policy_publisher"])).toBeNull();
  });
});

describe("a public key", () => {
  it.each([
    ["{", "settings.jwkNotJson"],
    ["[]", "settings.jwkWrong"],
    ['{"kty":"EC","crv":"P-256","x":"a"}', "settings.jwkWrong"],
    ['{"kty":"OKP","crv":"Ed25519","x":"a","d":"secret"}', "settings.jwkPrivate"],
  ])("%s is refused: %s", (text, why) => expect(readJwk(text)).toBe(why));
  it("passes whole", () => expect(readJwk('{"kty":"OKP","crv":"Ed25519","x":"a"}')).toEqual({ kty: "OKP", crv: "Ed25519", x: "a" }));
});

describe("names of browsers", () => {
  const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
  const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1";
  it.each([
    [chrome, "Chrome 140, Linux"],
    [`${chrome} Edg/140.0`, "Edge 140, Linux"],
    [safari, "Safari 19, iOS"],
    ["curl/8.5.0", "curl/8.5.0"],
  ])("%s", (agent, name) => expect(agentName(agent)).toBe(name));
});

describe("a checkpoint", () => {
  it("says size and time", () => {
    const note = "counterseal.local/log\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\ntime 1717891200000\nepoch 1\n\n— counterseal.local/log abc\n";
    expect(readCheckpoint(note)).toEqual({ size: 42, time: 1717891200000 });
  });
});

describe("where passkeys work", () => {
  const at = (host: string) => obstacle(new URL(`http://${host}:8400/console/`) as unknown as Location);
  it("is a name, never an address", () => {
    expect(at("127.0.0.1")).toBe("address");
    expect(at("[::1]")).toBe("address");
    expect(at("localhost")).not.toBe("address");
  });
});
