import { z } from "zod";
import { AccountName, Instant, KeyFingerprint, TeamName } from "./names.ts";

export const GatewayPermission = z.enum([
  "none",
  "view-only",
  "restricted-control",
  "full-control",
]);
export const RepositoryRight = z.enum(["read", "write", "admin"]);

/**
 * A person. To who is neither that person nor an admin, only names, teams and `isActive` are told: the
 * rest is as of somebody without rights (`isAdmin` false, `permission` none, `createdAt` 0).
 */
export const User = z.object({
  name: AccountName,
  fullName: z.string(),
  isAdmin: z.boolean(),
  isActive: z.boolean(),
  permission: GatewayPermission,
  createdAt: Instant,
  teams: z.array(TeamName),
});
export type User = z.infer<typeof User>;

/** At least 10 characters: length is what counts. */
export const Password = z
  .string()
  .min(10, "at least 10 characters")
  .max(1024)
  // Where a password is asked for, a session's token may be given under this mark.
  .refine((text) => !text.startsWith("session:"), "not one that begins with session:");

export const CreateUser = z.strictObject({
  name: AccountName,
  fullName: z.string().max(200).default(""),
  password: Password,
  isAdmin: z.boolean().default(false),
  permission: GatewayPermission.default("restricted-control"),
});
export type CreateUser = z.infer<typeof CreateUser>;

export const UpdateUser = z.strictObject({
  fullName: z.string().max(200).optional(),
  password: Password.optional(),
  isAdmin: z.boolean().optional(),
  isActive: z.boolean().optional(),
  permission: GatewayPermission.optional(),
});
export type UpdateUser = z.infer<typeof UpdateUser>;

export const Organization = z.object({
  name: AccountName,
  fullName: z.string(),
  createdAt: Instant,
});
export type Organization = z.infer<typeof Organization>;
export const CreateOrganization = z.strictObject({
  name: AccountName,
  fullName: z.string().max(200).default(""),
});
export type CreateOrganization = z.infer<typeof CreateOrganization>;

export const Team = z.object({
  name: TeamName,
  description: z.string(),
  /** What members may do with the repositories of the team's organization. */
  right: RepositoryRight,
  members: z.array(AccountName),
  /** Active members who own a key that has not been revoked: the people who could sign for the team. */
  canSign: z.array(AccountName),
});
export type Team = z.infer<typeof Team>;

export const CreateTeam = z.strictObject({
  name: TeamName,
  description: z.string().max(500).default(""),
  right: RepositoryRight.default("read"),
});
export type CreateTeam = z.infer<typeof CreateTeam>;

export const AccountKey = z.object({
  fingerprint: KeyFingerprint,
  label: z.string(),
  createdAt: Instant,
  revokedAt: Instant.optional(),
  /** PEM `PUBLIC KEY`. */
  publicKey: z.string(),
});
export type AccountKey = z.infer<typeof AccountKey>;

/** Whose a public key is, as long as it has not been revoked and the account is active. */
export const KeyOwner = z.object({ fingerprint: KeyFingerprint, account: AccountName });
export type KeyOwner = z.infer<typeof KeyOwner>;

/**
 * A public key made elsewhere: PEM `CERTIFICATE REQUEST` made with it for `O` the registry's host and `CN` the
 * account; from an admin also `PUBLIC KEY` or `CERTIFICATE`.
 */
export const AddKey = z.strictObject({
  label: z.string().min(1).max(200),
  pem: z.string().max(20_000),
});
export type AddKey = z.infer<typeof AddKey>;

export const CreateBundle = z.strictObject({ label: z.string().max(200).default("") });
export type CreateBundle = z.infer<typeof CreateBundle>;

/** A new client bundle. The private key is in the archives and nowhere else: they cannot be fetched again. */
export const Bundle = z.object({
  key: AccountKey,
  /** `ca.pem cert.pem key.pem cert.pub env.sh env.ps1 env.cmd`, a zip. */
  bundle: z.object({ fileName: z.string(), base64: z.base64() }),
  /** `meta.json tls/docker/*`, a zip that `docker context import` takes. */
  context: z.object({ fileName: z.string(), base64: z.base64() }),
});
export type Bundle = z.infer<typeof Bundle>;
