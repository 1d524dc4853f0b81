import { createHash, timingSafeEqual } from "node:crypto";
import { parseAccountName } from "#domain/identity";
import type { Caller } from "#faces/gateway";
import type { AuthzCall } from "./authz-call.ts";
import { secretHeader, type EnginePluginParts } from "./ports.ts";

export type Sender = "own" | "gateway" | "local";

/** Who sent a call: this process, the gateway, or anybody who reaches the engine's socket. */
export function senderOf(call: AuthzCall, settings: EnginePluginParts["settings"]): Sender {
  const shown = call.headers.get(secretHeader);
  if (shown === undefined) return "local";
  if (isSame(shown, settings.ownSecret)) return "own";
  return settings.gatewaySecret !== undefined && isSame(shown, settings.gatewaySecret)
    ? "gateway"
    : "local";
}

/** What a sender may do. The gateway has asked its caller's permission already. */
export function callerOf(sender: Sender, { local }: EnginePluginParts["settings"]): Caller {
  if (sender === "gateway")
    return { account: parseAccountName("gateway"), isAdmin: true, permission: "full-control" };
  const isAdmin = local === "admin";
  return {
    account: parseAccountName("local"),
    isAdmin,
    permission: isAdmin ? "full-control" : local,
  };
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
