/** A process to be killed: appends its standard input to a new upload, and says when enough went in. */
import { Transform } from "node:stream";
import { parseUploadId } from "#services/registry";
import { openDiskBlobStore } from "../disk-blob-store.ts";

const [directory = "", id = "", sayAfter = ""] = process.argv.slice(2);
const o = { signal: new AbortController().signal };
const upload = parseUploadId(id);
let bytes = 0;
const body = new Transform({
  transform(chunk: Buffer, _encoding, done) {
    bytes += chunk.length;
    if (bytes >= Number(sayAfter)) process.stdout.write("enough\n");
    done(undefined, chunk);
  },
});

const store = await openDiskBlobStore({ directory, clock: () => Date.now() });
await store.begin(upload, o);
await store.append(upload, { body: process.stdin.pipe(body), maxBytes: 2 ** 30 }, o);
