import type { Selectable } from "kysely";
import {
  parseAccountName,
  parseKeyFingerprint,
  parseTeamName,
  type AccountKey,
  type GatewayPermission,
  type Organization,
  type RepositoryRight,
} from "#domain/identity";
import type { StoredSession, StoredTeam, StoredUser } from "#services/accounts";
import type { AccountsTables } from "../schema/accounts.ts";

type Row<Table extends keyof AccountsTables> = Selectable<AccountsTables[Table]>;

export function userOf(row: Row<"users">): StoredUser {
  return {
    name: parseAccountName(row.name),
    fullName: row.full_name,
    isAdmin: row.is_admin === 1,
    isActive: row.is_active === 1,
    // The table's own check lets nothing else in.
    permission: row.permission as GatewayPermission,
    createdAt: row.created_at,
    passwordHash: row.password_hash,
  };
}

export function userRow(
  user: StoredUser,
): Omit<Row<"users">, "attempts" | "last_attempt_at" | "locked_until"> {
  return {
    name: user.name,
    full_name: user.fullName,
    is_admin: user.isAdmin ? 1 : 0,
    is_active: user.isActive ? 1 : 0,
    permission: user.permission,
    created_at: user.createdAt,
    password_hash: user.passwordHash,
  };
}

export function organizationOf(row: Row<"organizations">): Organization {
  return {
    name: parseAccountName(row.name),
    fullName: row.full_name,
    createdAt: row.created_at,
  };
}

export function teamOf(row: Row<"teams">, members: readonly string[]): StoredTeam {
  return {
    name: parseTeamName(row.name),
    description: row.description,
    // The table's own check lets nothing else in.
    right: row.repository_right as RepositoryRight,
    members: members.map(parseAccountName),
  };
}

export function keyOf(row: Omit<Row<"account_keys">, "public_key">): AccountKey {
  return {
    fingerprint: parseKeyFingerprint(row.fingerprint),
    account: parseAccountName(row.account),
    label: row.label,
    createdAt: row.created_at,
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
  };
}

export function sessionOf(row: Row<"sessions">): StoredSession {
  return {
    tokenHash: row.token_hash,
    account: parseAccountName(row.account),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
