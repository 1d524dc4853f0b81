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
import { isEnvelope } from "./update-envelope.ts";

/** A file that a client sent. What is wrong with it is told when its turn comes, in Notary's order. */
export type SentFile<Payload> = {
  readonly role: RoleName;
  /** Throws `InvalidUpdate` for what breaks a rule of its kind. */
  readonly read: () => Envelope<Payload>;
};

/** What a client sent, not yet believed. */
export type Uploaded = {
  readonly root: SentFile<Root> | undefined;
  readonly targets: readonly SentFile<Targets>[];
  readonly snapshot: SentFile<Snapshot> | undefined;
};

/**
 * Looks through the files of an update. Throws `trust/part-malformed` when one has not even the outer form of
 * metadata. A timestamp among them is passed over: only the server signs it.
 */
export function readParts(files: ReadonlyMap<RoleName, Uint8Array>): Uploaded {
  const root = files.get(rootRole);
  const snapshot = files.get(snapshotRole);
  const targets = [...files].filter(([role]) => isTargetsRole(role));
  return {
    root: root && sentFile({ role: rootRole, part: "ErrBadRoot", bytes: root }, decodeRoot),
    targets: targets.map(([role, bytes]) =>
      sentFile({ role, part: "ErrBadTargets", bytes }, (file) => decodeTargets(file, role)),
    ),
    snapshot:
      snapshot &&
      sentFile({ role: snapshotRole, part: "ErrBadSnapshot", bytes: snapshot }, decodeSnapshot),
  };
}

type SentBytes = {
  readonly role: RoleName;
  readonly part: InvalidPart;
  readonly bytes: Uint8Array;
};

function sentFile<Payload>(
  { role, part, bytes }: SentBytes,
  decode: (bytes: Uint8Array) => Envelope<Payload>,
): SentFile<Payload> {
  try {
    const envelope = decode(bytes);
    return { role, read: () => envelope };
  } catch (cause) {
    if (!(cause instanceof TufError)) throw cause;
    if (!isEnvelope(bytes)) throw new TrustError("trust/part-malformed", cause.message, { cause });
    const invalid = new InvalidUpdate(part, cause.message, { cause });
    return {
      role,
      read: () => {
        throw invalid;
      },
    };
  }
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
