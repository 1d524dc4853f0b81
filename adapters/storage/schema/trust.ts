import type { ColumnType, Generated } from "kysely";

/** Tables of `services/trust` and `services/reader`, as rows come and go. */
export type TrustTables = {
  readonly trust_files: TrustFileRow;
  readonly trust_changes: TrustChangeRow;
  readonly trust_keys: TrustKeyRow;
  readonly trust_roots: TrustRootRow;
  readonly trust_seen: TrustSeenRow;
  readonly trust_master_key: { only: number; id: string };
  readonly trust_clock: TrustClockRow;
  readonly trust_leases: { name: string; holder: string; until: number };
};

/** Every accepted version of every role's file. */
type TrustFileRow = {
  gun: string;
  role: string;
  version: number;
  sha256: string;
  bytes: Uint8Array;
  expires_at: number;
  stored_at: number;
};

/** The change feed. */
type TrustChangeRow = {
  id: Generated<number>;
  at: number;
  gun: string;
  version: number;
  sha256: string;
  category: ColumnType<string, "update" | "deletion", never>;
};

/** Server-held keys; `sealed` is the private half, encrypted. */
type TrustKeyRow = {
  id: Generated<number>;
  gun: string;
  role: string;
  key_id: string;
  public: string;
  sealed: Uint8Array;
  is_used: number;
  /** Id of the master key that it is sealed under; empty for one sealed before there were ids. */
  master_key: Generated<string>;
};

/** One row: the newest date ever signed with, and the last jump forward of it. */
type TrustClockRow = {
  only: number;
  newest: number;
  jumped_from: number | null;
  jumped_to: number | null;
};

/** The newest root verified of each repository that we read. */
type TrustRootRow = { gun: string; version: number; bytes: Uint8Array };

/** The highest version verified of each role of each repository that we read. */
type TrustSeenRow = { gun: string; role: string; version: number; sha256: string };
