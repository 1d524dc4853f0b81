import {
  parseAccountName,
  parseKeyFingerprint,
  parseTeamName,
  type AccountName as AccountNameBrand,
  type KeyFingerprint as KeyFingerprintBrand,
  type TeamName as TeamNameBrand,
} from "#domain/identity";
import { CodedError } from "#domain/kernel";
import { z } from "zod";

function branded<Value>(
  parse: (text: string) => Value,
  expected: string,
): z.ZodType<Value, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      context.addIssue({ code: "custom", message: expected });
      return z.NEVER;
    }
  });
}

export const AccountName = branded<AccountNameBrand>(
  parseAccountName,
  "lower-case letters and digits, with single . _ - between them, at most 64",
);
export const TeamName = branded<TeamNameBrand>(
  parseTeamName,
  "a team is written organization/team",
);
export const KeyFingerprint = branded<KeyFingerprintBrand>(parseKeyFingerprint, "64 hex digits");
/** Milliseconds since 1970-01-01T00:00:00Z. */
export const Instant = z.int().nonnegative();
/** `sha256:` and 64 hex digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hex digits");
