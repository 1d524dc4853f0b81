import type { z } from "zod";
import { apiPrefix, operations, type OperationName, type Operations } from "#contracts";
import {
  parseAccountName,
  parseKeyFingerprint,
  parseTeamName,
  type AccountName,
  type KeyFingerprint,
  type TeamName,
} from "#domain/identity";
import { CodedError } from "#domain/kernel";
import { parseRegistryHost, type RegistryHost } from "#domain/oci";
import { del, empty, get, json, patch, post, put, type Context, type Route } from "#faces/http";
import type { AccountsService } from "#services/accounts";
import { callerOf, requireAccess, requireOwnOrigin, type Access, type Caller } from "./caller.ts";
import { notFound } from "./errors.ts";
import { readBody, readQuery } from "./input.ts";

type Read<Name extends OperationName, Part extends "body" | "query"> =
  Operations[Name] extends Readonly<Record<Part, infer Schema extends z.ZodType>>
    ? z.output<Schema>
    : undefined;
type ReadOnly<Value> = Value extends string | number | boolean | undefined
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly ReadOnly<Item>[]
    : { readonly [Key in keyof Value]: ReadOnly<Value[Key]> };
type Shape = {
  readonly method: keyof typeof makers;
  readonly path: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly answer: z.ZodType;
};
type CallerOf<Level extends Access> = Level extends "anyone" ? Caller | undefined : Caller;

/** The named parts of a path; one that cannot be such a name is of nothing that exists. */
export type Place = {
  user(): AccountName;
  team(): TeamName;
  fingerprint(): KeyFingerprint;
  registry(): RegistryHost;
  id(): string;
};

export type Call<Name extends OperationName, Level extends Access> = {
  readonly caller: CallerOf<Level>;
  readonly place: Place;
  readonly body: Read<Name, "body">;
  readonly query: Read<Name, "query">;
  readonly signal: AbortSignal;
  /** Sends a header with the answer. */
  readonly header: (name: string, value: string) => void;
};

/** One operation of the contract: who may call it, and what it does. */
export type Operation = {
  readonly name: OperationName;
  readonly access: Access;
  readonly route: (accounts: Pick<AccountsService, "session">) => Route;
};

const creating: ReadonlySet<OperationName> = new Set([
  "createUser",
  "addKey",
  "createBundle",
  "createOrganization",
  "createTeam",
  "addRegistry",
]);
const makers = { GET: get, POST: post, PUT: put, PATCH: patch, DELETE: del };

/** Ties an operation of the contract to what does it. Answers are cut to the contract's shape: nothing else gets out. */
export function operation<Name extends OperationName, Level extends Access>(
  name: Name,
  access: Level,
  run: (call: Call<Name, Level>) => Promise<ReadOnly<z.output<Operations[Name]["answer"]>>>,
): Operation {
  const shape: Shape = operations[name];
  const { method, path, answer } = shape;
  return {
    name,
    access,
    route: (accounts) =>
      makers[method](`${apiPrefix}${path}`, async (context) => {
        const { request, signal } = context;
        if (method !== "GET") requireOwnOrigin(request);
        const place = placeOf(context);
        const found = await callerOf(request, accounts, { signal });
        const account = access === "own-or-admin" ? place.user() : undefined;
        const caller = access === "anyone" ? found : requireAccess(access, found, account);
        const headers = new Map<string, string>();
        const value = await run({
          caller: caller as CallerOf<Level>,
          place,
          body: (shape.body && (await readBody(request, shape.body))) as Read<Name, "body">,
          query: (shape.query && readQuery(context.query, shape.query)) as Read<Name, "query">,
          signal,
          header: (key, text) => void headers.set(key, text),
        });
        const extra = { "x-content-type-options": "nosniff", ...Object.fromEntries(headers) };
        if (value === undefined) return empty(204, { "cache-control": "no-store", ...extra });
        return json(creating.has(name) ? 201 : 200, answer.parse(value), extra);
      }),
  };
}

function placeOf({ params }: Context): Place {
  const read = <Value>(parse: (text: string) => Value, text: string | undefined): Value => {
    try {
      return parse(text ?? "");
    } catch (error) {
      if (error instanceof CodedError) throw notFound("not such a name");
      throw error;
    }
  };
  return {
    user: () => read(parseAccountName, params.get("user")),
    team: () => read(parseTeamName, `${params.get("organization")}/${params.get("team")}`),
    fingerprint: () => read(parseKeyFingerprint, params.get("fingerprint")),
    registry: () => read(parseRegistryHost, params.get("registry")),
    id: () => params.get("id") ?? "",
  };
}
