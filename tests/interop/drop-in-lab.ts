import { generateKeyPairSync, createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtCommand } from "../harness/built.ts";
import { runPeer, type Ran } from "../harness/peers-run.ts";

export const passphrase = "a long test passphrase";

/** Which client: the Go program, or ours. */
export type Client = "go" | "ours";

export type Bench = {
  /** The two clients' folders lie here, with names of one length. */
  readonly directory: string;
  readonly url: string;
  readonly caFile: string;
};

export type RunOptions = {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the global flags that every command gets. */
  readonly globals?: readonly string[];
};

/** Somebody at a terminal: a home, a trust directory, and one of the two clients. */
export type Seat = {
  readonly client: Client;
  readonly trust: string;
  readonly home: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** As `run`, for what has to succeed. */
  must(args: readonly string[], options?: RunOptions): Promise<string>;
};

const passphrases = {
  NOTARY_ROOT_PASSPHRASE: passphrase,
  NOTARY_TARGETS_PASSPHRASE: passphrase,
  NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
  NOTARY_DELEGATION_PASSPHRASE: passphrase,
};

/** What is started for a client: a program and the words before the arguments. */
export function programOf(client: Client): readonly [string, ...string[]] {
  return client === "go" ? ["notary"] : [process.execPath, builtCommand("notary")];
}

/** A seat; two seats of one name share their trust directory. */
export async function seatOf(bench: Bench, client: Client, name: string): Promise<Seat> {
  const home = join(bench.directory, name);
  const trust = join(home, "trust");
  await mkdir(home, { recursive: true });
  const globalFlags = ["-s", bench.url, "--tlscacert", bench.caFile, "-d", trust];
  const run: Seat["run"] = (args, options = {}) => {
    const [program, ...before] = programOf(client);
    const words = [...before, ...(options.globals ?? globalFlags), ...args];
    const env = { ...passphrases, HOME: home, ...options.env };
    return runPeer(program, words, { env, cwd: home, input: options.input ?? "" });
  };
  return {
    client,
    home,
    trust,
    run,
    async must(args, options) {
      const ran = await run(args, options);
      if (ran.exitCode !== 0)
        throw new Error(`${client}: notary ${args.join(" ")}\n${ran.out}${ran.err}`);
      return ran.out;
    },
  };
}

export type PersonalKey = { readonly privateFile: string; readonly publicFile: string };

/** A P-256 key as openssl makes them: PKCS#8 in the clear, and its public half. */
export async function personalKey(directory: string, name: string): Promise<PersonalKey> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const base = join(directory, name);
  await writeFile(`${base}.pub`, publicKey.export({ type: "spki", format: "pem" }));
  await writeFile(`${base}.pem`, privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
  });
  return { privateFile: `${base}.pem`, publicFile: `${base}.pub` };
}

/** Everything that a trust directory keeps, but for what chance and time make of it. */
export async function contentsOf(trust: string): Promise<unknown> {
  const files = await readdir(trust, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .toSorted();
  const keys: string[] = [];
  const changes: unknown[] = [];
  const metadata: unknown[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8");
    const name = path.slice(trust.length + 1);
    if (name.startsWith("private/")) keys.push(headersOf(text));
    else if (name.endsWith(".change")) changes.push(changeIn(text));
    else if (name.endsWith(".json")) metadata.push([name, metadataIn(text)]);
    else if (!name.endsWith(".lock")) metadata.push([name, "unknown"]);
  }
  return { keys: keys.toSorted(), changes, metadata };
}

/** `role: targets` and its like, the kind of block and its size. */
function headersOf(pem: string): string {
  const lines = pem.trimEnd().split("\n");
  const bodies = lines.filter((line) => /^[A-Za-z0-9+/=]+$/.test(line)).join("");
  const bytes = Buffer.from(bodies, "base64").length;
  return [...lines.filter((line) => /^-----BEGIN|: /.test(line)), bytes].join("; ");
}

function changeIn(text: string): unknown {
  const change = JSON.parse(text) as { data: string | null };
  if (change.data === null) return change;
  return { ...change, data: JSON.parse(Buffer.from(change.data, "base64").toString()) as unknown };
}

type Signed = {
  readonly _type: string;
  readonly version: number;
  readonly targets?: unknown;
  readonly meta?: object;
  readonly roles?: Readonly<Record<string, { keyids: unknown[]; threshold: number }>>;
  readonly keys?: object;
  readonly delegations?: {
    readonly roles: readonly { keyids: unknown[]; name: string; paths?: unknown }[];
  };
};

/** What a file says, with numbers of keys in place of their ids. */
function metadataIn(text: string): unknown {
  const file = JSON.parse(text) as { signed: Signed; signatures: unknown[] };
  const { signed } = file;
  return {
    type: signed._type,
    version: signed.version,
    targets: signed.targets,
    meta: Object.keys(signed.meta ?? {}).toSorted(),
    roles: Object.entries(signed.roles ?? {}).map(([name, role]) => [
      name,
      role.keyids.length,
      role.threshold,
    ]),
    keys: Object.keys(signed.keys ?? {}).length,
    delegations: signed.delegations?.roles.map(({ keyids, ...role }) => ({
      ...role,
      keys: keyids.length,
    })),
    signatures: file.signatures.length,
  };
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
