import type { Options } from "#domain/kernel";
import type { BackupNotes, HeldKey, KeyStore } from "#services/signer";
import type { World } from "../world.ts";

/** Notes which root keys a command uses or makes, and says at its end which of them have no backup. */
export function backupReminder(
  notes: BackupNotes,
  world: World,
): {
  readonly watched: <Keys extends KeyStore>(keys: Keys) => Keys;
  readonly noteUse: (key: HeldKey) => void;
  readonly say: (o: Options) => Promise<void>;
} {
  const used = new Map<string, HeldKey>();
  const noteUse = (key: HeldKey): void => {
    if (key.role === "root") used.set(key.id, key);
  };
  return {
    noteUse,
    watched: (keys) => ({
      ...keys,
      async open(id, o) {
        const key = await keys.open(id, o);
        if (key !== undefined) noteUse(key);
        return key;
      },
      async generate(purpose, o) {
        const key = await keys.generate(purpose, o);
        noteUse(key);
        return key;
      },
    }),
    async say(o) {
      const isOff = ["0", "off", "false", "no"].includes(
        world.env["COUNTERSIGN_BACKUP_REMINDER"] ?? "",
      );
      if (used.size === 0 || isOff) return;
      const backedUp = await notes.backedUp(o);
      for (const { id } of used.values())
        if (!backedUp.has(id))
          world.err(
            `warning: there is no backup of the root key ${id.slice(0, 7)}; if it is lost, so are its repositories\n` +
              "hint:    countersign key backup FILE, and keep the file elsewhere\n",
          );
    },
  };
}
