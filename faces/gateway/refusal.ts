import type { AccountName } from "#domain/identity";

/** A denial, on its way to the client as the engine's own error would be: `{"message": …}`. */
export type Refusal = {
  readonly kind: "refused";
  readonly status: number;
  /** For the person who asked: what happened, to what, what to do next. */
  readonly message: string;
  /** Who asked and for which operation, where that was known by then: for the log. */
  readonly by?: AccountName;
  readonly operation?: string;
};

export function refuse(status: number, message: string): Refusal {
  return { kind: "refused", status, message };
}

/** The refusal in a step's result, if it is one. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "refused";
}

/** The body that Docker's clients print after "Error response from daemon:". */
export function refusalBody(refusal: Refusal): string {
  return `${JSON.stringify({ message: refusal.message })}\n`;
}
