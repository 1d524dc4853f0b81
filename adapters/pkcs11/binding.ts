/**
 * As much of `pkcs11js` as is used here. It is not one of our own packages: who has a token installs it beside us.
 * Calls wait for the token: those of a module that was not started for several threads must not overlap.
 */
export type Binding = {
  load(path: string): void;
  close(): void;
  C_Initialize(): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): readonly Handle[];
  C_GetTokenInfo(slot: Handle): TokenInfo;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: Template): void;
  C_FindObjects(session: Handle, maxCount: number): readonly Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Template): readonly Attribute[];
  C_GenerateKeyPair(
    session: Handle,
    mechanism: Mechanism,
    publicKey: Template,
    privateKey: Template,
  ): { readonly publicKey: Handle; readonly privateKey: Handle };
  C_DestroyObject(session: Handle, object: Handle): void;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Sign(session: Handle, data: Buffer, into: Buffer): Buffer;
};

export type Handle = Buffer;
export type Mechanism = { readonly mechanism: number };
export type Attribute = { readonly type: number; readonly value?: Buffer };
export type Template = readonly {
  readonly type: number;
  readonly value?: number | boolean | string | Buffer;
}[];
export type TokenInfo = {
  readonly label: string;
  readonly manufacturerID: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly flags: number;
};

/** Numbers of PKCS#11 2.40 (OASIS, `pkcs11t.h`). */
export const attribute = {
  objectClass: 0x000,
  token: 0x001,
  private: 0x002,
  label: 0x003,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const;
export const objectClass = { publicKey: 2, privateKey: 3 } as const;
export const keyTypeEc = 3;
export const mechanism = { ecKeyPair: 0x1040, ecdsa: 0x1041 } as const;
export const sessionFlag = { readWrite: 2, serial: 4 } as const;
export const tokenFlag = {
  initialized: 0x400,
  pinCountLow: 0x10000,
  pinFinalTry: 0x20000,
  pinLocked: 0x40000,
} as const;
export const userType = 1;
export const answer = {
  deviceError: 0x30,
  deviceRemoved: 0x32,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLength: 0xa2,
  pinExpired: 0xa3,
  pinLocked: 0xa4,
  sessionClosed: 0xb0,
  sessionInvalid: 0xb3,
  tokenNotPresent: 0xe0,
  tokenNotRecognized: 0xe1,
  tokenReadOnly: 0xe2,
  alreadyLoggedIn: 0x100,
  notLoggedIn: 0x101,
  alreadyInitialized: 0x191,
} as const;
