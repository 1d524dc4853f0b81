/** Tables of `services/gatekeeper`, as rows come and go. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled with the first migration
export type GatekeeperTables = {};
