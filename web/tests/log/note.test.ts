// SPDX-License-Identifier: Apache-2.0
// @vitest-environment node
import { describe, expect, it } from "vitest";
import { NoteError, openCheckpoint, parseVerifierKey } from "../../src/pages/log/note";
import vectors from "./vectors.json";

const { notes } = vectors;

async function faultOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (error: unknown) => (error instanceof NoteError ? error.fault : String(error)),
  );
}

describe("checkpoint", () => {
  it("opens the server's note", async () => {
    const found = await openCheckpoint(notes.good, await parseVerifierKey(notes.key));
    expect(found).toMatchObject({ origin: "counterseal.test/log", size: 21, time: notes.time, epoch: 1, others: [] });
    expect(found.rootText).toBe((vectors.roots as Record<string, string>)["21"]);
  });

  it("names the other signatures", async () => {
    const found = await openCheckpoint(notes.cosigned, await parseVerifierKey(notes.key));
    expect(found.others.map((line) => line.name)).toEqual(["witness.test"]);
  });

  it.each(Object.entries(notes.refused))("refuses one that is %s", async (fault, note) => {
    expect(await faultOf(openCheckpoint(note, await parseVerifierKey(notes.key)))).toBe(fault);
  });

  it("refuses a wrong signature of its key also beside a right one", async () => {
    const good = notes.good.split("\n");
    const line = good.at(-2) ?? "";
    const spoiled = line.slice(0, 60) + (line[60] === "A" ? "B" : "A") + line.slice(61);
    expect(spoiled).not.toBe(line);
    const note = [...good.slice(0, -1), spoiled, ""].join("\n");
    expect(await faultOf(openCheckpoint(note, await parseVerifierKey(notes.key)))).toBe("signature");
  });
});

describe("verifier key", () => {
  it.each(["", "name", "name+00000000+AAAA", notes.key.replace("counterseal", "other"), `${notes.key}A`])(
    "refuses %s",
    async (text) => {
      expect(await faultOf(parseVerifierKey(text))).toBe("key");
    },
  );
});
