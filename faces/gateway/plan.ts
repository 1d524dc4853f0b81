import type { PullRequest } from "#domain/engine-api";
import type { EngineCall } from "#adapters/docker";
import type { Refusal } from "./refusal.ts";
import type { Judgement } from "./ports.ts";

/** What the chain made of a request; nothing has been sent to the engine's effect yet. */
export type Plan =
  | Refusal
  /** Send this to the engine and its answer to the client. */
  | { readonly kind: "relay"; readonly call: EngineCall }
  /** Send a build on while its archive is read; what stopped it, once it was stopped. */
  | {
      readonly kind: "build";
      readonly call: EngineCall;
      readonly failure: () => Error | Refusal | undefined;
    }
  /** Pull what was judged, then give it the name that was asked for. */
  | {
      readonly kind: "pull-pinned";
      readonly pull: PullRequest & { readonly kind: "pull" };
      readonly judged: Judgement & { readonly kind: "run" };
      readonly registryAuth: string | undefined;
    };
