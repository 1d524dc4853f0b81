import { refusalOfTrigger, type BuildBase } from "#domain/engine-api";
import { readJson } from "#domain/json";
import { unreachable } from "#domain/kernel";
import type { Exchange, Parts } from "./exchange.ts";
import { confirm, imageById, judgeImage } from "./judge-image.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";

/**
 * Judges an image that a build starts from; gives what to write in its place. What was judged is on the engine
 * then: what it brings into the build by its own triggers has to be seen before.
 */
export async function pinBase(
  parts: Parts,
  exchange: Exchange,
  { image, platform }: BuildBase,
): Promise<string | Refusal> {
  const byId = await imageById(parts, exchange, image);
  const judgement = await judgeImage(parts, exchange, {
    image,
    operation: "build",
    ...(byId === undefined ? {} : { imageId: byId.id, localDigests: byId.repoDigests }),
  });
  switch (judgement.kind) {
    case "refuse":
      return refuse(403, judgement.message);
    case "as-written":
      return image;
    case "run": {
      const { reference, digest } = judgement;
      const o = { signal: exchange.signal };
      const held = await parts.engine.inspectImage(reference, o);
      if (held === undefined) {
        const [repository = ""] = reference.split("@");
        const registryAuth = authFor(repository, exchange.request.headers["x-registry-config"]);
        await parts.engine.pullByDigest(
          {
            ...{ repository, digest },
            ...(platform === undefined ? {} : { platform }),
            ...(registryAuth === undefined ? {} : { registryAuth }),
          },
          o,
        );
      }
      const pinned = await confirm(parts, exchange, { judgement, byId });
      if (isRefusal(pinned)) return pinned;
      return (await refuseTriggers(parts, exchange, reference)) ?? reference;
    }
    default:
      return unreachable(judgement);
  }
}

async function refuseTriggers(
  parts: Parts,
  { signal }: Exchange,
  reference: string,
): Promise<Refusal | undefined> {
  const triggers = (await parts.engine.inspectImage(reference, { signal }))?.onBuild ?? [];
  for (const trigger of triggers) {
    const why = refusalOfTrigger(trigger);
    if (why !== undefined)
      return refuse(403, `${reference} runs instructions of its own in your build: ${why}`);
  }
  return undefined;
}

const maxConfigBytes = 65_536;

/** The client's credentials for one registry, out of all that a build brings along; in no log and in no error. */
function authFor(repository: string, config: string | string[] | undefined): string | undefined {
  if (typeof config !== "string" || config.length > maxConfigBytes) return undefined;
  try {
    const all = readJson(Buffer.from(config, "base64url"), { maxBytes: maxConfigBytes });
    const [host = ""] = repository.split("/");
    const found =
      all !== null && typeof all === "object" && host in all ? Reflect.get(all, host) : undefined;
    if (found === null || typeof found !== "object") return undefined;
    return Buffer.from(JSON.stringify({ ...found, serveraddress: host })).toString("base64url");
  } catch {
    return undefined; // the registry says that it wants to know who asks
  }
}
