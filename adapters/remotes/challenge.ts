/** What a server asks for with a 401 (RFC 9110, section 11.6.1; Docker token authentication). */
export type Challenge =
  | { readonly kind: "basic" }
  | { readonly kind: "bearer"; readonly realm: URL; readonly service: string | undefined };

const SCHEME = /^\s*(basic|bearer)(?:\s+(.*))?$/is;
const PARAMETER = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/giy;
const maxCharacters = 4_096;

/**
 * Reads a `WWW-Authenticate` header; undefined for what asks nothing that we could give. A realm is https, or
 * http where `allowPlain`: where the server itself is asked without TLS.
 */
export function parseChallenge(
  header: string | undefined,
  allowPlain = false,
): Challenge | undefined {
  if (header === undefined || header.length > maxCharacters) return undefined;
  const [, scheme = "", rest = ""] = SCHEME.exec(header) ?? [];
  if (scheme.toLowerCase() === "basic") return { kind: "basic" };
  if (scheme.toLowerCase() !== "bearer") return undefined;
  const parameters = parametersOf(rest);
  const realm = URL.parse(parameters.get("realm") ?? "");
  if (realm === null || `${realm.username}${realm.password}` !== "") return undefined;
  if (realm.protocol !== "https:" && !(allowPlain && realm.protocol === "http:")) return undefined;
  return { kind: "bearer", realm, service: parameters.get("service") };
}

function parametersOf(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = 0;
  for (;;) {
    const found = PARAMETER.exec(text);
    if (found === null) return parameters;
    const [, name = "", quoted, bare] = found;
    const value = quoted?.replaceAll(/\\(.)/g, "$1") ?? bare ?? "";
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
    const next = /\s*,?\s*/y;
    next.lastIndex = PARAMETER.lastIndex;
    next.exec(text);
    PARAMETER.lastIndex = next.lastIndex;
  }
}
