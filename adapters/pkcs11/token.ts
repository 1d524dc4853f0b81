import type { Options } from "#domain/kernel";
import { SignerError, type HeldKey, type KeyStore, type SigningKey } from "#services/signer";
import {
  answer,
  attribute,
  keyTypeEc,
  objectClass,
  sessionFlag,
  tokenFlag,
  userType,
  type Binding,
  type Handle,
} from "./binding.ts";
import { answerOf, tokenFault } from "./faults.ts";
import { findToken, tokensOf } from "./find-token.ts";
import { loadModule } from "./load-module.ts";
import { findObjects, labelOf, listTokenKeys, readTokenKey, type TokenKey } from "./token-keys.ts";
import { attempt, makePair, signOn } from "./token-work.ts";

export type TokenSettings = {
  /** The vendor's PKCS#11 library. */
  readonly module: string;
  /** Default the only token that is there. */
  readonly label?: string;
};

export type PinRequest = {
  readonly token: string;
  /** The token says that wrong PINs were tried before; after one more wrong one it is locked. */
  readonly tries: "plenty" | "low" | "last";
};

export type TokenParts = {
  /** Asked once at most. Undefined where there is none to give. */
  readonly pin: (request: PinRequest, o: Options) => Promise<string | undefined>;
};

export type Token = AsyncDisposable & { readonly label: string; readonly keys: KeyStore };

/** The tokens that a module has. Throws `signer/token-unusable`. */
export async function listTokens(
  module: string,
): Promise<readonly { readonly label: string; readonly model: string; readonly serial: string }[]> {
  using opened = await loadModule(module);
  return tokensOf(opened.binding).map(({ label, info }) => ({
    label,
    model: `${info.manufacturerID.trim()} ${info.model.trim()}`.trim(),
    serial: info.serialNumber.trim(),
  }));
}

/**
 * Keys on a hardware token: made there, and never out of it. Its PIN is asked for when a private key is needed,
 * and tried once: a wrong one is not tried again by this process. Throws `signer/token-unusable`.
 */
export async function openToken(settings: TokenSettings, parts: TokenParts): Promise<Token> {
  const module = await loadModule(settings.module);
  const { binding } = module;
  try {
    const { slot, label } = findToken(binding, settings.label);
    const open = (flags: number): Handle => binding.C_OpenSession(slot, sessionFlag.serial | flags);
    const session = attempt(label, () => open(0));
    let writing: Handle | undefined;
    let login: Promise<void> | undefined;
    const loggedIn = (o: Options): Promise<void> =>
      (login ??= logIn(binding, { slot, session, label }, parts, o));
    const keys = tokenKeyStore({
      binding,
      label,
      session,
      writing: () => (writing ??= open(sessionFlag.readWrite)),
      loggedIn,
    });
    return {
      label,
      keys,
      [Symbol.asyncDispose]() {
        for (const each of [session, writing])
          try {
            if (each !== undefined) binding.C_CloseSession(each);
          } catch {
            // a token that was pulled out has closed it itself
          }
        module[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  } catch (error) {
    module[Symbol.dispose]();
    throw error;
  }
}

async function logIn(
  binding: Binding,
  at: { readonly slot: Handle; readonly session: Handle; readonly label: string },
  { pin }: TokenParts,
  o: Options,
): Promise<void> {
  const { flags } = attempt(at.label, () => binding.C_GetTokenInfo(at.slot));
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(tokenFlag.pinLocked))
    throw new SignerError(
      "signer/pin-wrong",
      `the token ${at.label} is locked after too many wrong PINs: unlock it with its own tool`,
    );
  const tries = has(tokenFlag.pinFinalTry) ? "last" : has(tokenFlag.pinCountLow) ? "low" : "plenty";
  const given = await pin({ token: at.label, tries }, o);
  if (given === undefined || given === "")
    throw new SignerError("signer/pin-wrong", `no PIN was given for the token ${at.label}`);
  try {
    binding.C_Login(at.session, userType, given);
  } catch (cause) {
    if (answerOf(cause) !== answer.alreadyLoggedIn) throw tokenFault(at.label, cause);
  }
}

type StoreParts = {
  readonly binding: Binding;
  readonly label: string;
  readonly session: Handle;
  readonly writing: () => Handle;
  readonly loggedIn: (o: Options) => Promise<void>;
};

function tokenKeyStore({ binding, label, session, writing, loggedIn }: StoreParts): KeyStore {
  const location = `token ${label}`;
  const held = ({ publicKey, role, gun }: TokenKey): HeldKey => {
    const purpose = gun === undefined ? { role } : { role, gun };
    return { id: publicKey.material.canonicalId, ...purpose, location };
  };
  const all = (): readonly TokenKey[] => attempt(label, () => listTokenKeys(binding, session));
  const find = (id: string): TokenKey | undefined =>
    all().find(({ publicKey }) => publicKey.material.canonicalId === id);
  const privateHalf = ({ pairId }: TokenKey): Handle => {
    const [handle, ...more] = findObjects(binding, session, [
      { type: attribute.objectClass, value: objectClass.privateKey },
      { type: attribute.keyType, value: keyTypeEc },
      { type: attribute.id, value: pairId },
    ]);
    if (handle !== undefined && more.length === 0) return handle;
    const what = handle === undefined ? "has no private key" : "has two private keys of one id";
    throw new SignerError("signer/token-unusable", `the token ${label} ${what} for that key`);
  };
  const signing = (key: TokenKey, handle: Handle): SigningKey => ({
    ...held(key),
    publicKey: key.publicKey,
    sign: async (message) =>
      await Promise.resolve(signOn({ binding, label, session }, key, handle, message)),
  });
  return {
    async list(o) {
      o.signal.throwIfAborted();
      return await Promise.resolve(all().map(held).sort(rootsFirst));
    },
    async open(id, o) {
      const key = find(id);
      if (key === undefined) return undefined;
      await loggedIn(o);
      return signing(
        key,
        attempt(label, () => privateHalf(key)),
      );
    },
    async generate(purpose, o) {
      await loggedIn(o);
      return attempt(label, () => {
        const made = makePair(binding, writing(), labelOf(purpose));
        const key = readTokenKey(binding, session, made.publicKey);
        if (key === undefined)
          throw new SignerError("signer/token-unusable", `the token ${label} made another key`);
        return signing(key, made.privateKey);
      });
    },
    async remove(id, o) {
      const key = find(id);
      if (key === undefined) return;
      await loggedIn(o);
      attempt(label, () => {
        binding.C_DestroyObject(writing(), privateHalf(key));
        binding.C_DestroyObject(writing(), key.handle);
      });
    },
  };
}

function rootsFirst(a: HeldKey, b: HeldKey): number {
  const name = ({ role, gun, id }: HeldKey): string =>
    `${role === "root" ? 0 : 1} ${gun ?? ""} ${role} ${id}`;
  return name(a) < name(b) ? -1 : 1;
}
