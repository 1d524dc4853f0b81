/** `/v2/…/_trust/`: Notary's server protocol on the registry's own host. */
export { trustFace, type TrustFaceParts } from "./face.ts";
export { trustMetrics } from "./measure.ts";
