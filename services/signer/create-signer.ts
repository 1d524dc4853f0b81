import { initialise } from "./init.ts";
import { createKeyring } from "./keyring.ts";
import { SignerError } from "./errors.ts";
import { openDraft } from "./open-draft.ts";
import { publishStaged } from "./publish.ts";
import { rotateKeys } from "./rotate.ts";
import type { Signer, SignerParts } from "./signer.ts";

/** The client's side of Notary, over the given keys, folder and server. */
export function createSigner(parts: SignerParts): Signer {
  return {
    async init(gun, how, o) {
      const opened = await openDraft(parts, gun, o);
      if (opened !== undefined && !opened.draft.isNew)
        throw new SignerError("signer/repository-exists", `${gun} has trust data already`);
      return await initialise(parts, gun, { ...how, keyring: createKeyring(parts.keys, o) }, o);
    },
    publish: (gun, o) => publishStaged(parts, gun, createKeyring(parts.keys, o), o),
    rotate: (gun, how, o) =>
      rotateKeys(parts, gun, { ...how, keyring: createKeyring(parts.keys, o) }, o),
    async remove(gun, { remote }, o) {
      // The server first: while it still has the data, what is kept here is still good for something.
      if (remote) await parts.server.remove(gun, o);
      await parts.local(gun).removeAll(o);
    },
  };
}
