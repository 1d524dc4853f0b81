import {
  canonicalJson,
  composeFile,
  describeFile,
  snapshotPayload,
  type Signer,
} from "#domain/tuf";
import {
  certifiedKey,
  signRoot,
  signTargets,
  testKey,
  type TestKey,
  type TestRepository,
} from "#domain/tuf/testing";
import type { ServerPair } from "../harness/notary-server-pair.ts";
import { edits, members, type EditedRole, type Json } from "./parity-edits.ts";
import { ownerOnBoth, post, type Outcome, type Part } from "./parity-publish.ts";

const msPerDay = 86_400_000;

export const roles = ["root", "targets", "targets/qa", "targets/qa/deep", "snapshot"] as const;

export type Step = { readonly role: EditedRole; readonly edit: string; readonly value: Json };

/** An update to send to both servers: a valid one, and what is done to it. */
export type Plan = {
  /** What was published before: nothing, or a repository whose snapshot the server or the client signs. */
  readonly base: "nothing" | "server-snapshot" | "client-snapshot";
  readonly sends: readonly EditedRole[];
  readonly moves: readonly Move[];
  readonly steps: readonly Step[];
  readonly parts: PartsEdit;
};

export const partsEdits = {
  "as they are": (parts) => parts,
  reversed: (parts) => parts.toReversed(),
  "first one twice": (parts) => [...parts.slice(0, 1), ...parts],
  "broken one before the last": (parts) => {
    const last = parts.at(-1);
    return last === undefined ? parts : [{ ...last, bytes: Buffer.from("{}") }, ...parts];
  },
  "with a timestamp": (parts) => [...parts, { name: "timestamp", bytes: Buffer.from("{}") }],
  "with .json": (parts) => parts.map((part) => ({ ...part, name: `${part.name}.json` })),
} satisfies Record<string, (parts: readonly Part[]) => readonly Part[]>;
export type PartsEdit = keyof typeof partsEdits;

/** Who signs which file in the end. */
type Signing = {
  readonly owner: TestRepository;
  readonly signers: Map<string, readonly TestKey[]>;
};
type MoveOf = (signing: Signing) => Promise<void> | void;

const certificate = (name: string, days: readonly [number, number], isCa = false) =>
  certifiedKey({
    name,
    notBefore: Date.now() + days[0] * msPerDay,
    notAfter: Date.now() + days[1] * msPerDay,
    isCa,
  });

/** What an owner may do with keys before signing. */
export const moves = {
  ...named(
    roles,
    "a stranger signs",
    (role) =>
      ({ signers }) =>
        void signers.set(role, [testKey()]),
  ),
  ...named(
    roles,
    "nobody signs",
    (role) =>
      ({ signers }) =>
        void signers.set(role, []),
  ),
  ...named(
    ["P-384", "P-521", "rsa", "ed25519"] as const,
    "new targets key of kind",
    (kind) =>
      ({ owner }) => {
        owner.targets.keys = [testKey(kind)];
      },
  ),
  "new targets key": ({ owner }) => {
    owner.targets.keys = [testKey()];
  },
  "new qa key": ({ owner }) => {
    const qa = owner.targets.children.get("targets/qa");
    if (qa !== undefined) qa.keys = [testKey()];
  },
  "qa is undelegated": ({ owner }) => void owner.targets.children.delete("targets/qa"),
  "two targets keys, both sign": ({ owner }) => {
    owner.targets.keys = [testKey(), testKey()];
    owner.targets.threshold = 2;
  },
  "two targets keys, one signs": ({ owner, signers }) => {
    const [one, other] = [testKey(), testKey()];
    owner.targets.keys = [one, other];
    owner.targets.threshold = 2;
    signers.set("targets", [one]);
  },
  "new root key, both sign": async ({ owner, signers }) => {
    const before = owner.root.keys;
    owner.root.keys = [await certificate(owner.gun, [-1, 100])];
    signers.set("root", [...before, ...owner.root.keys]);
  },
  "new root key, only the new signs": async ({ owner }) => {
    owner.root.keys = [await certificate(owner.gun, [-1, 100])];
  },
  "new root key, only the old signs": async ({ owner, signers }) => {
    signers.set("root", owner.root.keys);
    owner.root.keys = [await certificate(owner.gun, [-1, 100])];
  },
  "root certificate of another name": certified("registry.test/other/name", [-1, 100]),
  "root certificate with a wildcard": certified("registry.test/*", [-1, 100]),
  "root certificate has expired": certified(undefined, [-10, -1]),
  "root certificate not yet valid": certified(undefined, [10, 100]),
  "root certificate valid within a day": certified(undefined, [0.5, 100]),
  "root certificate is an authority": certified(undefined, [-1, 100], true),
  "root key is bare": ({ owner, signers }) => {
    const before = owner.root.keys;
    owner.root.keys = [testKey()];
    signers.set("root", [...before, ...owner.root.keys]);
  },
  "two root certificates of one key for a threshold of two": async ({ owner, signers }) => {
    const before = owner.root.keys;
    const one = await certificate(owner.gun, [-1, 100]);
    const again = await certifiedKey({
      name: owner.gun,
      notBefore: Date.now() - 2 * msPerDay,
      notAfter: Date.now() + msPerDay,
      again: one,
    });
    owner.root.keys = [one, again];
    owner.root.threshold = 2;
    signers.set("root", [...before, one, again]);
  },
  "two root keys for a threshold of two": async ({ owner, signers }) => {
    const before = owner.root.keys;
    owner.root.keys = [
      await certificate(owner.gun, [-1, 100]),
      await certificate(owner.gun, [-1, 100]),
    ];
    owner.root.threshold = 2;
    signers.set("root", [...before, ...owner.root.keys]);
  },
  "timestamp key nobody holds": ({ owner }) => {
    owner.timestamp.keys = [testKey()];
  },
  "snapshot key nobody holds": ({ owner }) => {
    owner.snapshot.keys = [testKey()];
  },
} satisfies Record<string, MoveOf>;
export type Move = keyof typeof moves;

function named<Name extends string, Text extends string>(
  names: readonly Name[],
  text: Text,
  make: (name: Name) => MoveOf,
): Record<`${Text} ${Name}`, MoveOf> {
  const made = names.map((name) => [`${text} ${name}`, make(name)]);
  return Object.fromEntries(made) as Record<`${Text} ${Name}`, MoveOf>;
}

function certified(
  name: string | undefined,
  days: readonly [number, number],
  isCa = false,
): MoveOf {
  return async ({ owner, signers }) => {
    const before = owner.root.keys;
    owner.root.keys = [await certificate(name ?? owner.gun, days, isCa)];
    signers.set("root", [...before, ...owner.root.keys]);
  };
}

export type Result = { readonly go: Outcome; readonly ours: Outcome };

/** Publishes what the plan begins with to both servers, then sends both the same update. */
export async function play(pair: ServerPair, gun: string, plan: Plan): Promise<Result> {
  const owner = await ownerOnBoth(pair, gun);
  if (plan.base === "client-snapshot") owner.snapshot.keys = [testKey()];
  owner.delegate("targets/qa", {});
  owner.delegate("targets/qa/deep", {});
  const before = await signed(owner, new Map(), { sends: roles, steps: [] });
  const isSnapshotOurs = plan.base === "client-snapshot";
  const first = before.filter(({ name }) => name !== "snapshot" || isSnapshotOurs);
  if (plan.base !== "nothing") {
    await both(pair, gun, first);
    raise(owner);
  }
  const signers = new Map<string, readonly TestKey[]>();
  for (const move of plan.moves) await moves[move]({ owner, signers });
  const kept = plan.base === "nothing" ? [] : before;
  const update = partsEdits[plan.parts](await signed(owner, signers, { ...plan, kept }));
  const [go, ours] = await Promise.all([
    post(pair.go, gun, update).catch(() => dropped),
    post(pair.ours, gun, update),
  ]);
  return { go, ours };
}

/** Go's server closes the connection on some updates. */
export const dropped: Outcome = {
  status: 0,
  code: "dropped",
  name: undefined,
  message: undefined,
};

async function both(pair: ServerPair, gun: string, parts: readonly Part[]): Promise<void> {
  for (const side of [pair.go, pair.ours]) {
    const outcome = await post(side, gun, parts);
    if (outcome.status !== 200) throw new Error(`${side.url}: ${JSON.stringify(outcome)}`);
  }
}

function raise(owner: TestRepository): void {
  const qa = owner.targets.children.get("targets/qa");
  const deep = qa?.children.get("targets/qa/deep");
  for (const role of [owner.root, owner.targets, qa, deep, owner.snapshot])
    if (role !== undefined) role.version += 1;
}

type Making = {
  readonly sends: readonly EditedRole[];
  readonly steps: readonly Step[];
  /** What was published before, for a snapshot to describe where nothing newer is sent. */
  readonly kept?: readonly Part[];
};

async function signed(
  owner: TestRepository,
  signers: ReadonlyMap<string, readonly TestKey[]>,
  { sends, steps, kept = [] }: Making,
): Promise<readonly Part[]> {
  const files = new Map(kept.map(({ name, bytes }) => [name, bytes]));
  const parts: Part[] = [];
  for (const role of roles) {
    if (!sends.includes(role)) continue;
    const valid = await validFile(owner, role, files);
    if (valid === undefined) continue;
    const ours = steps.filter((step) => step.role === role);
    const bytes = await edited(valid.bytes, {
      steps: ours,
      signers: signers.get(role) ?? valid.keys,
    });
    files.set(role, bytes);
    parts.push({ name: role, bytes });
  }
  return parts;
}

type Valid = { readonly bytes: Uint8Array; readonly keys: readonly TestKey[] };

async function validFile(
  owner: TestRepository,
  role: EditedRole,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Valid | undefined> {
  if (role === "root") return { bytes: await signRoot(owner), keys: owner.root.keys };
  if (role === "snapshot") {
    const { version, expires, keys } = owner.snapshot;
    const described = [...files].filter(([name]) => name !== "snapshot");
    const meta = new Map(described.map(([name, bytes]) => [name, describeFile(bytes)]));
    const payload = snapshotPayload({ version, expires, meta });
    const hold = keys.map((key) => key.signer);
    return { bytes: await composeFile(payload, hold), keys };
  }
  const qa = owner.targets.children.get("targets/qa");
  const all = {
    targets: owner.targets,
    "targets/qa": qa,
    "targets/qa/deep": qa?.children.get("targets/qa/deep"),
  };
  const found = all[role];
  return found && { bytes: await signTargets(found), keys: found.keys };
}

async function edited(
  bytes: Uint8Array,
  { steps, signers }: { readonly steps: readonly Step[]; readonly signers: readonly TestKey[] },
): Promise<Uint8Array> {
  const payload = (JSON.parse(new TextDecoder().decode(bytes)) as { signed: Json }).signed;
  const chosen = steps.map((step) => ({ ...step, how: edits.get(step.edit) }));
  for (const { how, value } of chosen)
    if (how?.about === "payload") how.change(members(payload), structuredClone(value));
  const text = signable(payload);
  let signatures: Json | undefined = await Promise.all(
    signers.map(({ signer }) => signatureOf(signer, text)),
  );
  for (const { how, value } of chosen)
    if (how?.about === "signatures" && Array.isArray(signatures))
      signatures = how.change(signatures, value);
  const list = signatures === undefined ? "" : `,"signatures":${JSON.stringify(signatures)}`;
  let file = `{"signed":${escaped(text)}${list}}`;
  for (const { how } of chosen) if (how?.about === "text") file = how.change(file);
  return Buffer.from(file);
}

/** Canonical where that is possible; else as it is, and no reader will take it for signed. */
function signable(payload: Json): string {
  try {
    return canonicalJson(payload);
  } catch {
    return JSON.stringify(payload);
  }
}

async function signatureOf({ keyId, method, sign }: Signer, text: string): Promise<Json> {
  const sig = Buffer.from(await sign(Buffer.from(text))).toString("base64");
  return { keyid: keyId, method, sig };
}

function escaped(text: string): string {
  return text.replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
