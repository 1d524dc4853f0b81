import type { World } from "#apps/drop-in";
import { failure } from "./errors.ts";

/** How the first root of a repository is believed (`trust_pinning` of the configuration file). */
export type Pinning = {
  /** By repository, or by prefix with a `*` at its end: ids of certificates, one of which must sign the root. */
  readonly certificates: ReadonlyMap<string, readonly string[]>;
  /** By the beginning of a repository's name: a file of CAs, one of which must have issued the root's certificate. */
  readonly authorities: ReadonlyMap<string, string>;
  /** Whether the first root of a repository without a pin is refused. */
  readonly refusesUnknown: boolean;
  /** Where the names of CA files begin. */
  readonly directory: string;
};

export function pinningOf(
  settings: ReadonlyMap<string, unknown>,
  world: Pick<World, "workingDirectory">,
): Pinning {
  const certificates = new Map<string, readonly string[]>();
  const certs = settings.get("certs");
  for (const [name, ids] of isTable(certs) ? Object.entries(certs) : []) {
    if (!Array.isArray(ids) || !ids.every((id): id is string => typeof id === "string"))
      throw failure("invalid format for trust_pinning.certs");
    certificates.set(name, ids);
  }
  if (certs !== undefined && !isTable(certs))
    throw failure("invalid format for trust_pinning.certs");
  const authorities = new Map<string, string>();
  const ca = settings.get("ca");
  for (const [prefix, file] of isTable(ca) ? Object.entries(ca) : []) {
    if (typeof file !== "string") throw failure("invalid format for trust_pinning.ca");
    authorities.set(prefix, file);
  }
  if (ca !== undefined && !isTable(ca)) throw failure("invalid format for trust_pinning.ca");
  const off = settings.get("disable_tofu");
  return {
    certificates,
    authorities,
    refusesUnknown: ["true", "1", "t", "yes", "on"].includes(String(off).toLowerCase()),
    directory: world.workingDirectory,
  };
}

export type Pin =
  | { readonly kind: "certificates"; readonly ids: readonly string[] }
  | { readonly kind: "authority"; readonly file: string }
  | { readonly kind: "none" }
  | { readonly kind: "refused" };

/** The pin of a repository: its own certificates, then those of the longest prefix, then the CA of the longest prefix. */
export function pinFor(gun: string, pinning: Pinning): Pin {
  const { certificates, authorities } = pinning;
  const own = findFolded(certificates, gun);
  if (own !== undefined) return { kind: "certificates", ids: own };
  const wild = longest(
    [...certificates.keys()].filter((name) => name.endsWith("*")),
    gun,
  );
  const ids = wild === undefined ? undefined : certificates.get(wild);
  if (ids !== undefined) return { kind: "certificates", ids };
  const prefix = longest([...authorities.keys()], gun);
  const file = prefix === undefined ? undefined : authorities.get(prefix);
  if (file !== undefined) return { kind: "authority", file };
  return { kind: pinning.refusesUnknown ? "refused" : "none" };
}

/** Names of the file know no case. */
function findFolded<Value>(map: ReadonlyMap<string, Value>, gun: string): Value | undefined {
  return map.get(gun) ?? [...map].find(([name]) => isSame(name, gun))?.[1];
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function longest(names: readonly string[], gun: string): string | undefined {
  const prefixOf = (name: string): string => name.replace(/\*$/, "").toLowerCase();
  return names
    .filter((name) => gun.toLowerCase().startsWith(prefixOf(name)))
    .sort((a, b) => b.length - a.length)[0];
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
