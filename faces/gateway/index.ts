/** The Docker API gateway: what runs through it was judged, and is what was judged. */
export { admitFrom, plan } from "./decide.ts";
export { refusalOf, type GatewayError, type GatewayErrorCode } from "./errors.ts";
export type { AskedRequest, Exchange, Parts } from "./exchange.ts";
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
export type { Plan } from "./plan.ts";
export { isRefusal, refuse, type Refusal } from "./refusal.ts";
