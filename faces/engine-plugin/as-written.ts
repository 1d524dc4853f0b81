import type { Engine } from "#adapters/docker";
import {
  imagesOf,
  readEngineBody,
  single,
  withImages,
  writeEngineBody,
  type BodyKind,
  type EngineBody,
} from "#domain/engine-api";
import type { Options } from "#domain/kernel";
import { refuse, type Exchange, type Plan, type Refusal } from "#faces/gateway";
import type { AuthzCall } from "./authz-call.ts";

const kinds: ReadonlyMap<string, BodyKind> = new Map([
  ["/containers/create", "container-create"],
  ["/services/create", "service-spec"],
  ["/services/{id}/update", "service-spec"],
  ["/containers/{id}/exec", "exec-create"],
  ["/volumes/create", "volume-create"],
  ["/networks/create", "network-create"],
]);

/**
 * The gateway sends the engine what it judged; a plugin can change nothing. So what the engine has in hand
 * must be what the chain would have sent, and an image that is written otherwise must be the same one here.
 */
export async function refuseUnlessAsWritten(
  call: AuthzCall,
  exchange: Exchange,
  plan: Plan,
  engine: Engine,
  o: Options,
): Promise<Refusal | undefined> {
  const kind = kinds.get(exchange.asked.operation.path);
  if (kind === undefined || plan.kind !== "relay") return undefined;
  const { body: sent } = plan.call;
  if (!(sent instanceof Uint8Array) || call.body === undefined)
    return refuse(
      400,
      "the engine shows its plugin no body of this request, so it cannot be judged",
    );
  // The manager runs the specification that it keeps, which was judged, whatever the body says.
  if (single(exchange.asked.query, "rollback") === "previous") return undefined;
  const written = readEngineBody(kind, call.headers.get("content-type"), call.body);
  const judged = readEngineBody(kind, "application/json", sent);
  const denied = await refuseOtherImages({ kind, written, judged }, engine, o);
  if (denied !== undefined) return denied;
  const images = imagesOf(judged);
  const expected = withImages(written, (use, index) => images[index]?.image ?? use.image);
  return Buffer.from(writeEngineBody(expected)).equals(sent)
    ? undefined
    : refuse(403, "name other containers by their full IDs: a name could mean another one by then");
}

async function refuseOtherImages(
  of: { readonly kind: BodyKind; readonly written: EngineBody; readonly judged: EngineBody },
  engine: Engine,
  o: Options,
): Promise<Refusal | undefined> {
  const uses = imagesOf(of.written);
  for (const [index, { image: judged }] of imagesOf(of.judged).entries()) {
    const image = uses[index]?.image;
    if (image === undefined) return refuse(403, "this request cannot be judged");
    if (image === judged || (await isSame({ kind: of.kind, image, judged }, engine, o))) continue;
    return refuse(
      403,
      `${image} may be something else than what is signed; name it by its digest: ${judged}`,
    );
  }
  return undefined;
}

/** Nodes resolve a service's image themselves: there only the digest counts. Here it is what the engine holds. */
async function isSame(
  { kind, image, judged }: { kind: BodyKind; image: string; judged: string },
  engine: Engine,
  o: Options,
): Promise<boolean> {
  if (kind === "service-spec") return isPinnedTo(image, judged);
  const [held, signed] = [
    await engine.inspectImage(image, o),
    await engine.inspectImage(judged, o),
  ];
  return held !== undefined && held.id === signed?.id;
}

/** `host/repository:tag@digest` beside `host/repository@digest`. */
function isPinnedTo(image: string, judged: string): boolean {
  const [name = "", digest] = image.split("@");
  const [repository = "", wanted] = judged.split("@");
  return (
    digest !== undefined &&
    digest === wanted &&
    (name === repository ||
      (name.startsWith(`${repository}:`) && !name.slice(repository.length).includes("/")))
  );
}
