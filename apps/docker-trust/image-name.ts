import {
  gunOf,
  OciError,
  parseReference,
  type Digest,
  type Gun,
  type ImageReference,
  type RegistryHost,
  type Tag,
} from "#domain/oci";
import { failure } from "./errors.ts";

/** An image or a repository as it was typed. Neither tag nor digest is made up. */
export type ImageName = {
  readonly typed: string;
  readonly host: RegistryHost;
  readonly gun: Gun;
  readonly tag: Tag | undefined;
  readonly digest: Digest | undefined;
};

/** Reads a name as docker does. Throws `docker-trust/failed` with docker's words. */
export function parseImageName(typed: string): ImageName {
  const { host, repository, tag, digest } = read(typed);
  return {
    typed,
    host,
    gun: gunOf({ host, repository }),
    tag: hasTag(typed) ? tag : undefined,
    digest,
  };
}

/** As `parseImageName`, for a command that works on one tag. */
export function parseTaggedName(typed: string): ImageName & { readonly tag: Tag } {
  const image = parseImageName(typed);
  const { tag, digest } = image;
  if (tag !== undefined) return { ...image, tag };
  if (digest !== undefined) throw failure("cannot use a digest reference for IMAGE:TAG");
  throw failure(`no tag specified for ${typed}`);
}

function hasTag(typed: string): boolean {
  const [named = ""] = typed.split("@", 1);
  return named.lastIndexOf(":") > named.lastIndexOf("/");
}

function read(typed: string): ImageReference {
  try {
    return parseReference(typed);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw failure(`invalid reference format${letters(typed)}`, error);
  }
}

/** What docker adds where nothing but the case of letters is wrong. */
function letters(typed: string): string {
  const [named = ""] = typed.split("@", 1);
  const name = hasTag(typed) ? named.slice(0, named.lastIndexOf(":")) : named;
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first;
  const path = isHost ? name.slice(slash + 1) : name.includes("/") ? name : `library/${name}`;
  if (path.toLowerCase() === path || !isName(name.toLowerCase())) return "";
  return `: repository name (${path}) must be lowercase`;
}

function isName(name: string): boolean {
  try {
    parseReference(name);
    return true;
  } catch (error) {
    if (error instanceof OciError) return false;
    throw error;
  }
}
