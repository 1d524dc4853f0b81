/** The page of a repository; its name contains slashes, which stay. */
export function repositoryPath(repository: string): string {
  // A name that itself contains "/tags/" ends in a slash, so that it does not read as a tag's page.
  return `/images/${repository}${repository.includes("/tags/") ? "/" : ""}`;
}

/** The page of a tag: the address that the gates print. */
export function tagPath(repository: string, tag: string): string {
  return `/images/${repository}/tags/${tag}`;
}

/** Splits what stands after `/images/`: at the last `/tags/`, if there is one. */
export function splitImagePath(rest: string): {
  readonly repository: string;
  readonly tag?: string;
} {
  if (rest.endsWith("/")) return { repository: rest.replace(/\/+$/, "") };
  const at = rest.lastIndexOf("/tags/");
  const tag = at < 0 ? "" : rest.slice(at + "/tags/".length);
  if (at <= 0 || tag === "" || tag.includes("/")) return { repository: rest };
  return { repository: rest.slice(0, at), tag };
}

/** The page of an image in our registry, or undefined where it is not ours. */
export function imagePath(image: string, registryHost: string): string | undefined {
  if (!image.startsWith(`${registryHost}/`)) return undefined;
  const [named = ""] = image.slice(registryHost.length + 1).split("@");
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  if (colon > 0) return tagPath(named.slice(0, colon), named.slice(colon + 1));
  return image.includes("@") ? repositoryPath(named) : tagPath(named, "latest");
}
