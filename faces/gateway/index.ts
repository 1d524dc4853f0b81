/** The Docker API gateway: what runs through it was judged, and is what was judged. */
export type { GatewayError, GatewayErrorCode } from "./errors.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
export type {
  BuildPolicy,
  Caller,
  Callers,
  GatewayOperation,
  Judge,
  Judgement,
  JudgeRequest,
} from "./ports.ts";
