import type { Engine } from "#adapters/docker";
import type { Caller } from "#faces/gateway";
import type { NodeVerdicts } from "#services/node-verdicts";
import type { StoredContainers } from "./stored-container.ts";

/** What calls that reach the engine directly may do: there is no person behind them. */
export type LocalPermission = Exclude<Caller["permission"], "none"> | "admin";

export type EnginePluginParts = {
  /** The engine that asks us. Its answers to our own questions are not judged again: see `ownSecret`. */
  readonly engine: Engine;
  readonly verdicts: NodeVerdicts;
  readonly containers: StoredContainers;
  readonly settings: {
    readonly local: LocalPermission;
    /** Builds that come to the engine directly. What they run cannot be judged. */
    readonly allowBuilds: boolean;
    /** The guard's name among the engine's runtimes. */
    readonly runtime: string;
    /** In the header of the questions that this process asks the engine. */
    readonly ownSecret: string;
    /** In the header of the gateway's calls; undefined where no gateway shares this engine. */
    readonly gatewaySecret: string | undefined;
  };
};

/** The header with which a call says that it is the gateway's or our own. */
export const secretHeader = "countersign-caller";
