import { createPublicKey, type KeyObject } from "node:crypto";
import { publicKeyFromPem } from "#domain/tuf";
import type { KeyPurpose, SigningKey } from "#services/signer";
import { attribute, keyTypeEc, objectClass, type Binding, type Handle } from "./binding.ts";

/** The public half of a key on a token: visible without its PIN. */
export type TokenKey = KeyPurpose & {
  readonly handle: Handle;
  /** The token's own id of the pair. */
  readonly pairId: Buffer;
  readonly publicKey: SigningKey["publicKey"];
};

type Curve = { readonly crv: string; readonly bytes: number };
/** By their DER, as `CKA_EC_PARAMS` has it. */
const curves: ReadonlyMap<string, Curve> = new Map([
  ["06082a8648ce3d030107", { crv: "P-256", bytes: 32 }],
  ["06052b81040022", { crv: "P-384", bytes: 48 }],
  ["06052b81040023", { crv: "P-521", bytes: 66 }],
]);
export const p256Params = Buffer.from("06082a8648ce3d030107", "hex");
const batch = 100;

export function findObjects(
  binding: Binding,
  session: Handle,
  template: Parameters<Binding["C_FindObjectsInit"]>[1],
): readonly Handle[] {
  const found: Handle[] = [];
  binding.C_FindObjectsInit(session, template);
  try {
    for (;;) {
      const some = binding.C_FindObjects(session, batch);
      found.push(...some);
      if (some.length < batch) return found;
    }
  } finally {
    binding.C_FindObjectsFinal(session);
  }
}

/** Keys that can sign trust data; others on the token are passed over. */
export function listTokenKeys(binding: Binding, session: Handle): readonly TokenKey[] {
  const handles = findObjects(binding, session, [
    { type: attribute.objectClass, value: objectClass.publicKey },
    { type: attribute.keyType, value: keyTypeEc },
  ]);
  return handles.flatMap((handle) => readTokenKey(binding, session, handle) ?? []);
}

export function readTokenKey(
  binding: Binding,
  session: Handle,
  handle: Handle,
): TokenKey | undefined {
  const [label, pairId, params, point] = binding
    .C_GetAttributeValue(session, handle, [
      { type: attribute.label },
      { type: attribute.id },
      { type: attribute.ecParams },
      { type: attribute.ecPoint },
    ])
    .map(({ value }) => value ?? Buffer.alloc(0));
  const curve = curves.get(params?.toString("hex") ?? "");
  const key = curve === undefined ? undefined : keyOf(curve, point ?? Buffer.alloc(0));
  if (key === undefined || pairId === undefined) return undefined;
  const pem = key.export({ type: "spki", format: "pem" }).toString();
  const publicKey = publicKeyFromPem(pem);
  return { handle, pairId, publicKey, ...purposeOf(label?.toString("utf8") ?? "") };
}

/** An uncompressed point; most tokens wrap it in an octet string, some do not. */
function keyOf({ crv, bytes }: Curve, point: Buffer): KeyObject | undefined {
  const raw = point.subarray(-2 * bytes - 1);
  if (raw.length !== 2 * bytes + 1 || raw[0] !== 4) return undefined;
  const x = raw.subarray(1, bytes + 1).toString("base64url");
  const y = raw.subarray(bytes + 1).toString("base64url");
  try {
    return createPublicKey({ key: { kty: "EC", crv, x, y }, format: "jwk" });
  } catch {
    return undefined; // no point of the curve
  }
}

/** A pair's label says what it is for: `root`, or `targets registry.example/acme/web`. */
export function labelOf({ role, gun }: KeyPurpose): string {
  const name = encodeSpaces(role);
  return gun === undefined ? name : `${name} ${gun}`;
}

function purposeOf(label: string): KeyPurpose {
  const [, role, gun] = /^([^ ]+)(?: ([^ ]+))?$/.exec(label) ?? [];
  if (role === undefined) return { role: label };
  return { role: decodeSpaces(role), ...(gun === undefined ? {} : { gun }) };
}

const encodeSpaces = (name: string): string => name.replaceAll(/[% ]/g, encodeURIComponent);
const decodeSpaces = (name: string): string => name.replaceAll(/%2[05]/g, decodeURIComponent);
