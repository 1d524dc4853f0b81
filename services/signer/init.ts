import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  composeFile,
  describeFile,
  lifetimes,
  nextVersion,
  publicKeyFromPem,
  rootPayload,
  rootRole,
  snapshotPayload,
  snapshotRole,
  targetsPayload,
  targetsRole,
  timestampRole,
  TufError,
  type PublicKey,
  type RoleKeys,
  type RoleName,
  type Root,
} from "#domain/tuf";
import { SignerError } from "./errors.ts";
import type { Keyring } from "./keyring.ts";
import type {
  HeldKey,
  KeyStore,
  LocalRepository,
  RootCertifier,
  SigningKey,
  TrustServer,
} from "./ports.ts";
import { serversOwn } from "./served-key.ts";
import type { InitOptions } from "./signer.ts";

export type InitParts = {
  readonly keys: KeyStore;
  readonly local: (gun: Gun) => LocalRepository;
  readonly server: TrustServer;
  readonly certifier: RootCertifier;
  readonly clock: Clock;
};

export type Initialised = { readonly rootKey: HeldKey; readonly isNewKey: boolean };

/** Makes root and targets of a new repository, and the snapshot where its key is ours, and keeps them here. */
export async function initialise(
  parts: InitParts,
  gun: Gun,
  how: InitOptions & { readonly keyring: Keyring },
  o: Options,
): Promise<Initialised> {
  const { keys, server } = parts;
  // The server first: when it does not answer, no key was made for nothing.
  const keyOf = async (role: RoleName): Promise<PublicKey> =>
    await serversOwn(keys, role, await server.key(gun, role, o), o);
  const timestamp = await keyOf(timestampRole);
  const served = how.serverKeepsSnapshot ? await keyOf(snapshotRole) : undefined;
  const { key: rootKey, isNewKey } = await rootKeyFor(keys, how, o);
  how.keyring.add(rootKey);
  const certified = await certifiedRootKey(parts, gun, { rootKey, pem: how.rootCertificate }, o);
  const made: SigningKey[] = [];
  const generate = async (role: RoleName): Promise<SigningKey> => {
    const key = await keys.generate({ role, gun }, o);
    how.keyring.add(key);
    made.push(key);
    return key;
  };
  try {
    const targets = (await generate(targetsRole)).publicKey;
    const snapshot = served ?? (await generate(snapshotRole)).publicKey;
    const root = rootOf({ root: certified, targets, snapshot, timestamp });
    const now = parts.clock();
    const files = await firstFiles(root, {
      keyring: how.keyring,
      now,
      isOurs: served === undefined,
    });
    await replaceFiles(parts.local(gun), files, o);
  } catch (error) {
    for (const key of made) await keys.remove(key.id, o);
    throw error;
  }
  return { rootKey: held(rootKey), isNewKey };
}

/** Files of an earlier life of the repository would forbid what the new one begins with; staged changes stay. */
async function replaceFiles(
  local: LocalRepository,
  files: ReadonlyMap<RoleName, Uint8Array>,
  o: Options,
): Promise<void> {
  if ((await local.file(rootRole, o)) !== undefined) await local.removeFiles(o);
  await local.writeFiles(files, o);
}

async function rootKeyFor(
  keys: KeyStore,
  how: InitOptions,
  o: Options,
): Promise<{ readonly key: SigningKey; readonly isNewKey: boolean }> {
  const listed = how.rootKey ?? certificateKeyId(how.rootCertificate);
  const first = (await keys.list(o)).find(({ role }) => role === rootRole)?.id;
  const id = listed ?? first;
  if (id === undefined) return { key: await keys.generate({ role: rootRole }, o), isNewKey: true };
  const key = await keys.open(id, o);
  if (key === undefined) throw new SignerError("signer/key-unknown", `no root key ${id} is held`);
  return { key, isNewKey: false };
}

function certificateKeyId(pem: string | undefined): string | undefined {
  return pem === undefined ? undefined : readCertificate(pem).material.canonicalId;
}

function readCertificate(pem: string): ReturnType<typeof publicKeyFromPem> {
  try {
    return publicKeyFromPem(pem);
  } catch (cause) {
    if (!(cause instanceof TufError)) throw cause;
    throw new SignerError("signer/key-unsuitable", "the root certificate cannot be read", {
      cause,
    });
  }
}

/** How a root key is listed in root: inside a certificate that names the repository. Throws `signer/key-unsuitable`. */
export async function certifiedRootKey(
  parts: Pick<InitParts, "certifier" | "clock">,
  gun: Gun,
  { rootKey, pem }: { readonly rootKey: SigningKey; readonly pem?: string | undefined },
  o: Options,
): Promise<PublicKey> {
  if (rootKey.publicKey.material.family === "ed25519")
    throw new SignerError("signer/key-unsuitable", "a root key is an ECDSA or RSA key");
  const from = parts.clock();
  const about = { gun, from, to: from + lifetimes.root };
  const listed = readCertificate(pem ?? (await parts.certifier.certify(rootKey, about, o)));
  const isItsOwn = listed.material.canonicalId === rootKey.id;
  if (isItsOwn && listed.material.certificates.length > 0) return listed;
  throw new SignerError("signer/key-unsuitable", "the certificate is not one of the root key");
}

type Named = Readonly<Record<"root" | "targets" | "snapshot" | "timestamp", PublicKey>>;

function rootOf(named: Named): Root {
  const one = (key: PublicKey): RoleKeys => ({ threshold: 1, keys: new Map([[key.id, key]]) });
  return {
    version: 0,
    expires: 0,
    keys: new Map(Object.values(named).map((key) => [key.id, key])),
    root: one(named.root),
    targets: one(named.targets),
    snapshot: one(named.snapshot),
    timestamp: one(named.timestamp),
  };
}

async function firstFiles(
  root: Root,
  at: { readonly keyring: Keyring; readonly now: number; readonly isOurs: boolean },
): Promise<ReadonlyMap<RoleName, Uint8Array>> {
  const { keyring, now } = at;
  const empty = { version: 0, expires: 0 };
  const signedRoot = await composeFile(
    rootPayload(nextVersion(root, "root", now)),
    await keyring.signers(rootRole, root.root),
  );
  const content = { ...empty, targets: new Map(), keys: new Map(), delegations: [] };
  const signedTargets = await composeFile(
    targetsPayload(nextVersion(content, "targets", now)),
    await keyring.signers(targetsRole, root.targets),
  );
  const files = new Map([
    [rootRole, signedRoot],
    [targetsRole, signedTargets],
  ]);
  if (!at.isOurs) return files;
  const meta = new Map([...files].map(([role, bytes]) => [role, describeFile(bytes)]));
  const signedSnapshot = await composeFile(
    snapshotPayload(nextVersion({ ...empty, meta }, "snapshot", now)),
    await keyring.signers(snapshotRole, root.snapshot),
  );
  return files.set(snapshotRole, signedSnapshot);
}

function held({ id, role, gun, location }: HeldKey): HeldKey {
  return gun === undefined ? { id, role, location } : { id, role, gun, location };
}
