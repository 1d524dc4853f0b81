/** The registry and its token endpoint over HTTP. */
export type { Challenge } from "./guard.ts";
export type { RepositoryAccess } from "./listing-routes.ts";
export { registryFace, type RegistryFaceParts } from "./registry-face.ts";
export type { IssuedToken, TokenAuthority, TokenRequest } from "./token-authority.ts";
export { tokenFace } from "./token-face.ts";
