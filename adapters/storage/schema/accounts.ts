/** Tables of `services/accounts`, as rows come and go. Truth values are 0 and 1; times are milliseconds. */
export type AccountsTables = {
  /** One row: what every change of people counts up. */
  accounts_state: { id: number; version: number };
  /** Users and organizations share one list of names. */
  account_names: { name: string; kind: "user" | "organization" };
  users: {
    name: string;
    full_name: string;
    is_admin: number;
    is_active: number;
    permission: string;
    created_at: number;
    password_hash: string;
    attempts: number;
    last_attempt_at: number;
    locked_until: number;
  };
  organizations: { name: string; full_name: string; created_at: number };
  teams: { name: string; organization: string; description: string; repository_right: string };
  team_members: { team: string; account: string };
  account_keys: {
    fingerprint: string;
    account: string;
    label: string;
    public_key: string;
    created_at: number;
    revoked_at: number | null;
  };
  sessions: { token_hash: string; account: string; created_at: number; last_used_at: number };
};
