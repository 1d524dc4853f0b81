import type { Options } from "#domain/kernel";
import { SignerError, type KeyInQuestion, type Passphrases } from "#services/signer";

/** As the Go client: so many wrong passphrases for a key, so many unusable ones for a new one. */
const maxTries = 4;
const maxFreshTries = 11;

/** Asks for passphrases, one key at a time: two prompts on one terminal are none. */
export interface Asking {
  /** Tries passphrases until `open` gives a value. Throws `signer/passphrase-wrong`. */
  existing<Value>(
    key: KeyInQuestion,
    open: (passphrase: string) => Promise<Value | undefined>,
    o: Options,
  ): Promise<Value>;
  /** Throws `signer/passphrase-missing`. */
  fresh(key: KeyInQuestion, o: Options): Promise<string>;
}

export function asking(passphrases: Passphrases): Asking {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Value>(ask: () => Promise<Value>): Promise<Value> => {
    const turn = last.then(ask, ask);
    last = turn.catch(() => undefined); // whoever waits for it hears of it
    return turn;
  };
  return {
    existing: (key, open, o) =>
      inTurn(async () => {
        for (let attempt = 0; attempt < maxTries; attempt += 1) {
          o.signal.throwIfAborted();
          const passphrase = await passphrases.existing(key, attempt, o);
          if (passphrase === undefined) break;
          const opened = await open(passphrase);
          if (opened !== undefined) return opened;
        }
        const message = `the ${key.role} key ${key.id ?? ""} could not be opened: no right passphrase was given`;
        throw new SignerError("signer/passphrase-wrong", message);
      }),
    fresh: (key, o) =>
      inTurn(async () => {
        for (let attempt = 0; attempt < maxFreshTries; attempt += 1) {
          o.signal.throwIfAborted();
          const passphrase = await passphrases.fresh(key, attempt, o);
          if (passphrase !== undefined && passphrase !== "") return passphrase;
        }
        throw new SignerError(
          "signer/passphrase-missing",
          `no passphrase was given for the new ${key.role} key`,
        );
      }),
  };
}
