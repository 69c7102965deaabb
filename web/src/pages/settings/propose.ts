// SPDX-License-Identifier: Apache-2.0
import { useNavigate } from "react-router";

import { call, idempotencyKey } from "../../api/client";

/** Put an operation that takes two before two people, and lead to it. */
export function usePropose(): (operation: string, body: Record<string, unknown> | null, reason: string) => Promise<void> {
  const navigate = useNavigate();
  return async (operation, body, reason) => {
    const headers = { "Idempotency-Key": idempotencyKey() };
    const made = await call<{ id: string }>("POST", "/v1/approvals", { body: { operation, body, reason }, headers });
    await navigate(`/approvals/${made.id}`);
  };
}
