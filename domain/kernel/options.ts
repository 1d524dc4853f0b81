/** What every call into the world obeys: when `signal` fires the work stops, not only the wait. */
export type Options = { readonly signal: AbortSignal };
