import type { BackupNotes } from "#services/signer";
import type { Shelf } from "./shelf.ts";

/** A folder of ours in the trust directory: docker and notary pass it over. */
const file = "countersign/backed-up.json";
const maxBytes = 4_194_304;

const KEY_ID = /^[0-9a-f]{64}$/;

/** Which keys were backed up, and when: one small file, written anew each time. */
export function backupNotes(shelf: Shelf): BackupNotes {
  const backedUp: BackupNotes["backedUp"] = async (o) => {
    const bytes = await shelf.read(file, maxBytes, o);
    const notes = Object.entries(bytes === undefined ? {} : (asJson(bytes) ?? {}));
    return new Map(notes.every(isNote) ? notes : []);
  };
  return {
    backedUp,
    async note(ids, at, o) {
      const notes = new Map(await backedUp(o));
      for (const id of ids) notes.set(id, at);
      const text = `${JSON.stringify(Object.fromEntries(notes), undefined, 2)}\n`;
      await shelf.write(file, text, { isDurable: true }, o);
    },
  };
}

function isNote(note: [string, unknown]): note is [string, number] {
  return KEY_ID.test(note[0]) && Number.isSafeInteger(note[1]);
}

function asJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // a reminder too many does no harm
  }
}
