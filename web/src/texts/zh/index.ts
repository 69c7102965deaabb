// SPDX-License-Identifier: Apache-2.0
import { account } from "./account";
import { accounts } from "./accounts";
import { approvals } from "./approvals";
import { brakes } from "./brakes";
import { common } from "./common";
import { desk } from "./desk";
import { log } from "./log";
import { policies } from "./policies";
import { publishing } from "./publishing";
import { registry } from "./registry";
import { requests } from "./requests";
import { requestsMore } from "./requests-more";
import { requestWords } from "./requests-words";
import { settings } from "./settings";
import { signin } from "./signin";
import { watch } from "./watch";
import { webhooks } from "./webhooks";
import type { Texts } from "..";

export { server } from "./server";

/** All Chinese texts. */
export const texts: Texts = {
  ...common,
  ...signin,
  ...watch,
  ...accounts,
  ...account,
  ...approvals,
  ...brakes,
  ...policies,
  ...publishing,
  ...desk,
  ...requests,
  ...requestsMore,
  ...requestWords,
  ...registry,
  ...log,
  ...settings,
  ...webhooks,
};
