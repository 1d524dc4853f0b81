/** Keys on hardware tokens, through their vendors' PKCS#11 modules. */
export {
  listTokens,
  openToken,
  type PinRequest,
  type Token,
  type TokenParts,
  type TokenSettings,
} from "./token.ts";
