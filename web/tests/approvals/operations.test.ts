// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { describe as operation } from "../../src/pages/approvals/operations";
import { texts as english } from "../../src/texts/en";

describe("what an operation does", () => {
  it.each([
    ["POST /v1/accounts/u-1/unfreeze", null, "unfreeze", "u-1", "u-1"],
    ["POST /v1/accounts/u%2F1/staff-freeze", null, "staff_freeze", "u/1", null],
    ["POST /v1/accounts/u-1/suspicions/s-9/clear", null, "clear_suspicion", "u-1", null],
    ["POST /v1/accounts/u-1/notices/n-9/confirm", null, "confirm_notice", "u-1", null],
    ["POST /v1/accounts/u-1/erase", null, "erase", "u-1", "u-1"],
    ["POST /v1/actions/act_1/dispute", { uphold: true }, "dispute_uphold", "act_1", "act_1"],
    ["POST /v1/staff/invitations", { email: "omar@example.test", roles: ["legal"] }, "staff_invite", "omar@example.test", null],
    ["POST /v1/staff/st_1/renew", null, "staff_renew", "st_1", null],
    ["PUT /v1/staff/st_1/roles", { roles: ["fraud", "legal"] }, "staff_roles", "st_1", null],
    ["POST /v1/staff/st_1/enable", null, "staff_enable", "st_1", null],
    ["POST /v1/actions/act_1/dispute", { uphold: false }, "dispute_end", "act_1", null],
  ])("%s with %o", (given, body, kind, subject, word) => {
    expect(operation(given, body)).toMatchObject({ kind, subject, word });
  });

  it.each(["GET /v1/accounts/u-1/erase", "POST /v1/accounts/u-1/erase/x", "POST /v1/other", "nonsense", ""])(
    "has no words for %s and asks for the path to be typed",
    (given) => {
      const found = operation(given, null);
      expect(found.kind).toBe("other");
      expect(found.word).toBe(found.path);
    },
  );

  it("has a text for each effect", () => {
    const paths = ["unfreeze", "staff-freeze", "suspicions/s/clear", "notices/n/confirm", "erase", "x"];
    const found = paths.map((path) => operation(`POST /v1/accounts/u/${path}`, null));
    found.push(operation("POST /v1/actions/a/dispute", { uphold: true }), operation("POST /v1/actions/a/dispute", {}));
    found.push(operation("POST /v1/staff/invitations", {}), operation("PUT /v1/staff/s/roles", {}));
    found.push(operation("POST /v1/staff/s/renew", null), operation("POST /v1/staff/s/enable", null));
    expect(new Set(found.map(({ kind }) => kind)).size).toBe(12);
    for (const { kind, effects } of found) {
      expect(english).toHaveProperty([`approvals.op.${kind}`]);
      for (const effect of effects) expect(english).toHaveProperty([`approvals.effect.${effect}`]);
    }
  });
});
