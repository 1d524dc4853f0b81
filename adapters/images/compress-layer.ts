import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { PassThrough, Transform, type Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Options } from "#domain/kernel";
import { digestHex, parseDigest, type Digest } from "#domain/oci";
import type { Content } from "#services/publisher";
import { fileError, ImagesError } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { packingOf, unpacking } from "./packing.ts";
import { brokenPacking } from "./set-aside.ts";
import type { WorkFolder } from "./work-folder.ts";

export type CompressedLayer = { readonly digest: Digest; readonly content: Content };

/**
 * Puts a layer aside as gzip, which is how registries keep layers, and checks that unpacked it is what the image's
 * config says. One that is gzip already stays as it is. Throws `images/content-differs`.
 */
export async function compressLayer(
  layer: Content,
  diffId: Digest,
  { work, limits }: { readonly work: WorkFolder; readonly limits: Limits },
  o: Options,
): Promise<CompressedLayer> {
  const packing = packingOf(await startOf(layer));
  const isReady = packing === "gzip";
  const path = work.newPath();
  const unpacked = createHash("sha256");
  const packed = createHash("sha256");
  let bytes = 0;
  const unpack = unpacking(packing, { limits, maxBytes: limits.maxLayerBytes });
  const tally = hashing((chunk) => {
    packed.update(chunk);
    bytes += chunk.length;
  });
  const checkUnpacked = hashing((chunk) => void unpacked.update(chunk));
  try {
    if (isReady) {
      await pipeline([layer.open(), tally, ...unpack, checkUnpacked, nowhere()], o);
      requireSame(unpacked.digest("hex"), diffId);
      return { digest: parseDigest(`sha256:${packed.digest("hex")}`), content: layer };
    }
    const target = createWriteStream(path, { flags: "wx", mode: 0o600, highWaterMark: 1_048_576 });
    const gzip = createGzip({ chunkSize: 262_144 });
    await pipeline([layer.open(), ...unpack, checkUnpacked, gzip, tally, target], o);
  } catch (error) {
    o.signal.throwIfAborted();
    throw brokenPacking(fileError(error, "a layer"));
  }
  requireSame(unpacked.digest("hex"), diffId);
  const content = { bytes, open: () => createReadStream(path, { highWaterMark: 262_144 }) };
  return { digest: parseDigest(`sha256:${packed.digest("hex")}`), content };
}

async function startOf(layer: Content): Promise<Uint8Array> {
  const stream = layer.open();
  try {
    for await (const chunk of stream) return chunk as Buffer;
    return new Uint8Array();
  } catch (error) {
    throw fileError(error, "a layer");
  } finally {
    stream.destroy();
  }
}

function hashing(look: (chunk: Buffer) => void): Transform {
  return new Transform({
    highWaterMark: 262_144,
    transform(chunk: Buffer, _encoding, done) {
      look(chunk);
      done(null, chunk);
    },
  });
}

function nowhere(): Duplex {
  return new PassThrough().resume();
}

function requireSame(sha256: string, diffId: Digest): void {
  if (sha256 !== digestHex(diffId))
    throw new ImagesError(
      "images/content-differs",
      "a layer is not what the image's config says of it",
    );
}
