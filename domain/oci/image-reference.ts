import { parseDigest, type Digest } from "./digest.ts";
import { OciError } from "./errors.ts";
import {
  formatGun,
  parseRegistryHost,
  parseRepositoryName,
  parseTag,
  type Gun,
  type RegistryHost,
  type RepositoryName,
  type Tag,
} from "./names.ts";

/** An image reference in full. With neither tag nor digest it was read as `latest`. */
export type ImageReference = {
  readonly host: RegistryHost;
  readonly repository: RepositoryName;
  readonly tag?: Tag;
  readonly digest?: Digest;
};

const defaultHost = "docker.io";
const maxCharacters = 512;

/**
 * Reads an image reference the way the Docker engine does (distribution/reference, "normalized names"):
 * no host means `docker.io`, one name there means `library/`, neither tag nor digest means `latest`.
 * 64 hex digits, alone or after `sha256:`, are an image ID and no reference. Throws an `OciError`.
 */
export function parseReference(text: string): ImageReference {
  if (text.length > maxCharacters) throw new OciError("oci/reference-invalid", text.slice(0, 80));
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text))
    throw new OciError("oci/reference-invalid", "64 hex digits are an image ID, not a name");
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : parseDigest(text.slice(at + 1));
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const tag = hasTag ? parseTag(named.slice(colon + 1)) : undefined;
  const name = hasTag ? named.slice(0, colon) : named;
  const { host, path } = splitHost(name);
  return {
    host: parseRegistryHost(host),
    repository: parseRepositoryName(path),
    ...(tag === undefined && digest === undefined ? { tag: parseTag("latest") } : {}),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** As `parseReference`, with undefined for what is not a reference. */
export function tryReference(text: string): ImageReference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof OciError) return undefined;
    throw error;
  }
}

function splitHost(name: string): { readonly host: string; readonly path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first;
  const host = slash < 0 || !isHost ? defaultHost : first;
  const path = slash < 0 || !isHost ? name : name.slice(slash + 1);
  const isHub = host === defaultHost || host === "index.docker.io";
  return {
    host: isHub ? defaultHost : host,
    path: isHub && !path.includes("/") ? `library/${path}` : path,
  };
}

/** Writes a reference in full: `host/repository[:tag][@digest]`. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${gunOf(reference)}${tag}${digest}`;
}

/** The globally unique name of the repository that a reference points into. */
export function gunOf(reference: ImageReference): Gun {
  return formatGun(reference.host, reference.repository);
}

/** The same repository, by digest alone: what an engine cannot read differently. */
export function pinned(
  reference: ImageReference,
  digest: Digest,
): ImageReference & { readonly digest: Digest } {
  return { host: reference.host, repository: reference.repository, digest };
}
