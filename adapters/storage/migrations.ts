import type { Migration } from "kysely/migration";
import { accounts } from "./migrations/0001-accounts.ts";
import { trust } from "./migrations/0002-trust.ts";
import { registry } from "./migrations/0003-registry.ts";
import { gatekeeper } from "./migrations/0004-gatekeeper.ts";
import { trustUpkeep } from "./migrations/0005-trust-upkeep.ts";
import { remotes } from "./migrations/0006-remotes.ts";
import { workloads } from "./migrations/0007-workloads.ts";

/** All migrations in the order of their names. Only ever added to: what has run somewhere never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-accounts": accounts,
  "0002-trust": trust,
  "0003-registry": registry,
  "0004-gatekeeper": gatekeeper,
  "0005-trust-upkeep": trustUpkeep,
  "0006-remotes": remotes,
  "0007-workloads": workloads,
};
