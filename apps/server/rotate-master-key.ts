import { randomUUID } from "node:crypto";
import { rename, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFileAtomically, syncDirectory } from "#adapters/io";
import { changeMasterKey, type RotationStep } from "#adapters/pki";
import { sqlLeases, sqlSealedKeyStore, sqlSealedPasswords } from "#adapters/storage";
import type { Options } from "#domain/kernel";
import { readConfig, type Environment } from "./config.ts";
import { ServerError } from "./errors.ts";
import { createKeyFile, masterKeyFiles, readKeyFile, readMasterKeys } from "./master-keys.ts";
import { inDatabase } from "./in-database.ts";

/** Every step that leaves something on disk. */
export type MasterKeyStep =
  RotationStep | { readonly kind: "made" | "kept-previous" | "moved"; readonly file: string };

export type RotatedMasterKey = {
  /** Of the new master key. */
  readonly id: string;
  readonly keys: number;
  /** The file with the new one, and the one with the old one; undefined where others keep them. */
  readonly file: string;
  readonly oldFile: string | undefined;
  /** Whether the server's configuration must name `file` from now on. */
  readonly mustConfigure: boolean;
};

const leaseMs = 30_000;
const lease = "master-key";

/**
 * Changes the master key of an installation, whether its server runs or not. Each step is on disk before the
 * next begins; a server that starts between any two opens every key, and running it again finishes what was
 * broken off. Only when it returns may the old master key be destroyed.
 */
export async function rotateMasterKey(
  parts: {
    readonly env: Environment;
    readonly told: (step: MasterKeyStep) => void | Promise<void>;
  },
  o: Options,
): Promise<RotatedMasterKey> {
  const { told } = parts;
  const config = readConfig(parts.env);
  const { current, next, previous } = masterKeyFiles(config);
  if (next === undefined)
    throw new ServerError(
      "server/config-invalid",
      "the master key is in the environment: name the file of the new one, 32 random bytes, in COUNTERSIGN_NEXT_MASTER_KEY_FILE",
    );
  const isOurs = config.nextMasterKeyFile === "";
  return await inDatabase(config, async (database) => {
    const holder = randomUUID();
    const leases = sqlLeases(database);
    const proceed = async (): Promise<void> => {
      const isAlone = await leases.take(lease, { holder, now: Date.now(), ttlMs: leaseMs }, o);
      if (isAlone) return;
      throw new ServerError(
        "server/master-key-busy",
        "the master key is being changed by somebody else, or that was broken off within the last 30 seconds: wait, then try again",
      );
    };
    await proceed();
    try {
      const keys = await readMasterKeys(config, { ...o, isNewInstallation: false });
      if (isOurs) await createKeyFile(next, o);
      await told({ kind: "made", file: next });
      const to = await readKeyFile(next);
      if (to.id === keys.master.id)
        throw new ServerError("server/config-invalid", `${next} holds the master key in use`);
      let count = 0;
      await changeMasterKey(
        {
          ...{ store: sqlSealedKeyStore(database), secrets: sqlSealedPasswords(database) },
          ...{ ...keys, to },
          async told(step) {
            await proceed();
            if (step.kind === "verified") count = step.keys;
            await told(step);
          },
        },
        o,
      );
      const done = { id: to.id, keys: count };
      if (!isOurs || current === undefined || previous === undefined)
        return { ...done, file: next, oldFile: current, mustConfigure: true };
      await writeFileAtomically(previous, await readFile(current), { ...o, mode: 0o600 });
      await told({ kind: "kept-previous", file: previous });
      await rename(next, current);
      await syncDirectory(dirname(current));
      await told({ kind: "moved", file: current });
      return { ...done, file: current, oldFile: previous, mustConfigure: false };
    } finally {
      await leases.giveBack(lease, holder, o);
    }
  });
}
