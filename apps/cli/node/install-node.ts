import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFileAtomically } from "#adapters/io";
import { parseAccountName } from "#domain/identity";
import { parseRegistryHost } from "#domain/oci";
import { guardScript } from "#faces/engine-plugin";
import { writeNodeConfig } from "#apps/engine-plugin";
import { ApiError } from "#contracts";
import type { Session } from "../session.ts";
import { CliError } from "../errors.ts";
import { withGuard, withoutGuard, type Guarded } from "./daemon-json.ts";
import type { Places } from "./places.ts";
import { unitText } from "./unit.ts";

export type NodeSettings = {
  readonly name: string;
  readonly engineSocket: string;
  readonly engineData: string;
  readonly runc: string;
  readonly stalenessSeconds: number;
  readonly local: "view-only" | "restricted-control" | "full-control" | "admin";
  /** This engine stands behind a gateway: make the secret that they share. */
  readonly withGateway: boolean;
  /** Of the command itself: what the unit runs. */
  readonly program: readonly string[];
};

/** A file that is to be written, or taken away where there is no text. */
export type Change = {
  readonly file: string;
  readonly text: string | undefined;
  readonly mode: number;
};

const guardSocket = "/run/countersign/guard.sock";
const plugin = "countersign";
const runtime = "countersign";

/** Everything that an installation writes, in the order in which it is safe to write it. */
export async function planInstall(
  session: Session,
  places: Places,
  settings: NodeSettings,
): Promise<readonly Change[]> {
  const { registryHost } = await session.client("status");
  const guarded: Guarded = { plugin, runtime, guardPath: places.guard };
  const daemon = withGuard(await tryRead(places.daemonJson), guarded, places.daemonJson);
  const ca = session.config.ca === undefined ? undefined : await tryRead(session.config.ca.file);
  const before = await tryRead(places.daemonJson);
  const config = writeNodeConfig({
    server: session.config.server,
    registry: parseRegistryHost(registryHost),
    ...(ca === undefined ? {} : { caFile: places.ca }),
    keyFile: places.key,
    engineSocket: settings.engineSocket,
    engineData: settings.engineData,
    pluginSocket: `/run/docker/plugins/${plugin}.sock`,
    guardSocket,
    runtime,
    stalenessSeconds: settings.stalenessSeconds,
    local: settings.local,
    ...(settings.withGateway ? { gatewaySecretFile: places.gatewaySecret } : {}),
  });
  const known = await tryRead(places.gatewaySecret);
  return [
    { file: places.key, text: (await tryRead(places.key)) ?? newKey(), mode: 0o600 },
    ...(ca === undefined ? [] : [{ file: places.ca, text: ca, mode: 0o644 }]),
    ...(settings.withGateway
      ? [
          {
            file: places.gatewaySecret,
            text: known ?? `${randomBytes(32).toString("hex")}\n`,
            mode: 0o600,
          },
        ]
      : []),
    { file: places.config, text: config, mode: 0o600 },
    { file: places.guard, text: guardScript({ guardSocket, runc: settings.runc }), mode: 0o755 },
    { file: places.unit, text: unitText(settings.program, places.config), mode: 0o644 },
    ...(before === undefined || existsSync(places.daemonBackup)
      ? []
      : [{ file: places.daemonBackup, text: before, mode: 0o600 }]),
    { file: places.daemonJson, text: daemon, mode: 0o644 },
  ];
}

/** What an uninstallation takes away: the engine's settings first, so that it never asks for what is gone. */
export async function planUninstall(places: Places): Promise<readonly Change[]> {
  const guarded: Guarded = { plugin, runtime, guardPath: places.guard };
  const before = await tryRead(places.daemonJson);
  const after = withoutGuard(before, guarded, places.daemonJson);
  const gone = [
    places.unit,
    places.guard,
    places.config,
    places.key,
    places.ca,
    places.gatewaySecret,
  ];
  return [
    ...(before === undefined ? [] : [{ file: places.daemonJson, text: after, mode: 0o644 }]),
    ...gone.filter((file) => existsSync(file)).map((file) => ({ file, text: undefined, mode: 0 })),
  ];
}

/** Makes the node known to the server: an account of its own without any right, and its key's public half. */
export async function enrol(session: Session, name: string, privateKeyPem: string): Promise<void> {
  const account = parseAccountName(name);
  try {
    const password = randomBytes(32).toString("base64url"); // nobody signs in with it
    await session.client("createUser", {
      body: { name: account, password, fullName: `Node ${name}`, permission: "none" },
    });
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.code !== "accounts/name-taken") throw error;
  }
  const pem = createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString();
  try {
    const body = { label: `Node ${name}`, pem };
    await session.client("addKey", { params: { user: account }, body });
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.code !== "accounts/key-taken") throw error;
  }
}

/** Carries a plan out. Throws `cli/file-unwritable`. */
export async function carryOut(changes: readonly Change[]): Promise<void> {
  for (const { file, text, mode } of changes)
    try {
      if (text === undefined) {
        await rm(file, { force: true });
        continue;
      }
      await mkdir(dirname(file), { recursive: true });
      await writeFileAtomically(file, text, { mode, signal: AbortSignal.timeout(10_000) });
    } catch (cause) {
      const hint = "run it as root; what was written before is harmless until the engine restarts";
      throw new CliError("cli/file-unwritable", `${file} cannot be written`, hint, { cause });
    }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

async function tryRead(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CliError("cli/file-unreadable", `${file} cannot be read`, "run it as root", {
      cause,
    });
  }
}
