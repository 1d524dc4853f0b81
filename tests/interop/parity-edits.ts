/** JSON that an edit may change in place. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Members = { [name: string]: Json };

/** One thing done to a file of an update on its way out, with one of a few values. */
export type Edit = {
  /** The files it can be done to. */
  readonly roles: readonly EditedRole[];
  readonly values: readonly Json[];
} & (
  | { readonly about: "payload"; readonly change: Change }
  | { readonly about: "signatures"; readonly change: ChangeSignatures }
  | { readonly about: "text"; readonly change: (text: string) => string }
);
export type EditedRole = "root" | "targets" | "targets/qa" | "targets/qa/deep" | "snapshot";

const everyRole = ["root", "targets", "targets/qa", "targets/qa/deep", "snapshot"] as const;
const targetsRoles = ["targets", "targets/qa", "targets/qa/deep"] as const;
const absent = "(absent)";

export const members = (value: Json | undefined): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
export const items = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

function set(object: Members, name: string, value: Json): void {
  if (value === absent) delete object[name];
  else object[name] = value;
}

function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Change = (payload: Members, value: Json) => void;
/** Gives what stands in the place of the signatures; undefined for nothing at all. */
type ChangeSignatures = (signatures: Json[], value: Json) => Json | undefined;

/** What may be done to a payload before it is signed, so that the signature is good over what was done. */
const payloadEdits = {
  version: [
    everyRole,
    [-1, 0, 1, 2, 3, 4, 10, 2 ** 31, 2 ** 53, 2 ** 63, 1.5, "2", null, absent],
    (payload, value) => set(payload, "version", value),
  ],
  expires: [
    everyRole,
    [
      "2020-01-01T00:00:00Z",
      "2035-01-01T00:00:00.000Z",
      "2035-01-01T00:00:00.123456789Z",
      "2035-01-01T00:00:00+01:00",
      "2035-01-01",
      "2035-02-30T00:00:00Z",
      "2035-01-01t00:00:00z",
      "2035-01-01T00:00:00,5Z",
      "0001-01-01T00:00:00Z",
      0,
      null,
      "",
      absent,
    ],
    (payload, value) => set(payload, "expires", value),
  ],
  type: [
    everyRole,
    ["root", "Targets", "targets", "Snapshot", "Timestamp", "", 7, null, absent],
    (payload, value) => set(payload, "_type", value),
  ],
  extra: [
    everyRole,
    [1, 1.5, null, "x", [], {}, 1e300],
    (payload, value) => set(payload, "x-extra", value),
  ],
  "root threshold": [
    ["root"],
    [0, -1, 2, 3, 1.5, "1", null, absent],
    (payload, value) => set(members(members(payload["roles"])["root"]), "threshold", value),
  ],
  "targets threshold": [
    ["root"],
    [0, -1, 2, "1", absent],
    (payload, value) => set(members(members(payload["roles"])["targets"]), "threshold", value),
  ],
  "timestamp threshold": [
    ["root"],
    [0, -1, 2, 3, absent],
    (payload, value) => set(members(members(payload["roles"])["timestamp"]), "threshold", value),
  ],
  "snapshot threshold": [
    ["root"],
    [0, 2, 3],
    (payload, value) => set(members(members(payload["roles"])["snapshot"]), "threshold", value),
  ],
  "no role": [
    ["root"],
    ["root", "targets", "snapshot", "timestamp"],
    (payload, value) => set(members(payload["roles"]), asText(value), absent),
  ],
  "null role": [
    ["root"],
    ["root", "targets", "snapshot", "timestamp"],
    (payload, value) => set(members(payload["roles"]), asText(value), null),
  ],
  "extra role": [
    ["root"],
    ["mirrors", "targets/qa", "__proto__"],
    (payload, value) =>
      Object.defineProperty(members(payload["roles"]), asText(value), {
        value: { keyids: [], threshold: 1 },
        enumerable: true,
        configurable: true,
      }),
  ],
  roles: [["root"], [null, [], {}, absent], (payload, value) => set(payload, "roles", value)],
  "keys of file": [
    ["root"],
    [null, [], {}, absent],
    (payload, value) => set(payload, "keys", value),
  ],
  "consistent snapshot": [
    ["root"],
    [true, null, "x", absent],
    (payload, value) => set(payload, "consistent_snapshot", value),
  ],
  "keyids of targets": [
    ["root"],
    [[], ["0".repeat(64)], null, absent, "x", [1]],
    (payload, value) => set(members(members(payload["roles"])["targets"]), "keyids", value),
  ],
  "keyids of root": [
    ["root"],
    [[], ["0".repeat(64)], null, absent],
    (payload, value) => set(members(members(payload["roles"])["root"]), "keyids", value),
  ],
  "keyids twice": [
    ["root"],
    ["root", "targets", "timestamp"],
    (payload, value) => {
      const role = members(members(payload["roles"])[asText(value)]);
      role["keyids"] = [...items(role["keyids"]), ...items(role["keyids"])];
    },
  ],
  "key renamed": [
    ["root"],
    ["targets", "root"],
    (payload, value) => {
      const keys = members(payload["keys"]);
      const role = members(members(payload["roles"])[asText(value)]);
      const [id = ""] = items(role["keyids"]).map(asText);
      const renamed = "f".repeat(64);
      set(keys, renamed, keys[id] ?? null);
      set(keys, id, absent);
      role["keyids"] = [renamed];
    },
  ],
  "unused key": [
    ["root"],
    [
      { keytype: "ecdsa", keyval: { private: null, public: "AAAA" } },
      { keytype: "unknown", keyval: { private: null, public: "AAAA" } },
      { keytype: "ecdsa", keyval: { private: null, public: "not base64" } },
      { keytype: "ecdsa", keyval: null },
      { keytype: 1, keyval: {} },
      {},
      null,
    ],
    (payload, value) => set(members(payload["keys"]), "e".repeat(64), value),
  ],
  delegations: [
    targetsRoles,
    [null, {}, [], { keys: null, roles: null }, { roles: [] }, absent],
    (payload, value) => set(payload, "delegations", value),
  ],
  "delegation threshold": [
    targetsRoles,
    [0, -1, 2, 1.5, null, absent],
    (payload, value) => set(firstDelegation(payload), "threshold", value),
  ],
  "delegation name": [
    targetsRoles,
    ["targets", "targets/qa/x/y", "targets/UPPER", "other", "targets/", "", 1, null, absent],
    (payload, value) => set(firstDelegation(payload), "name", value),
  ],
  "delegation keyids": [
    targetsRoles,
    [[], ["0".repeat(64)], null, absent],
    (payload, value) => set(firstDelegation(payload), "keyids", value),
  ],
  "delegation paths": [
    targetsRoles,
    [[], ["a", ""], ["a", "a"], null, absent, "x", [1]],
    (payload, value) => set(firstDelegation(payload), "paths", value),
  ],
  "delegation twice": [
    targetsRoles,
    [true],
    (payload) => {
      const roles = items(members(payload["delegations"])["roles"]);
      if (roles[0] !== undefined) roles.push(structuredClone(roles[0]));
    },
  ],
  "delegation extra": [
    targetsRoles,
    [{ path_hash_prefixes: ["a"] }, { terminating: true }, { Name: "x" }],
    (payload, value) => void Object.assign(firstDelegation(payload), value),
  ],
  target: [
    targetsRoles,
    [
      { hashes: { sha256: "A".repeat(43) + "=" }, length: 1 },
      { hashes: { sha256: "A".repeat(43) + "=" }, length: 1, custom: { a: 1 } },
      { hashes: { sha256: "A".repeat(43) + "=" }, length: 1, custom: 1.5 },
      { hashes: { sha256: "A".repeat(43) + "=" }, length: -1 },
      { hashes: { sha256: "A".repeat(43) + "=" }, length: 1.5 },
      { hashes: { sha256: "A".repeat(43) + "=" }, length: "1" },
      { hashes: { sha256: "A".repeat(43) + "=" } },
      { hashes: { sha256: "AAAA" }, length: 1 },
      { hashes: { sha256: "not base64" }, length: 1 },
      { hashes: { md5: "AAAA" }, length: 1 },
      { hashes: { sha256: null }, length: 1 },
      { hashes: {}, length: 1 },
      { hashes: null, length: 1 },
      { length: 1 },
      {},
      null,
      7,
    ],
    (payload, value) => set(members(payload["targets"]), "tag", value),
  ],
  targets: [
    targetsRoles,
    [null, [], absent, 7],
    (payload, value) => set(payload, "targets", value),
  ],
  "target named": [
    targetsRoles,
    ["", "__proto__", "a<b>&c", "\u2028", "é", 'a\\b"c'],
    (payload, value) =>
      Object.defineProperty(members(payload["targets"]), asText(value), {
        value: { hashes: { sha256: "A".repeat(43) + "=" }, length: 1 },
        enumerable: true,
        configurable: true,
      }),
  ],
  meta: [["snapshot"], [null, {}, [], absent], (payload, value) => set(payload, "meta", value)],
  "meta gone": [
    ["snapshot"],
    ["root", "targets", "targets/qa", "targets/qa/deep"],
    (payload, value) => set(members(payload["meta"]), asText(value), absent),
  ],
  "meta length": [
    ["snapshot"],
    [0, 1, -1, 1.5, "1", null, absent],
    (payload, value) => set(metaOf(payload, "targets"), "length", value),
  ],
  "meta sha256": [
    ["snapshot"],
    ["A".repeat(43) + "=", "AAAA", "", "not base64", null, 1, absent],
    (payload, value) => set(members(metaOf(payload, "targets")["hashes"]), "sha256", value),
  ],
  "meta sha512": [
    ["snapshot"],
    ["A".repeat(86) + "==", "AAAA", "", null, absent],
    (payload, value) => set(members(metaOf(payload, "targets")["hashes"]), "sha512", value),
  ],
  "meta of qa": [
    ["snapshot"],
    ["A".repeat(43) + "=", absent],
    (payload, value) => set(members(metaOf(payload, "targets/qa")["hashes"]), "sha256", value),
  ],
  "meta extra": [
    ["snapshot"],
    ["mirrors", "targets/none", "timestamp", "snapshot", "targets/UPPER"],
    (payload, value) =>
      set(members(payload["meta"]), asText(value), {
        hashes: { sha256: "A".repeat(43) + "=" },
        length: 1,
      }),
  ],
} satisfies Record<string, readonly [readonly EditedRole[], readonly Json[], Change]>;

function firstDelegation(payload: Members): Members {
  return members(items(members(payload["delegations"])["roles"])[0]);
}

function metaOf(payload: Members, role: string): Members {
  return members(members(payload["meta"])[role]);
}

/** What may be done to the signatures once they are made. */
const signatureEdits = {
  "signatures replaced": [
    everyRole,
    [null, [], absent, {}, 7],
    (_signatures, value) => (value === absent ? undefined : value),
  ],
  "signature twice": [everyRole, [true], (signatures) => [...signatures, ...signatures]],
  "signature of a stranger added": [
    everyRole,
    [true],
    (signatures) => [
      ...signatures,
      { keyid: "0".repeat(64), method: "ecdsa", sig: `${"A".repeat(86)}==` },
    ],
  ],
  method: [
    everyRole,
    ["ECDSA", "rsapss", "eddsa", "unknown", "", null, absent, 1],
    (signatures, value) => firstWith(signatures, "method", value),
  ],
  sig: [
    everyRole,
    [`${"A".repeat(86)}==`, "", "AAAA", "not base64", null, absent, 1],
    (signatures, value) => firstWith(signatures, "sig", value),
  ],
  keyid: [
    everyRole,
    ["0".repeat(64), "", null, absent, 1],
    (signatures, value) => firstWith(signatures, "keyid", value),
  ],
  "signature extra": [
    everyRole,
    [1, null],
    (signatures, value) => firstWith(signatures, "x-extra", value),
  ],
} satisfies Record<string, readonly [readonly EditedRole[], readonly Json[], ChangeSignatures]>;

function firstWith(signatures: Json[], name: string, value: Json): Json {
  set(members(signatures[0]), name, value);
  return signatures;
}

/** What may be done to the text of a file at the very last. */
const textEdits = {
  "trailing newline": (text) => `${text}\n`,
  "trailing garbage": (text) => `${text}x`,
  "a second value": (text) => `${text}{}`,
  "leading space": (text) => ` \n${text}`,
  indented: (text) => text.replaceAll(/([{,])"/g, '$1\n  "'),
  empty: () => "",
  truncated: (text) => text.slice(0, -2),
  null: () => "null",
  list: () => "[]",
  number: () => "7",
  "byte order mark": (text) => `\ufeff${text}`,
  "signed twice": (text) => text.replace('{"signed":', '{"signed":{},"signed":'),
  "signed twice, at the end": (text) => text.replace(/\}$/, ',"signed":{}}'),
  "Signed in capitals": (text) => text.replace('{"signed":', '{"Signed":'),
  "version twice": (text) => text.replace(/"version":(\d+)/, '"version":7,"version":$1'),
  "version as 2.0": (text) => text.replace(/"version":(\d+)/, '"version":$1.0'),
  "version as 2e0": (text) => text.replace(/"version":(\d+)/, '"version":$1e0'),
  "another member": (text) => text.replace(/\}$/, ',"x-extra":1}'),
  "nested deeply": (text) =>
    text.replace(/\}$/, `,"x-extra":${"[".repeat(200)}${"]".repeat(200)}}`),
  "a bare surrogate": (text) => text.replace(/\}$/, String.raw`,"x-extra":"\ud800"}`),
  "a bad escape": (text) => text.replace(/\}$/, String.raw`,"x-extra":"\x"}`),
  "a huge number": (text) => text.replace(/\}$/, ',"x-extra":1e999}'),
} satisfies Record<string, (text: string) => string>;

export const edits: ReadonlyMap<string, Edit> = new Map<string, Edit>([
  ...Object.entries(payloadEdits).map(([name, [roles, values, change]]): [string, Edit] => [
    name,
    { about: "payload", roles, values, change },
  ]),
  ...Object.entries(signatureEdits).map(([name, [roles, values, change]]): [string, Edit] => [
    name,
    { about: "signatures", roles, values, change },
  ]),
  ...Object.entries(textEdits).map(([name, change]): [string, Edit] => [
    name,
    { about: "text", roles: everyRole, values: [true], change },
  ]),
]);
