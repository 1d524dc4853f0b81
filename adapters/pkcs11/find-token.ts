import { SignerError } from "#services/signer";
import { tokenFlag, type Binding, type Handle, type TokenInfo } from "./binding.ts";
import { tokenFault } from "./faults.ts";

export type FoundToken = {
  readonly slot: Handle;
  readonly label: string;
  readonly info: TokenInfo;
};

/** The tokens of a module that are set up, by their labels. */
export function tokensOf(binding: Binding): readonly FoundToken[] {
  try {
    return binding
      .C_GetSlotList(true)
      .map((slot) => ({ slot, info: binding.C_GetTokenInfo(slot) }))
      .filter(({ info }) => (info.flags & tokenFlag.initialized) !== 0)
      .map(({ slot, info }) => ({ slot, info, label: info.label.replace(/[\0 ]+$/, "") }));
  } catch (cause) {
    throw tokenFault("of the module", cause);
  }
}

/** The one of that label, or the only one there is. Throws `signer/token-unusable`. */
export function findToken(binding: Binding, label: string | undefined): FoundToken {
  const all = tokensOf(binding);
  const [found, ...more] = all.filter((token) => label === undefined || token.label === label);
  if (found !== undefined && more.length === 0) return found;
  const known = all.map((token) => token.label).join(", ");
  const there = known === "" ? "no token is there" : `there are: ${known}`;
  if (found !== undefined)
    throw new SignerError("signer/token-unusable", `which token is meant? ${there}`);
  const asked =
    label === undefined ? "no token that is set up is there" : `no token ${label} is there`;
  throw new SignerError("signer/token-unusable", known === "" ? asked : `${asked}; ${there}`);
}
