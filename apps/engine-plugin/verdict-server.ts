import { createPublicKey, type KeyObject } from "node:crypto";
import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import { exportJWK, SignJWT } from "jose";
import {
  nodeAudience,
  NodeAnswer,
  nodeProofType,
  nodeRefusalsPath,
  nodeVerdictsPath,
  type NodeRefusal,
} from "#contracts";
import type { Clock, Options } from "#domain/kernel";
import type { RegistryHost } from "#domain/oci";
import {
  NodeVerdictsError,
  type Answer,
  type Refusal,
  type VerdictServer,
} from "#services/node-verdicts";

const proofSeconds = 60;
const reportMs = 10_000;
const maxAnswerBytes = 65_536;

/** The Countersign server, asked over HTTPS with a proof of the node's own key for each call. */
export function verdictServer(parts: {
  readonly server: string;
  readonly registry: RegistryHost;
  readonly ca: string | undefined;
  readonly key: KeyObject;
  readonly clock: Clock;
}): VerdictServer & { close(): void } {
  const { ca } = parts;
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ...(ca === undefined ? {} : { ca }) });
  const jwk = exportJWK(createPublicKey(parts.key));

  async function proof(): Promise<string> {
    const now = Math.floor(parts.clock() / 1_000);
    return await new SignJWT()
      .setProtectedHeader({ alg: "ES256", typ: nodeProofType, jwk: await jwk })
      .setAudience(nodeAudience(parts.registry))
      .setIssuedAt(now)
      .setExpirationTime(now + proofSeconds)
      .sign(parts.key);
  }

  async function post(path: string, body: unknown, o: Options): Promise<string> {
    const { status, text } = await send(`${parts.server}${path}`, {
      ...{ agent, body: JSON.stringify(body), proof: await proof(), o },
    });
    if (status === 200 || status === 204) return text;
    const isFault = status >= 500 || status === 429;
    throw new NodeVerdictsError(
      isFault ? "node-verdicts/server-away" : "node-verdicts/not-known",
      `the server answered ${status}`,
    );
  }

  return {
    async ask(question, o) {
      const read = NodeAnswer.safeParse(tryJson(await post(nodeVerdictsPath, question, o)));
      if (!read.success)
        throw new NodeVerdictsError("node-verdicts/server-away", "the answer is not one of ours");
      return withoutUndefined(read.data);
    },
    async report(refusals, { signal }) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(reportMs)]);
      const told = refusals.map(withinLimits);
      await post(nodeRefusalsPath, { refusals: told }, { signal: limited });
    },
    close: () => agent.destroy(),
  };
}

async function send(
  address: string,
  { agent, body, proof, o }: { agent: Agent; body: string; proof: string; o: Options },
): Promise<{ readonly status: number; readonly text: string }> {
  return await new Promise((resolve, reject) => {
    const away = (cause: unknown): void =>
      reject(
        new NodeVerdictsError("node-verdicts/server-away", "the server does not answer", { cause }),
      );
    const asking = request(
      address,
      {
        agent,
        method: "POST",
        headers: {
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(body)),
          authorization: `Bearer ${proof}`,
        },
        signal: o.signal,
      },
      (answer) => {
        let bytes = 0;
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxAnswerBytes) answer.destroy(new Error("the answer is too long"));
        });
        buffer(answer).then(
          (read) => resolve({ status: answer.statusCode ?? 0, text: read.toString("utf8") }),
          away,
        );
      },
    );
    asking.on("error", away);
    asking.end(body);
  });
}

function withoutUndefined(answer: NodeAnswer): Answer {
  if (answer.kind !== "run") return answer;
  const { imageIds, ...run } = answer;
  return imageIds === undefined ? run : { ...run, imageIds };
}

/** What the server would not take must not stand in the way of what comes behind it. */
function withinLimits(refusal: Refusal): NodeRefusal {
  const { gate, localDigests } = refusal;
  return {
    gate,
    operation: refusal.operation.slice(0, 100),
    image: refusal.image.slice(0, 600) || "(no name)",
    message: refusal.message.slice(0, 4_000),
    ...(localDigests === undefined
      ? {}
      : { localDigests: localDigests.filter((one) => one.length <= 600).slice(0, 64) }),
  };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page, say
  }
}
