/** A Docker engine's socket: relay with upgrades, pull by digest, what runs now. */
export { createEngine } from "./engine.ts";
export { findEngine, type DockerSettings, type FoundEngine } from "./engine-address.ts";
export { DockerError, EngineAddressError, type DockerErrorCode } from "./errors.ts";
export type {
  Engine,
  LocalImage,
  PullCall,
  StoredContainer,
  StoredService,
  StoredVolume,
  Workload,
} from "./ports.ts";
export { stopperOf } from "./stop-workload.ts";
export { createProgress, type Progress } from "./progress.ts";
export type {
  EngineAddress,
  EngineAnswer,
  EngineCall,
  EngineTls,
  UpgradeAnswer,
} from "./transport.ts";
