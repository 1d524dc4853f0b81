import type { StoredContainer } from "#adapters/docker";
import { hostReachOf, isHarmlessDriver, type HostEscape } from "#domain/engine-api";
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
  const settings = hostReachOf(found.hostConfig).map(
    (setting) => `${setting} of container ${name}`,
  );
  const escapes = settings.map((setting): HostEscape => ({ setting, needs: "full-control" }));
  return (
    permitEscapes(exchange.caller, escapes) ??
    (await permitMounts(parts, exchange, name, found)) ??
    found.id
  );
}

/** Its settings do not tell what came in with the volumes of another container. */
async function permitMounts(
  parts: Parts,
  exchange: Exchange,
  container: string,
  { mounts }: StoredContainer,
): Promise<Refusal | undefined> {
  const bind = mounts.find(({ type }) => !["volume", "tmpfs", "image"].includes(type));
  const volumes = mounts.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (bind === undefined) return permitVolumes(parts, exchange, volumes);
  const setting = `a ${bind.type} mount of container ${container}`;
  return permitEscapes(exchange.caller, [{ setting, needs: "full-control" }]);
}

/** A volume is what it was made as: with the right options, a folder of the host. */
export async function permitVolumes(
  parts: Parts,
  { caller, signal }: Exchange,
  names: readonly string[],
): Promise<Refusal | undefined> {
  if (may(caller, "full-control")) return undefined;
  const escapes: HostEscape[] = [];
  for (const name of new Set(names)) {
    const found = await parts.engine.inspectVolume(name, { signal });
    if (found !== undefined && !isHarmlessDriver(found.driver, found.options))
      escapes.push({ setting: `volume ${name}`, needs: "full-control" });
  }
  return permitEscapes(caller, escapes);
}
