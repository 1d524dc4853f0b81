import { resolve } from "node:path";
import {
  isNearExpiry,
  parentOf,
  publicKeyFromPem,
  rootRole,
  snapshotRole,
  targetsRole,
  type RoleKeys,
  type RoleName,
  type Targets,
} from "#domain/tuf";
import { SignerError, type HeldKey } from "#services/signer";
import { CliError } from "../errors.ts";
import { readNamedFile } from "../named-file.ts";
import type { Result, Session } from "../session.ts";
import { openSigning } from "../signing/open-signing.ts";
import { openDirectory } from "../signing/trust-directory.ts";
import type { TrustOptions } from "../signing/trust-options.ts";
import { fields, listed, table } from "../text.ts";
import { tokenModule } from "./token.ts";

const { signal } = new AbortController();
const o = { signal };

/** `countersign key generate`: a key that is kept, in the directory or on the token. */
export async function runGenerate(
  session: Session,
  how: TrustOptions & { readonly role: string; readonly onToken: boolean },
): Promise<void> {
  await using directory = await openDirectory(how, session.world, o);
  if (how.onToken && directory.token === undefined)
    throw new CliError(
      "cli/usage",
      "--on-token needs to know the token",
      "name its library with --pkcs11-module or COUNTERSIGN_PKCS11_MODULE",
    );
  if (["targets", "snapshot"].includes(how.role))
    throw new CliError(
      "cli/usage",
      `${how.role} keys are made with their repository`,
      `countersign key rotate REPOSITORY ${how.role} makes a new one`,
    );
  const place = how.onToken ? directory.token : directory.kept;
  const key = await (place ?? directory.kept).generate({ role: how.role }, o);
  if (!how.onToken) directory.noteUse(key);
  session.show(keyResult(key, "made", directory.path));
}

export async function runImport(
  session: Session,
  file: string,
  how: TrustOptions & {
    readonly role?: string | undefined;
    readonly repository?: string | undefined;
  },
): Promise<void> {
  const text = await readNamedFile(resolve(session.world.workingDirectory, file), "the key file");
  await using directory = await openDirectory(how, session.world, o);
  const about = {
    opens: true,
    ...(how.role === undefined ? {} : { role: how.role }),
    ...(how.repository === undefined ? {} : { gun: how.repository }),
  };
  const keys = await directory.kept.importPem(text, about, o);
  for (const key of keys) directory.noteUse(key);
  session.show({
    json: keys,
    ids: keys.map(({ id }) => id),
    text: table(
      ["IMPORTED", "KIND", "REPOSITORY"],
      keys.map(({ id, role, gun }) => [id.slice(0, 16), role, gun ?? "any"]),
    ),
  });
}

/** `countersign key export`: PEM on standard output, each key under its own passphrase; or its public half. */
export async function runExport(
  session: Session,
  start: string,
  how: TrustOptions & { readonly public: boolean },
): Promise<void> {
  await using directory = await openDirectory(how, session.world, o);
  const held = await directory.keys.list(o);
  const { id, role } = heldKey(held, start);
  if (!how.public) {
    session.world.out(await directory.kept.exportPem([id], o));
    return;
  }
  const key = await directory.keys.open(id, o);
  const pem = key?.publicKey.material.key.export({ type: "spki", format: "pem" }).toString() ?? "";
  if (publicKeyFromPem(pem).material.canonicalId !== id)
    throw new CliError("cli/key-unknown", `the ${role} key ${start} cannot be read`);
  session.world.out(pem);
}

export async function runPassphrase(
  session: Session,
  start: string,
  how: TrustOptions,
): Promise<void> {
  await using directory = await openDirectory(how, session.world, o);
  const key = heldKey(await directory.kept.list(o), start);
  await directory.kept.changePassphrase(key.id, o);
  session.show(keyResult(key, "changed", directory.path));
}

export async function runTokens(session: Session, how: TrustOptions): Promise<void> {
  const module = tokenModule(how, session.world);
  if (module === undefined)
    throw new CliError(
      "cli/usage",
      "which library?",
      "name it with --pkcs11-module or COUNTERSIGN_PKCS11_MODULE",
    );
  const { listTokens } = await import("#adapters/pkcs11");
  const tokens = await listTokens(module);
  session.show({
    json: tokens,
    ids: tokens.map(({ label }) => label),
    text: table(
      ["TOKEN", "SERIAL", "MODEL"],
      tokens.map(({ label, serial, model }) => [label, serial, model]),
    ),
  });
}

const rotatable: ReadonlyMap<string, RoleName> = new Map([
  ["root", rootRole],
  ["targets", targetsRole],
  ["snapshot", snapshotRole],
]);

/** `countersign key rotate`: other keys for a role, published at once. */
export async function runRotate(
  session: Session,
  at: { readonly repository: string; readonly role: string },
  how: TrustOptions & {
    readonly to?: readonly string[] | undefined;
    readonly onToken: boolean;
    readonly toServer: boolean;
  },
): Promise<void> {
  const role = rotatable.get(at.role);
  if (role === undefined)
    throw new CliError(
      "cli/usage",
      "keys of root, targets and snapshot are rotated",
      "a delegation's: countersign signer add, then signer remove",
    );
  await using signing = await openSigning(session, how);
  const { directory } = signing;
  const place = await signing.places.repository(at.repository);
  const keys: string[] = [];
  for (const start of how.to ?? []) keys.push(heldKey(await directory.keys.list(o), start).id);
  if (how.onToken) {
    if (directory.token === undefined)
      throw new CliError(
        "cli/usage",
        "--on-token needs to know the token",
        "name its library with --pkcs11-module or COUNTERSIGN_PKCS11_MODULE",
      );
    const onToken = (await directory.token.list(o)).filter((key) => key.role === role);
    const key =
      onToken[0] ??
      (await directory.token.generate(role === rootRole ? { role } : { role, gun: place.gun }, o));
    keys.push(key.id);
  }
  await session.confirm(
    `Give ${place.gun} ${keys.length === 0 ? "a new" : "another"} ${role} key?`,
  );
  const trust = signing.trust(place, "push,pull");
  const rotation = {
    role,
    by: how.toServer ? "server" : "client",
    ...(keys.length === 0 ? {} : { keys }),
  } as const;
  await using _lock = await directory.lock(place.gun, o);
  await trust.signer.rotate(place.gun, rotation, o);
  const { open } = await trust.reader.open(place.gun, o);
  const now = [
    ...(open?.root.signed[role as "root" | "targets" | "snapshot"].keys.values() ?? []),
  ].map((key) => key.material?.canonicalId ?? key.id);
  session.show({
    json: { repository: place.gun, role, keys: now },
    ids: now,
    text: fields([
      ["rotated", `${role} of ${place.gun}`],
      ["now", how.toServer ? "a key that the server keeps" : listed(now)],
    ]),
  });
}

/** `countersign key renew`: every role that the held keys may sign, and whose time runs out, is signed again as it is. */
export async function runRenew(
  session: Session,
  name: string,
  how: TrustOptions & { readonly all: boolean },
): Promise<void> {
  await using signing = await openSigning(session, how);
  const { directory } = signing;
  const place = await signing.places.repository(name);
  const trust = signing.trust(place, "push,pull");
  await using _lock = await directory.lock(place.gun, o);
  const { open } = await trust.reader.open(place.gun, o);
  if (open === undefined)
    throw new SignerError("signer/repository-unknown", `there is no trust data for ${place.gun}`);
  const held = new Set((await directory.keys.list(o)).map(({ id }) => id));
  const isHeld = ({ keys }: RoleKeys): boolean =>
    [...keys.values()].some((key) => held.has(key.material?.canonicalId ?? key.id));
  const now = session.world.clock();
  const files = [...open.expired, ...open.targets];
  const roles = files
    .filter(([role, { signed }]) => {
      const keys = role === targetsRole ? open.root.signed.targets : delegationOf(files, role);
      return keys !== undefined && isHeld(keys) && (how.all || isNearExpiry(signed, now));
    })
    .map(([role]) => role);
  const isRootDue = isNearExpiry(open.root.signed, now) && isHeld(open.root.signed.root);
  if (roles.length > 0 || isRootDue) {
    await directory.local(place.gun).stage(
      roles.map((role) => ({ kind: "witness", role })),
      o,
    );
    await trust.signer.publish(place.gun, o);
  }
  const renewed = isRootDue ? [rootRole, ...roles] : roles;
  session.show({
    json: { repository: place.gun, renewed },
    ids: renewed,
    text:
      renewed.length === 0
        ? `nothing of ${place.gun} runs out that the keys held here may sign\n`
        : fields([
            ["renewed", listed(renewed)],
            ["of", place.gun],
          ]),
  });
}

function delegationOf(
  files: readonly (readonly [RoleName, { readonly signed: Targets }])[],
  role: RoleName,
): RoleKeys | undefined {
  const parent = files.find(([name]) => name === parentOf(role));
  return parent?.[1].signed.delegations.find(({ name }) => name === role);
}

/** The one held key whose id begins so. */
export function heldKey(held: readonly HeldKey[], start: string): HeldKey {
  const [found, ...more] = held.filter(({ id }) => id.startsWith(start));
  if (found !== undefined && more.length === 0 && /^[0-9a-f]{7,64}$/.test(start)) return found;
  const what = found === undefined ? "no key" : "more than one key";
  throw new CliError(
    "cli/key-unknown",
    `${what} ${start} is held here`,
    "countersign key doctor shows all; give at least 7 digits",
  );
}

function keyResult({ id, role, gun, location }: HeldKey, verb: string, path: string): Result {
  return {
    json: { id, role, ...(gun === undefined ? {} : { repository: gun }), location },
    ids: [id],
    text: fields([
      [verb, id],
      ["kind", role === "" ? "delegation" : role],
      ["where", location === "" ? path : location],
    ]),
  };
}
