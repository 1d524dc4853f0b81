/** Sign-in, tokens, organizations and teams, keys, client bundles. */
export type { Grant, TokenVerifier } from "./tokens.ts";
