import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import {
  NodeAnswer,
  nodeRefusalsPath,
  NodeQuestion,
  NodeRefusals,
  nodeVerdictsPath,
  type NodeRefusal,
  type Problem,
} from "#contracts";
import { JsonError } from "#domain/json";
import type { AccountName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import { empty, HttpError, json, post, readJsonBody, type Face, type Reply } from "#faces/http";
import { NodesError, type NodesErrorCode } from "./errors.ts";
import { identifyNode, type NodeIdentityParts } from "./identify-node.ts";

/** What a node does with an image, as the gatekeeper says it. */
type Judged =
  | {
      readonly kind: "run";
      readonly reference: string;
      readonly digest: string;
      readonly imageIds?: readonly string[];
    }
  | { readonly kind: "as-written" }
  | { readonly kind: "refuse"; readonly message: string };

export type NodesParts = NodeIdentityParts & {
  /** The verdict on what a node would run. Keeps nothing. */
  readonly judge: (by: AccountName, question: NodeQuestion, o: Options) => Promise<Judged>;
  /** Keeps what a node has refused. */
  readonly report: (by: AccountName, refusal: NodeRefusal, o: Options) => Promise<void>;
};

const replies = {
  "nodes/not-known": {
    status: 401,
    message: "this node is not known here, or its clock is wrong",
    hint: "its key must be that of an active account: install the node again",
  },
  "nodes/input-invalid": { status: 422, message: "the input is not valid" },
} satisfies Record<NodesErrorCode, Omit<Problem, "code"> & { readonly status: number }>;

const maxBodyBytes = 262_144;

/** Verdicts for the engine authorization plugins and runtime guards of nodes. */
export function nodesFace(parts: NodesParts): Face {
  return {
    routes: [
      post(nodeVerdictsPath, async ({ request, signal }) => {
        const by = await identifyNode(request, parts, { signal });
        const question = await readInput(request, NodeQuestion);
        return json(200, NodeAnswer.parse(await parts.judge(by, question, { signal })));
      }),
      post(nodeRefusalsPath, async ({ request, signal }) => {
        const by = await identifyNode(request, parts, { signal });
        const { refusals } = await readInput(request, NodeRefusals);
        for (const refusal of refusals) await parts.report(by, refusal, { signal });
        return empty(204);
      }),
    ],
    replyTo: replyToError,
  };
}

async function readInput<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  const read = schema.safeParse(await readJsonBody(request, maxBodyBytes));
  if (read.success) return read.data;
  throw new NodesError("nodes/input-invalid", read.error.message.slice(0, 300));
}

function replyToError(error: unknown): Reply | undefined {
  if (error instanceof NodesError) {
    const { status, ...words } = replies[error.code];
    return json(status, { code: error.code, ...words });
  }
  if (error instanceof JsonError)
    return json(400, { code: error.code, message: "the body is not JSON as we read it" });
  if (error instanceof HttpError && error.code === "http/body-too-large")
    return json(413, { code: error.code, message: "the body is too large" });
  return undefined;
}
