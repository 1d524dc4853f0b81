import type { Brand } from "#domain/kernel";
import { OciError } from "./errors.ts";

/** A registry's host and, where it is not 443, its port; lower case: `localhost:8443`, `registry.lab`. */
export type RegistryHost = Brand<string, "RegistryHost">;
/** A repository's name inside its registry: `acme/web` (OCI distribution-spec, "name"). */
export type RepositoryName = Brand<string, "RepositoryName">;
/** `1.4`, `latest` (OCI distribution-spec, "reference"). */
export type Tag = Brand<string, "Tag">;
/** Globally unique name of a repository, as Notary calls it: registry host, slash, repository name. */
export type Gun = Brand<string, "Gun">;

const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const maxNameCharacters = 255;

/** Reads a registry host; letters become lower case, since DNS names know no case. Throws `oci/host-invalid`. */
export function parseRegistryHost(text: string): RegistryHost {
  if (text.length > maxNameCharacters || !HOST.test(text))
    throw new OciError("oci/host-invalid", text.slice(0, 80));
  return text.toLowerCase() as RegistryHost;
}

/** Reads a repository name, at most 255 characters. Throws `oci/repository-invalid`. */
export function parseRepositoryName(text: string): RepositoryName {
  if (text.length > maxNameCharacters || !REPOSITORY.test(text))
    throw new OciError("oci/repository-invalid", text.slice(0, 80));
  return text as RepositoryName;
}

/** Reads a tag. Throws `oci/tag-invalid`. */
export function parseTag(text: string): Tag {
  if (!isTag(text)) throw new OciError("oci/tag-invalid", text.slice(0, 80));
  return text;
}

export function isTag(text: string): text is Tag {
  return TAG.test(text);
}

/** The globally unique name of `repository` on `host`. */
export function formatGun(host: RegistryHost, repository: RepositoryName): Gun {
  return `${host}/${repository}` as Gun;
}

/** Takes a globally unique name apart. Throws `oci/host-invalid` or `oci/repository-invalid`. */
export function parseGun(text: string): {
  readonly gun: Gun;
  readonly host: RegistryHost;
  readonly repository: RepositoryName;
} {
  const slash = text.indexOf("/");
  const host = parseRegistryHost(slash < 0 ? text : text.slice(0, slash));
  const repository = parseRepositoryName(slash < 0 ? "" : text.slice(slash + 1));
  return { gun: formatGun(host, repository), host, repository };
}

const COLLECTION = /^[\w.:@+~-]+(?:\/[\w.:@+~-]+)*$/;

/**
 * Reads the name of a collection on any Notary server: a globally unique name that need not be an image's, as
 * long as it can stand in an address and name a folder. Throws `oci/repository-invalid`.
 */
export function parseCollectionName(text: string): Gun {
  const climbs = text.split("/").some((part) => part === "." || part === "..");
  if (text.length > maxNameCharacters || !COLLECTION.test(text) || climbs)
    throw new OciError("oci/repository-invalid", text.slice(0, 80));
  return text as Gun;
}

/** The namespace of a repository: the account or organization whose it is. `acme` of `acme/web`. */
export function namespaceOf(repository: RepositoryName): string {
  const slash = repository.indexOf("/");
  return slash < 0 ? repository : repository.slice(0, slash);
}
