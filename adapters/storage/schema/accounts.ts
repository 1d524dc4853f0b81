/** Tables of `services/accounts`, as rows come and go. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled with the first migration
export type AccountsTables = {};
