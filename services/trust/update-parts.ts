import {
  decodeRoot,
  decodeSnapshot,
  decodeTargets,
  isTargetsRole,
  rootRole,
  snapshotRole,
  TufError,
  type Envelope,
  type RoleName,
  type Root,
  type Snapshot,
  type Targets,
} from "#domain/tuf";
import { InvalidUpdate, TrustError, type InvalidPart } from "./errors.ts";
import type { StoredFile } from "./ports.ts";
import { stored } from "./server-signed.ts";

/** What a client sent, read but not yet believed. */
export type Uploaded = {
  readonly root: Envelope<Root> | undefined;
  readonly targets: readonly Envelope<Targets>[];
  readonly snapshot: Envelope<Snapshot> | undefined;
};

/** Reads the files of an update. A timestamp among them is passed over: only the server signs it. */
export function readParts(files: ReadonlyMap<RoleName, Uint8Array>): Uploaded {
  const root = files.get(rootRole);
  const snapshot = files.get(snapshotRole);
  const targets = [...files].filter(([role]) => isTargetsRole(role));
  return {
    root: root && readPart("ErrBadRoot", () => decodeRoot(root)),
    targets: targets.map(([role, bytes]) =>
      readPart("ErrBadTargets", () => decodeTargets(bytes, role)),
    ),
    snapshot: snapshot && readPart("ErrBadSnapshot", () => decodeSnapshot(snapshot)),
  };
}

function readPart<Value>(part: InvalidPart, decode: () => Value): Value {
  try {
    return checking(part, decode);
  } catch (error) {
    const isShape = error instanceof InvalidUpdate && isMalformed(error.cause);
    if (isShape) throw new TrustError("trust/part-malformed", error.message, { cause: error });
    throw error;
  }
}

function isMalformed(error: unknown): boolean {
  return error instanceof TufError && error.code === "tuf/malformed";
}

/** Runs a check on one part of the update: what it finds wrong is told under the part's name. */
export function checking<Value>(part: InvalidPart, check: () => Value): Value {
  try {
    return check();
  } catch (error) {
    if (error instanceof TufError) throw new InvalidUpdate(part, error.message, { cause: error });
    throw error;
  }
}

/** A file as the client sent it: the bytes received are the bytes kept. */
export function received(
  envelope: Envelope<{ readonly version: number; readonly expires: number }>,
  now: number,
): StoredFile {
  const { version, expires } = envelope.signed;
  return stored(envelope.role, envelope.bytes, { version, expires, now });
}
