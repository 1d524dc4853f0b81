import type { Gun } from "#domain/oci";
import type { ChangeQuery } from "#services/trust";
import { TrustWireError } from "./errors.ts";

const defaultRecords = 100;
const maxRecords = 1_000;
const int32 = 2_147_483_647;

/**
 * Reads the query of a change feed: `records`, how many after `change_id`, negative for how many before it;
 * a negative `change_id` stands for the newest. Throws `trust-wire/parameters-invalid` or `trust-wire/change-id-invalid`.
 */
export function changeQuery(gun: Gun | undefined, query: URLSearchParams): ChangeQuery {
  const records = whole(query.get("records") ?? "");
  if (records === undefined || Math.abs(records) > int32)
    throw new TrustWireError("trust-wire/parameters-invalid", "invalid records parameter");
  const written = query.get("change_id") ?? "";
  const id = written === "" ? undefined : whole(written);
  if (written !== "" && id === undefined)
    throw new TrustWireError("trust-wire/change-id-invalid", "invalid change_id parameter");
  const limit = Math.min(Math.abs(records) || defaultRecords, maxRecords);
  const isBackwards = records < 0 || (id !== undefined && id < 0);
  const newest = Number.MAX_SAFE_INTEGER;
  const before = id === undefined || id < 0 ? newest : id;
  return { gun, limit, range: isBackwards ? { before } : { after: id ?? 0 } };
}

function whole(text: string): number | undefined {
  const value = /^[+-]?[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
  return value;
}
