import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createProgress, DockerError } from "#adapters/docker";
import type { Options } from "#domain/kernel";
import type { Parts } from "./exchange.ts";
import { headersToClient } from "./headers.ts";
import type { Plan } from "./plan.ts";
import { sendAnswer } from "./respond.ts";

type PullPinned = Plan & { readonly kind: "pull-pinned" };

/**
 * Pulls the judged digest and, before the answer ends, gives it the name that was asked for. A pull that
 * failed, or brought something else than was judged, gets no name.
 */
export async function pullPinned(
  response: ServerResponse,
  parts: Parts,
  plan: PullPinned,
  o: Options,
): Promise<void> {
  const { judged, pull, registryAuth } = plan;
  const repository = judged.reference.slice(0, judged.reference.indexOf("@"));
  const answer = await parts.engine.pull(
    {
      repository,
      digest: judged.digest,
      ...(pull.platform === undefined ? {} : { platform: pull.platform }),
      ...(registryAuth === undefined ? {} : { registryAuth }),
    },
    o,
  );
  if (answer.status >= 300) return sendAnswer(response, answer);
  const { "content-length": _length, ...headers } = headersToClient(answer.headers);
  response.writeHead(answer.status, headers);
  response.flushHeaders();
  const progress = createProgress();
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    progress.take(chunk);
    if (!response.write(chunk)) await once(response, "drain", o);
  }
  if (progress.failure() === undefined) response.write(line(await nameAsAsked(parts, plan, o)));
  response.end();
}

async function nameAsAsked(
  parts: Parts,
  { judged, pull }: PullPinned,
  o: Options,
): Promise<Record<string, unknown>> {
  const { reference, digest, imageIds } = judged;
  try {
    const held = await parts.engine.inspectImage(reference, o);
    const isJudged =
      held !== undefined &&
      (imageIds === undefined || imageIds.includes(held.id) || held.id === digest);
    if (!isJudged) return failure(`the engine holds something else than ${reference}`);
    if (pull.tag === undefined) return { status: `Pulled what is signed: ${reference}` };
    await parts.engine.tag(reference, { repository: pull.repository, tag: pull.tag }, o);
    return { status: `Tagged what is signed, ${digest}, as ${pull.image}` };
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    return failure(`pulled, but not tagged as ${pull.image}: ${error.message}`);
  }
}

function failure(message: string): Record<string, unknown> {
  return { errorDetail: { message }, error: message };
}

function line(value: Record<string, unknown>): string {
  return `${JSON.stringify(value)}\r\n`;
}
