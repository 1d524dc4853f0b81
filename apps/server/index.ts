/** `countersign serve`: all faces, in one process or several; and what is done to its data directory beside it. */
export type { ServerError, ServerErrorCode } from "./errors.ts";
export { serve, type ServeOptions } from "./serve.ts";
export { acceptClock } from "./accept-clock.ts";
export { renewTrust, type Renewed } from "./renew-trust.ts";
export { rotateMasterKey, type MasterKeyStep, type RotatedMasterKey } from "./rotate-master-key.ts";
export { showMasterKeys, type MasterKeyUse } from "./show-master-keys.ts";
