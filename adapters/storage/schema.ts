import type { AccountsTables } from "./schema/accounts.ts";
import type { GatekeeperTables } from "./schema/gatekeeper.ts";
import type { RemotesTables } from "./schema/remotes.ts";
import type { RegistryTables } from "./schema/registry.ts";
import type { TrustTables } from "./schema/trust.ts";

/** Every table of the database. Public: a change here is a new migration and a changelog line. */
export type Schema = AccountsTables &
  TrustTables &
  RegistryTables &
  GatekeeperTables &
  RemotesTables;
