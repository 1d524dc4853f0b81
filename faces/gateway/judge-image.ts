import type { LocalImage } from "#adapters/docker";
import { isDigest } from "#domain/oci";
import { unreachable } from "#domain/kernel";
import { GatewayError } from "./errors.ts";
import type { Exchange, Parts } from "./exchange.ts";
import type { GatewayOperation, Judgement, JudgeRequest } from "./ports.ts";
import { refuse, type Refusal } from "./refusal.ts";

/** Asks the judge. A judge that cannot answer refuses: throws `gateway/judge-failed`. */
export async function judgeImage(
  parts: Parts,
  exchange: Exchange,
  request: Omit<JudgeRequest, "by">,
): Promise<Judgement> {
  try {
    return await parts.judge.judge(
      { ...request, by: exchange.caller.account },
      { signal: exchange.signal },
    );
  } catch (cause) {
    throw new GatewayError("gateway/judge-failed", "the judge did not answer", { cause });
  }
}

/** An image to put in the place of the one that was asked for. */
export type Pinned = { readonly kind: "pinned"; readonly image: string };

/** Judges an image that a container would run or mount on this engine, and makes sure of what is there. */
export async function pinLocal(
  parts: Parts,
  exchange: Exchange,
  image: string,
): Promise<Pinned | Refusal> {
  const byId = await imageById(parts, exchange, image);
  if (byId === undefined && isFullId(image)) return noSuchImage(image);
  const judgement = await judgeImage(parts, exchange, {
    image,
    operation: "container-create",
    ...(byId === undefined ? {} : { imageId: byId.id, localDigests: byId.repoDigests }),
  });
  switch (judgement.kind) {
    case "refuse":
      return refuse(403, judgement.message);
    case "as-written":
      return { kind: "pinned", image };
    case "run":
      return confirm(parts, exchange, { judgement, byId });
    default:
      return unreachable(judgement);
  }
}

/** Judges an image that nodes will fetch on their own. */
export async function pinRemote(
  parts: Parts,
  exchange: Exchange,
  asked: { readonly image: string; readonly operation: GatewayOperation },
): Promise<Pinned | Refusal> {
  const judgement = await judgeImage(parts, exchange, asked);
  switch (judgement.kind) {
    case "refuse":
      return refuse(403, judgement.message);
    case "as-written":
      return { kind: "pinned", image: asked.image };
    case "run":
      return { kind: "pinned", image: judgement.reference };
    default:
      return unreachable(judgement);
  }
}

/**
 * What the engine holds under the judged reference must be what was judged: an archive that was loaded may
 * claim any name. Where nothing is held the client is told so, and pulls, which is judged again.
 */
export async function confirm(
  parts: Parts,
  exchange: Exchange,
  {
    judgement,
    byId,
  }: {
    readonly judgement: Judgement & { readonly kind: "run" };
    readonly byId: LocalImage | undefined;
  },
): Promise<Pinned | Refusal> {
  const { reference, digest, imageIds } = judgement;
  const held = await parts.engine.inspectImage(reference, { signal: exchange.signal });
  if (held === undefined) return noSuchImage(reference);
  const isForged =
    (byId !== undefined && byId.id !== held.id) ||
    (imageIds !== undefined && !imageIds.includes(held.id) && held.id !== digest);
  if (isForged)
    return refuse(
      403,
      `the engine holds something else under the name ${reference} than what was signed; ` +
        `remove it (docker image rm ${held.id}) and pull again`,
    );
  return { kind: "pinned", image: reference };
}

/** The local image that `text` is the ID of, written in full or shortened, if it is one. */
export async function imageById(
  parts: Parts,
  exchange: Exchange,
  text: string,
): Promise<LocalImage | undefined> {
  const hex = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(text)?.[1];
  if (hex === undefined) return undefined;
  const found = await parts.engine.inspectImage(text, { signal: exchange.signal });
  return found?.id.startsWith(`sha256:${hex}`) === true ? found : undefined;
}

function isFullId(image: string): boolean {
  return isDigest(image) || /^[0-9a-f]{64}$/.test(image);
}

function noSuchImage(image: string): Refusal {
  return refuse(404, `No such image: ${image}`);
}
