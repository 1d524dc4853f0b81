import { z } from "zod";
import type { BackupNotes } from "#services/signer";
import type { Shelf } from "./shelf.ts";

/** A folder of ours in the trust directory: docker and notary pass it over. */
const file = "countersign/backed-up.json";
const maxBytes = 4_194_304;

const Notes = z.record(z.string().regex(/^[0-9a-f]{64}$/), z.int());

/** Which keys were backed up, and when: one small file, written anew each time. */
export function backupNotes(shelf: Shelf): BackupNotes {
  const backedUp: BackupNotes["backedUp"] = async (o) => {
    const bytes = await shelf.read(file, maxBytes, o);
    const notes = Notes.safeParse(bytes === undefined ? {} : asJson(bytes)).data ?? {};
    return new Map(Object.entries(notes));
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

function asJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // a reminder too many does no harm
  }
}
