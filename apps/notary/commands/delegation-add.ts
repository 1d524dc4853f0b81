import { TufError, publicKeyFromPem, type PublicKey } from "#domain/tuf";
import type { Change, DelegationEdit } from "#services/signer";
import { codeOf, type World } from "#apps/drop-in";
import { failure, usage } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { collectionName } from "../session.ts";
import { stage, tryDelegation } from "../staging.ts";
import { readNamed } from "../named-file.ts";
import { byBytes } from "../table.ts";

const nothing = { addKeys: [], removeKeys: [], addPaths: [], removePaths: [], clearPaths: false };

export async function run(invocation: Invocation): Promise<void> {
  const { world, args, flags } = invocation;
  const [name, roleName, ...files] = args;
  const hasPaths = flags.texts("paths").length > 0 || flags.isSet("all-paths");
  if (name === undefined || roleName === undefined || (files.length === 0 && !hasPaths))
    throw usage(
      "must specify the Global Unique Name and the role of the delegation along with the public key certificate paths and/or a list of paths to add",
    );
  const gun = collectionName(name);
  const keys = await Promise.all(files.map((file) => readKey(world, file)));
  const role = tryDelegation(roleName);
  if (role === undefined)
    throw failure(
      `failed to create delegation: tuf: invalid role ${roleName}. invalid delegation role name`,
    );
  const paths = flags.isSet("all-paths") ? [""] : flags.texts("paths").toSorted(byBytes);
  const edit = (part: Partial<DelegationEdit>): Change => ({
    kind: "delegation-add",
    role,
    edit: { ...nothing, ...part },
  });
  const changes = [
    ...(keys.length > 0 ? [edit({ threshold: 1, addKeys: keys })] : []),
    ...(paths.length > 0 ? [edit({ addPaths: paths })] : []),
  ];
  const ids = keys.map((key) => key.material?.canonicalId ?? key.id);
  const added = [
    ...(ids.length > 0 ? [`with keys [${ids.join(" ")}], `] : []),
    ...(paths.length > 0 ? [`with paths [${shown(paths)}], `] : []),
  ];
  await stage(
    invocation,
    gun,
    changes,
    `\nAddition of delegation role ${role} ${added.join("")}to repository "${gun}" staged for next publish.\n\n`,
  );
}

/** Paths one a line; the one that is all of them says so. */
export function shown(paths: readonly string[]): string {
  return paths.map((path) => (path === "" ? '"" <all paths>' : path)).join("\n");
}

async function readKey(world: World, file: string): Promise<PublicKey> {
  const pem = await readNamed(world, file).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT")
      throw failure(`file for public key does not exist: ${file}`, error);
    throw error;
  });
  try {
    return publicKeyFromPem(pem.toString());
  } catch (error) {
    if (!(error instanceof TufError)) throw error;
    const why = /-----BEGIN (?:CERTIFICATE|PUBLIC KEY)-----/.test(pem.toString())
      ? `invalid certificate: ${error.message}`
      : "no valid public key found";
    throw failure(
      `unable to parse valid public key certificate from PEM file ${file}: ${why}`,
      error,
    );
  }
}
