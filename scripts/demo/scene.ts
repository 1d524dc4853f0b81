import type { Instance } from "./instance.ts";
import type { Seat } from "./narrator.ts";

/** What the steps share. */
export type Scene = {
  readonly stage: string;
  readonly instance: Instance;
  readonly organization: string;
  readonly repository: string;
  readonly image: string;
  readonly admin: Seat;
  readonly alice: Seat;
  readonly bob: Seat;
};
