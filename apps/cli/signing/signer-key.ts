import { publicKeyFromPem, TufError } from "#domain/tuf";
import { signerRole } from "#services/signer";
import type { AccountKey } from "#contracts";
import { CliError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Signing } from "./open-signing.ts";
import type { Place } from "./places.ts";

/** Who signs, and with which key. */
export type SignerKey = {
  /** Undefined at a registry that is not our own server's, where nobody says whose a key is. */
  readonly account: string | undefined;
  /** Canonical id; undefined where any held key will do. */
  readonly key: string | undefined;
  readonly isNew: boolean;
};

/**
 * The private key to sign with: one given for this call or held in the trust directory, whose public half the
 * server knows as a valid key of the account that is signed in. Where there is none, a new one is offered to
 * whoever sits at the terminal. Throws `cli/no-signing-key` or `cli/not-signed-in`.
 */
export async function findSignerKey(
  signing: Signing,
  session: Session,
  place: Place,
): Promise<SignerKey> {
  const { directory, account } = signing;
  if (!place.isOwn) return { account: undefined, key: directory.given[0], isNew: false };
  const name = await account.name();
  const client = await account.client();
  const listed = await client("listKeys", { params: { user: name } });
  const known = new Set(listed.filter((key) => key.revokedAt === undefined).flatMap(canonicalId));
  if (directory.given.length > 0) {
    const key = directory.given.find((id) => known.has(id));
    if (key !== undefined) return { account: name, key, isNew: false };
    throw new CliError(
      "cli/no-signing-key",
      `the given key is not one of ${name}'s: what it signs would count as nobody's`,
      "give the key.pem of a client bundle, or register it: countersign key add --help",
    );
  }
  const held = await directory.keys.list(signing);
  const key = held.find(({ id }) => known.has(id))?.id;
  if (key !== undefined) return { account: name, key, isNew: false };
  return { account: name, key: await makeKey(signing, session, { name, place }), isNew: true };
}

function canonicalId({ publicKey }: AccountKey): readonly string[] {
  try {
    return [publicKeyFromPem(publicKey).material.canonicalId];
  } catch (error) {
    if (error instanceof TufError) return []; // a kind that signs nothing
    throw error;
  }
}

async function makeKey(
  { directory, account, signal }: Signing,
  session: Session,
  { name, place }: { readonly name: string; readonly place: Place },
): Promise<string> {
  const { world, config } = session;
  if (!world.terminal.canAsk && !config.yes)
    throw new CliError(
      "cli/no-signing-key",
      `no key of ${name} is held in ${directory.path}`,
      "countersign key import FILE with the key.pem of your client bundle, or --key FILE",
    );
  await session.confirm(
    `No key of ${name} is held here. Make one in ${directory.path}, and register it for ${name}?`,
  );
  const key = await directory.keys.generate(
    { role: signerRole(name).slice("targets/".length) },
    { signal },
  );
  try {
    const { createKeyRequest } = await import("#adapters/pki");
    const pem = await createKeyRequest(
      key,
      { account: name, registryHost: place.host },
      { signal },
    );
    const client = await account.client();
    const label = `countersign sign, ${new Date(world.clock()).toISOString().slice(0, 10)}`;
    await client("addKey", { params: { user: name }, body: { label, pem } });
  } catch (error) {
    await directory.kept.remove(key.id, { signal });
    throw error;
  }
  return key.id;
}
