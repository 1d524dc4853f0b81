/** A process that collects garbage all the time, until its standard input ends; then says how many blobs it took. */
import { join } from "node:path";
import { openDatabase, openDiskBlobStore, sqlRegistryStore } from "#adapters/storage";
import { createRegistryService } from "#services/registry";

const [directory = ""] = process.argv.slice(2);
const o = { signal: new AbortController().signal };
const clock = (): number => Date.now();
const database = await openDatabase(join(directory, "registry.sqlite"));
const registry = createRegistryService({
  blobs: await openDiskBlobStore({ directory: join(directory, "blobs"), clock }),
  store: sqlRegistryStore(database),
  clock,
  graceSeconds: 60,
});

let isOver = false;
process.stdin.on("end", () => (isOver = true)).resume();
let removed = 0;
process.stdout.write("begun\n");
while (!isOver) removed += (await registry.collectGarbage(o)).removedBlobs;
await database.destroy();
process.stdout.write(`${removed}\n`);
