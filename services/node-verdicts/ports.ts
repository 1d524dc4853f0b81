import type { Instant, Options } from "#domain/kernel";

/** An image that a node would run, as the engine there knows it. */
export type Question = {
  readonly image: string;
  readonly operation: string;
  readonly imageId?: string;
  readonly localDigests?: readonly string[];
};

export type Answer =
  | {
      readonly kind: "run";
      /** `repository@sha256:…` */
      readonly reference: string;
      readonly digest: string;
      /** The IDs that an engine may show for it; undefined where they are not known. */
      readonly imageIds?: readonly string[];
    }
  /** No rule is enforced. */
  | { readonly kind: "as-written" }
  | { readonly kind: "refuse"; readonly message: string };

/** What was refused here, in the words that the client saw. */
export type Refusal = {
  readonly gate: "engine-plugin" | "runtime-guard";
  readonly operation: string;
  readonly image: string;
  readonly localDigests?: readonly string[];
  readonly message: string;
};

export interface VerdictServer {
  /** Throws `node-verdicts/server-away` or `node-verdicts/not-known`. */
  ask(question: Question, o: Options): Promise<Answer>;
  /** Throws `node-verdicts/server-away` or `node-verdicts/not-known`. */
  report(refusals: readonly Refusal[], o: Options): Promise<void>;
}

export type KeptVerdict = {
  readonly question: Question;
  readonly answer: Answer;
  /** When the server said so last. */
  readonly askedAt: Instant;
  /** When somebody wanted to know last. */
  readonly usedAt: Instant;
};
export type Kept = {
  readonly verdicts: readonly KeptVerdict[];
  /** Not told yet. */
  readonly refusals: readonly Refusal[];
};

export interface KeptStore {
  /** What was saved last; nothing where nothing was, or it cannot be read. */
  load(o: Options): Promise<Kept>;
  save(kept: Kept, o: Options): Promise<void>;
}
