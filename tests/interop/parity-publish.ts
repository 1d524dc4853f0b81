import { parsePublicKey } from "#domain/tuf";
import type { JsonValue } from "#domain/json";
import { testKey, testRepository, type TestKey, type TestRepository } from "#domain/tuf/testing";
import type { Answer, Side } from "../harness/notary-server-pair.ts";

/** What a server says to an update, in the words that clients go by. */
export type Outcome = {
  readonly status: number;
  readonly code: string | undefined;
  /** `ErrBadRoot` and its like, of an update that breaks a rule. */
  readonly name: string | undefined;
  readonly message: string | undefined;
};

/** All that is asked of a server here. */
type Asked = Pick<Side, "ask">;

type WireError = {
  readonly code: string;
  readonly detail?: { readonly Name?: string; readonly Error?: { readonly Msg?: string } };
};

export function outcomeOf({ status, body }: Answer): Outcome {
  const text = body.toString();
  if (text === "") return { status, code: undefined, name: undefined, message: undefined };
  const [error] = (JSON.parse(text) as { readonly errors: readonly WireError[] }).errors;
  const { Name: name, Error: inner } = error?.detail ?? {};
  return { status, code: error?.code, name, message: inner?.Msg };
}

export type Part = { readonly name: string; readonly bytes: Uint8Array };

const boundary = "a-boundary-between-parts";

/** The body of an update, the same bytes for whoever gets it. */
export function multipart(parts: readonly Part[]): Uint8Array {
  const chunks = parts.flatMap(({ name, bytes }) => [
    `--${boundary}\r\n`,
    `Content-Disposition: form-data; name="files"; filename="${name}"\r\n`,
    "Content-Type: application/octet-stream\r\n\r\n",
    bytes,
    "\r\n",
  ]);
  return Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk)));
}

export const tufPath = (gun: string): string => `/v2/${gun}/_trust/tuf/`;

export async function post(side: Asked, gun: string, parts: readonly Part[]): Promise<Outcome> {
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
  const body = multipart(parts);
  return outcomeOf(await side.ask({ method: "POST", path: tufPath(gun), headers, body }));
}

/** A server-held key as an owner lists it. It cannot sign here. */
export async function serverKey(
  side: Asked,
  gun: string,
  role: "timestamp" | "snapshot",
): Promise<TestKey> {
  const { body } = await side.ask({ path: `${tufPath(gun)}${role}.key` });
  const listed = parsePublicKey(JSON.parse(body.toString()) as JsonValue);
  return { ...testKey(), listed: listed as TestKey["listed"] };
}

/**
 * An owner whose root lets either server sign timestamp and snapshot, so that both can be sent the very
 * same bytes.
 */
export async function ownerOnBoth(
  pair: { readonly go: Asked; readonly ours: Asked },
  gun: string,
): Promise<TestRepository> {
  const owner = await testRepository(gun, Date.now());
  for (const role of ["timestamp", "snapshot"] as const)
    owner[role].keys = [await serverKey(pair.go, gun, role), await serverKey(pair.ours, gun, role)];
  return owner;
}
