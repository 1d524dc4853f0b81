import { hostReachOf } from "#domain/engine-api";
import type { Exchange, Parts } from "./exchange.ts";
import { may, permitEscapes } from "./permit.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";

/** Operations with which a caller acts inside a container, and through its mounts. */
const inside: ReadonlySet<string> = new Set([
  "POST /containers/{id}/attach",
  "GET /containers/{id}/attach/ws",
  "GET /containers/{id}/archive",
  "HEAD /containers/{id}/archive",
  "PUT /containers/{id}/archive",
]);

/**
 * Keeps callers who may not reach the host out of containers that do, whoever made them. What was looked at
 * is what the engine is asked for: the name becomes the container's ID.
 */
export async function guardContainer(
  parts: Parts,
  exchange: Exchange,
): Promise<Exchange | Refusal> {
  const { asked, caller } = exchange;
  const isInside = inside.has(`${asked.operation.method} ${asked.operation.path}`);
  if (!isInside || may(caller, "full-control")) return exchange;
  const id = await permitContainer(parts, exchange, asked.name ?? "");
  return isRefusal(id)
    ? { ...id, by: caller.account, operation: asked.operation.path }
    : { ...exchange, asked: { ...asked, name: id } };
}

/** The ID of a container that this caller may act in, or share volumes and namespaces with. */
export async function permitContainer(
  parts: Parts,
  exchange: Exchange,
  name: string,
): Promise<string | Refusal> {
  const found = await parts.engine.inspectContainer(name, { signal: exchange.signal });
  if (found === undefined) return refuse(404, `No such container: ${name}`);
  const escapes = hostReachOf(found.hostConfig).map((setting) => ({
    setting: `${setting} of container ${name}`,
    needs: "full-control" as const,
  }));
  return permitEscapes(exchange.caller, escapes) ?? found.id;
}
