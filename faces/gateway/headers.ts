import type { IncomingHttpHeaders } from "node:http";

/** What the engine may know of the client's headers: never their connection's, nor anything unheard of. */
const toEngine = [
  "accept",
  "content-type",
  "user-agent",
  "x-registry-auth",
  "x-registry-config",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "origin",
] as const;

const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The client's headers as the engine gets them. */
export function headersToEngine(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of toEngine) {
    const value = headers[name];
    if (typeof value === "string") kept[name] = value;
  }
  return kept;
}

/** The engine's headers as the client gets them. */
export function headersToClient(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !hopByHop.has(name)) kept[name] = value;
  // BuildKit's tunnels do not pass here: clients that ask are told to build the classic way.
  if ("builder-version" in kept) kept["builder-version"] = "1";
  return kept;
}
