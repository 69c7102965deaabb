// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";

import { amount, duration, relative, shorten, windowClass } from "../src/format";
import { fill } from "../src/i18n";

const HOUR = 3_600_000;

describe("amount", () => {
  it.each([
    ["180490.69", "180,490.69"],
    ["-1234.00", "−1,234.00"],
    ["999", "999"],
    ["0.00000001", "0.00000001"],
    ["123456789012345678901234567890.10", "123,456,789,012,345,678,901,234,567,890.10"],
    ["1e5", "1e5"],
  ])("writes %s as %s without rounding", (given, said) => expect(amount(given)).toBe(said));
});

describe("duration", () => {
  it.each([
    [0, "0 s"],
    [999, "0 s"],
    [9 * 24 * HOUR + 19 * HOUR + 60_000, "9 d 19 h"],
    [24 * HOUR, "1 d"],
    [24 * HOUR + 5_000, "1 d"],
    [3 * HOUR + 8 * 60_000 + 59_000, "3 h 8 min"],
  ])("says %i ms as %s", (given, said) => expect(duration(given, "en")).toBe(said));

  it("speaks Chinese", () => expect(duration(25 * HOUR, "zh")).toBe("1 天 1 小时"));
});

describe("relative", () => {
  it("looks back and ahead", () => {
    expect(relative(0, 3 * HOUR, "en")).toBe("3 h ago");
    expect(relative(9 * HOUR, 0, "en")).toBe("in 9 h");
    expect(relative(0, 3 * HOUR, "zh")).toBe("3 小时前");
  });
});

describe("shorten", () => {
  it("keeps both ends and leaves short ones whole", () => {
    expect(shorten("0123456789abcdef", 4)).toBe("0123…cdef");
    expect(shorten("acc_7Q4MX2ND")).toBe("acc_7Q4MX2ND");
  });
});

describe("windowClass", () => {
  it.each([
    [null, true, "silent"],
    [48, true, "silent"],
    [null, false, "never"],
    [0, false, "zero"],
    [12, false, "short"],
    [23.99, false, "short"],
    [24, false, "ok"],
  ] as const)("hours %s, silent %s: %s", (hours, silent, name) => expect(windowClass(hours, silent)).toBe(name));
});

describe("fill", () => {
  it("chooses the form and groups numbers", () => {
    expect(fill("1 waits | {n} wait", { n: 1 }, "en")).toBe("1 waits");
    expect(fill("1 waits | {n} wait", { n: 8214907 }, "en")).toBe("8,214,907 wait");
    expect(fill("{n} 项", { n: 1 }, "zh")).toBe("1 项");
    expect(fill("kept {missing}", {}, "en")).toBe("kept {missing}");
  });
});
