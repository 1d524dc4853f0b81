import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keyFileFaults } from "./index.ts";

const id = "ab".repeat(32);
const held = new Set([id]);

test("what others may read, and what is no key, is told; a directory that is not there is fine", async () => {
  const path = await mkdtemp(join(tmpdir(), "countersign-condition-"));
  const folder = join(path, "private");
  const key = join(folder, `${id}.key`);
  try {
    expect(await keyFileFaults(path, held)).toEqual([]);
    await mkdir(folder, { mode: 0o700 });
    await writeFile(key, "key", { mode: 0o644 });
    expect(await keyFileFaults(path, held)).toEqual([]); // nobody else gets into the folder
    await chmod(folder, 0o755);
    expect(await keyFileFaults(path, held)).toEqual([
      { file: "private", fault: "open-to-others" },
      { file: `private/${id}.key`, fault: "open-to-others" },
    ]);
    await chmod(key, 0o600);
    await chmod(folder, 0o700);
    expect(await keyFileFaults(path, new Set())).toEqual([
      { file: `private/${id}.key`, fault: "no-key" },
    ]);
  } finally {
    await rm(path, { recursive: true });
  }
});
