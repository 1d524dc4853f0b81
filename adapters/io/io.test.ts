import { createHash } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFileAtomically } from "./atomic-file.ts";
import { FileSink } from "./file-sink.ts";
import { Meter } from "./meter.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "countersign-"));
});
afterAll(() => rm(directory, { recursive: true }));
const signal = new AbortController().signal;

test("bytes go through meter and sink unchanged, counted and hashed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 40 }),
      async (parts) => {
        const whole = Buffer.concat(parts);
        const meter = new Meter({ maxBytes: whole.length });
        const path = join(directory, "through");
        const file = await open(path, "w");
        await pipeline(
          Readable.from(parts.map((part) => Buffer.from(part))),
          meter,
          new FileSink(file, 0),
        );
        await file.close();
        expect(await readFile(path)).toEqual(whole);
        expect(meter.bytes).toBe(whole.length);
        expect(meter.sha256()).toBe(createHash("sha256").update(whole).digest("hex"));
      },
    ),
    { numRuns: 30 },
  );
});

test("the byte beyond the limit ends the stream and is not passed on", async () => {
  const path = join(directory, "limited");
  const file = await open(path, "w");
  const sink = new FileSink(file, 0);
  const body = Readable.from([Buffer.alloc(6), Buffer.alloc(5)]);
  await expect(pipeline(body, new Meter({ maxBytes: 10 }), sink)).rejects.toMatchObject({
    code: "io/too-large",
  });
  await sink.idle();
  await file.close();
  expect((await stat(path)).size).toBeLessThanOrEqual(6);
});

test("a file is replaced whole, keeps its mode and leaves nothing beside it", async () => {
  const path = join(directory, "key.pem");
  await writeFileAtomically(path, "old", { signal, mode: 0o600 });
  await writeFileAtomically(path, "new", { signal, mode: 0o600 });
  expect(await readFile(path, "utf8")).toBe("new");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).not.toContainEqual(expect.stringContaining(".partial"));
});

test("a write that is called off changes nothing", async () => {
  const path = join(directory, "kept");
  await writeFileAtomically(path, "old", { signal });
  await expect(
    writeFileAtomically(path, "new", { signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ name: "AbortError" });
  expect(await readFile(path, "utf8")).toBe("old");
});
