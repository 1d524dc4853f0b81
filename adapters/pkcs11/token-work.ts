import { createHash, randomBytes, verify } from "node:crypto";
import { SignerError } from "#services/signer";
import { attribute, mechanism, type Binding, type Handle } from "./binding.ts";
import { tokenFault } from "./faults.ts";
import { p256Params, type TokenKey } from "./token-keys.ts";

/** Makes a P-256 pair whose private half never leaves the token. */
export function makePair(
  binding: Binding,
  session: Handle,
  label: string,
): { readonly publicKey: Handle; readonly privateKey: Handle } {
  const both = [
    { type: attribute.token, value: true },
    { type: attribute.label, value: label },
    { type: attribute.id, value: randomBytes(16) },
  ];
  const pair = binding.C_GenerateKeyPair(
    session,
    { mechanism: mechanism.ecKeyPair },
    [
      ...both,
      { type: attribute.private, value: false },
      { type: attribute.verify, value: true },
      { type: attribute.ecParams, value: p256Params },
    ],
    [
      ...both,
      { type: attribute.private, value: true },
      { type: attribute.sensitive, value: true },
      { type: attribute.extractable, value: false },
      { type: attribute.sign, value: true },
    ],
  );
  const [sensitive, extractable] = binding.C_GetAttributeValue(session, pair.privateKey, [
    { type: attribute.sensitive },
    { type: attribute.extractable },
  ]);
  if (sensitive?.value?.[0] === 1 && extractable?.value?.[0] === 0) return pair;
  binding.C_DestroyObject(session, pair.privateKey);
  binding.C_DestroyObject(session, pair.publicKey);
  throw new SignerError("signer/token-unusable", "the token makes keys that could be taken out");
}

/** One signature, checked before anybody relies on it. */
export function signOn(
  on: { readonly binding: Binding; readonly label: string; readonly session: Handle },
  { publicKey }: TokenKey,
  key: Handle,
  message: Uint8Array,
): Uint8Array {
  const { binding, session } = on;
  const digest = createHash("sha256").update(message).digest();
  const { ecdsaBytes, key: half } = publicKey.material;
  const signature = attempt(on.label, () => {
    binding.C_SignInit(session, { mechanism: mechanism.ecdsa }, key);
    return binding.C_Sign(session, digest, Buffer.alloc(ecdsaBytes));
  });
  if (verify("sha256", message, { key: half, dsaEncoding: "ieee-p1363" }, signature))
    return new Uint8Array(signature);
  throw new SignerError("signer/token-unusable", `the token ${on.label} signs wrongly`);
}

export function attempt<Value>(label: string, act: () => Value): Value {
  try {
    return act();
  } catch (cause) {
    throw tokenFault(label, cause);
  }
}
