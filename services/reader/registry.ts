import { X509Certificate } from "node:crypto";
import type { Brand, Instant, Options } from "#domain/kernel";
import type { AccountName } from "#domain/identity";
import type { RegistryHost } from "#domain/oci";
import { ReaderError } from "./errors.ts";

/** `https://`, host, port and path of a trust server; no slash at its end. */
export type TrustServerUrl = Brand<string, "TrustServerUrl">;
/** PEM of the only authorities that a server is believed to be certified by. */
export type PinnedCa = Brand<string, "PinnedCa">;

/** Another registry whose images may run, and the trust server that knows who signed them. */
export type Registry = {
  readonly host: RegistryHost;
  readonly trustServer: TrustServerUrl;
  readonly ca: PinnedCa;
  /** Who we are there; undefined: nobody in particular. */
  readonly username: string | undefined;
  /** For how long a last good reading may stand in while the trust server does not answer. */
  readonly maxStaleSeconds: number;
  readonly addedAt: Instant;
  readonly addedBy: AccountName;
};

/** A registry at rest: its password is sealed for this place and opens in no other. */
export type StoredRegistry = Registry & { readonly sealedPassword: Uint8Array | undefined };

/** Keeps the registered registries. */
export interface RegistryStore {
  /** In their order: what every verdict asks first. */
  hosts(o: Options): Promise<readonly RegistryHost[]>;
  /** In the order of their hosts. */
  list(o: Options): Promise<readonly StoredRegistry[]>;
  find(host: RegistryHost, o: Options): Promise<StoredRegistry | undefined>;
  /** Throws `reader/registry-taken`. */
  add(registry: StoredRegistry, o: Options): Promise<void>;
  /** Says whether there was one. */
  remove(host: RegistryHost, o: Options): Promise<boolean>;
}

/** Encrypts what is kept, bound to its place. */
export interface Sealing {
  seal(secret: Uint8Array, place: string, o: Options): Promise<Uint8Array>;
  /** Throws when the key, the place or a single bit is another one. */
  open(sealed: Uint8Array, place: string, o: Options): Promise<Uint8Array>;
}

/** Where a registry's password is sealed for. */
export function passwordPlace(host: RegistryHost): string {
  return `registry-password\n${host}`;
}

/** Reads a trust server's address. Throws `reader/trust-server-invalid`. */
export function parseTrustServerUrl(text: string): TrustServerUrl {
  const url = URL.parse(text);
  const isPlain =
    url !== null && url.protocol === "https:" && `${url.username}${url.password}` === "";
  if (!isPlain || url.search !== "" || url.hash !== "" || text.length > 1_000)
    throw new ReaderError(
      "reader/trust-server-invalid",
      "a trust server's address is https://host, with port and path where it has them",
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}` as TrustServerUrl;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/g;
const maxCertificates = 16;

/** Reads PEM certificates; a private key among them is refused, other text is dropped. Throws `reader/ca-invalid`. */
export function parsePinnedCa(text: string): PinnedCa {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0 || blocks.length > maxCertificates || /PRIVATE KEY/.test(text))
    throw new ReaderError("reader/ca-invalid", "expected PEM certificates and nothing else");
  try {
    return blocks.map((block) => new X509Certificate(block).toString()).join("") as PinnedCa;
  } catch (cause) {
    throw new ReaderError("reader/ca-invalid", "a certificate cannot be read", { cause });
  }
}
