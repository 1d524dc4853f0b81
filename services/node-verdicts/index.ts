/** Verdicts on a node: asked of the server, kept for when it is away, refusals told afterwards. */
export { NodeVerdictsError, type NodeVerdictsErrorCode } from "./errors.ts";
export { openNodeVerdicts, type NodeVerdicts, type NodeVerdictsParts } from "./node-verdicts.ts";
export type {
  Answer,
  Kept,
  KeptStore,
  KeptVerdict,
  Question,
  Refusal,
  VerdictServer,
} from "./ports.ts";
