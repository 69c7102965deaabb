// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { describe as operation } from "../../src/pages/approvals/operations";
import { type Delivery, errorText, lostMessages, offered, wrongUrl } from "../../src/pages/webhooks/read";
import { texts as english } from "../../src/texts/en";

describe("a URL before two people are asked about it", () => {
  it.each(["https://hooks.example.test/counterseal?desk=risk", "http://127.0.0.1:8080/hook", "http://localhost/", "http://[::1]:9/"])("%s may do", (url) => {
    expect(wrongUrl(url)).toBeUndefined();
  });

  it.each([
    ["", "webhooks.urlWrong"],
    ["hooks.example.test", "webhooks.urlWrong"],
    ["http://hooks.example.test/", "webhooks.urlHttps"],
    ["http://127.0.0.1.example.test/", "webhooks.urlHttps"],
    ["ftp://localhost/", "webhooks.urlHttps"],
    ["https://ada:word@hooks.example.test/", "webhooks.urlUser"],
    ["https://hooks.example.test/#", "webhooks.urlFragment"],
  ])("%s is refused", (url, key) => {
    expect(wrongUrl(url)).toBe(key);
  });
});

describe("what a try says", () => {
  it("has words for the server's errors and shows others as they came", () => {
    expect(errorText("answered 503")).toEqual({ key: "webhooks.error.answered", status: "503" });
    expect(errorText("no connection")).toEqual({ key: "webhooks.error.connection", status: "" });
    expect(errorText("answered 503 times")).toBeUndefined();
  });

  it("offers every type but the test button's", () => {
    expect(offered({ "account.frozen": "", test: "", "seal.issued": "" })).toEqual(["account.frozen", "seal.issued"]);
  });
});

describe("what is lost", () => {
  const attempt = (message: string, result: string): Delivery => ({ id: `dl_${message}_${result}`, message, type: "test", at: 1, status: 0, ms: 1, result, error: "", tries: 1 });

  it("is every message that no try brought through, once", () => {
    const tries = [attempt("a", "failed"), attempt("b", "delivered"), attempt("b", "failed"), attempt("a", "failed"), attempt("c", "given_up")];
    expect([...lostMessages(tries)]).toEqual(["a", "c"]);
  });
});

describe("an approval of an endpoint", () => {
  const body = { url: "https://hooks.example.test/", types: [], description: "" };

  it("names the URL, and which endpoint changes", () => {
    expect(operation("POST /v1/webhooks", body)).toMatchObject({ kind: "webhook_create", subject: body.url, about: "", word: null });
    expect(operation("PUT /v1/webhooks/wh_1", body)).toMatchObject({ kind: "webhook_change", subject: body.url, about: "wh_1", word: null });
    expect(operation("POST /v1/webhooks/wh_1", body).kind).toBe("other");
  });

  it("has a text for each effect", () => {
    for (const given of ["POST /v1/webhooks", "PUT /v1/webhooks/wh_1"]) {
      for (const effect of operation(given, body).effects) expect(english).toHaveProperty([`approvals.effect.${effect}`]);
    }
  });
});
