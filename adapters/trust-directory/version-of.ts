import {
  decodeRoot,
  decodeSnapshot,
  decodeTargets,
  decodeTimestamp,
  rootRole,
  snapshotRole,
  timestampRole,
  TufError,
  type RoleName,
} from "#domain/tuf";

const tailBytes = 65_536;
const TAIL = /,"version":([1-9][0-9]{0,15})\},("signatures":\[(?:[^\]]*)\]\})$/;

/**
 * The version that a file of `role` says; undefined for what is no such file. In a file as Notary writes them it is
 * the last thing before the signatures, so that a file of thousands of targets is not read through for it.
 */
export function versionOf(role: RoleName, bytes: Uint8Array): number | undefined {
  return versionAtEnd(bytes) ?? versionRead(role, bytes);
}

function versionAtEnd(bytes: Uint8Array): number | undefined {
  const start = new TextDecoder().decode(bytes.subarray(0, 10));
  const end = new TextDecoder().decode(bytes.subarray(-tailBytes));
  const [, digits, signatures = ""] = TAIL.exec(end) ?? [];
  if (start !== '{"signed":' || digits === undefined) return undefined;
  try {
    JSON.parse(`{${signatures}`);
  } catch {
    return undefined;
  }
  const version = Number(digits);
  return Number.isSafeInteger(version) ? version : undefined;
}

function versionRead(role: RoleName, bytes: Uint8Array): number | undefined {
  try {
    switch (role) {
      case rootRole:
        return decodeRoot(bytes).signed.version;
      case snapshotRole:
        return decodeSnapshot(bytes).signed.version;
      case timestampRole:
        return decodeTimestamp(bytes).signed.version;
      default:
        return decodeTargets(bytes, role).signed.version;
    }
  } catch (error) {
    if (error instanceof TufError) return undefined;
    throw error;
  }
}
