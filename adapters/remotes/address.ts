import { RemoteError } from "./errors.ts";

const maxCharacters = 1_000;

/**
 * Reads the address of a server: scheme, host, port and path, no slash at its end. `http` only where
 * `allowPlain`. Throws `remotes/address-invalid`.
 */
export function parseAddress(text: string, allowPlain = false): URL {
  const url = text.length > maxCharacters ? null : URL.parse(text);
  const isKnown =
    url !== null && (url.protocol === "https:" || (allowPlain && url.protocol === "http:"));
  if (!isKnown || `${url.username}${url.password}${url.search}${url.hash}` !== "")
    throw new RemoteError(
      "remotes/address-invalid",
      `a server's address is ${allowPlain ? "http:// or " : ""}https://host, with port and path where it has them`,
    );
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}

/** An address below another one: `/v2/` of the server, wherever it begins. */
export function below(base: URL, path: string): URL {
  return new URL(`${base.origin}${base.pathname.replace(/\/+$/, "")}${path}`);
}
