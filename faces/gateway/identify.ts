import type { TLSSocket } from "node:tls";
import type { Options } from "#domain/kernel";
import { GatewayError } from "./errors.ts";
import type { Caller, Callers } from "./ports.ts";
import { refuse, type Refusal } from "./refusal.ts";

/** Who is at the other end, asked anew for each request so that a revoked key stops at once. */
export async function identify(
  socket: TLSSocket,
  callers: Callers,
  o: Options,
): Promise<Caller | Refusal> {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) return refuse(401, "no valid client certificate was presented");
  const caller = await ask(callers, certificate.raw, o);
  return (
    caller ??
    refuse(
      401,
      "the key of this client certificate is not, or no longer, that of an active account; download a new client bundle",
    )
  );
}

async function ask(callers: Callers, der: Uint8Array, o: Options): Promise<Caller | undefined> {
  try {
    return await callers.identify(der, o);
  } catch (cause) {
    throw new GatewayError("gateway/callers-failed", "the caller could not be identified", {
      cause,
    });
  }
}
