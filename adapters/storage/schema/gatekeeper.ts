import type { Generated } from "kysely";

/** Tables of `services/gatekeeper`, as rows come and go. */
export type GatekeeperTables = {
  /** Every policy there ever was; the highest version is in force. */
  readonly policies: {
    readonly version: number;
    readonly mode: string;
    /** JSON: `[{"team":"acme/qa","people":1}]`. */
    readonly required: string;
    /** JSON: `{"action":"notify","webhook":"https://…"}`. */
    readonly when_lost: string;
    readonly changed_at: number;
    readonly changed_by: string | null;
  };
  readonly workload_states: {
    readonly kind: string;
    readonly id: string;
    /** JSON of the rest. */
    readonly state: string;
  };
  readonly workload_notices: {
    readonly id: Generated<number>;
    readonly due: number;
    readonly attempts: number;
    readonly webhook: string;
    readonly notice: string;
  };
  readonly decisions: {
    readonly id: Generated<number>;
    readonly at: number;
    readonly repository: string | null;
    readonly effect: string;
    /** The whole decision, as `writeRecord` writes it. */
    readonly record: string;
  };
};
