import { randomUUID } from "node:crypto";
import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { SignerError, type Change, type StagedChange } from "#services/signer";
import { maxChangeBytes, readChange, writeChange } from "./change-json.ts";
import { gunFolder } from "./gun-folder.ts";
import type { Shelf } from "./shelf.ts";

const suffix = ".change";
const MOMENT = /^([0-9]{20})_/;
const maxChanges = 100_000;

/** The staged changes of one repository, a file each; their names sort in the order of staging. */
export interface Changelist {
  staged(o: Options): Promise<readonly StagedChange[]>;
  stage(changes: readonly Change[], o: Options): Promise<void>;
  unstage(names: readonly string[], o: Options): Promise<void>;
  removeAll(o: Options): Promise<void>;
}

export function changelist(shelf: Shelf, gun: Gun, clock: Clock): Changelist {
  const home = gunFolder(gun);
  const folder = `${home}/changelist`;
  const names = async (o: Options): Promise<readonly string[]> => {
    const found = (await shelf.list(folder, { deep: false }, o)).map(({ path }) => path);
    const changes = found.filter((name) => name.endsWith(suffix) && !name.startsWith("."));
    if (changes.length > maxChanges)
      throw new SignerError("signer/directory-broken", `more than ${maxChanges} staged changes`);
    return changes.sort();
  };
  const remove = async (gone: readonly string[], o: Options): Promise<void> => {
    const paths = gone.map((name) => `${folder}/${name}`);
    await shelf.remove(paths, home, o);
  };
  /** Later than everything that is staged, also by a client whose clock is ahead, and also within a nanosecond. */
  const nextMoment = (staged: readonly string[]): bigint => {
    const [, last = "0"] = MOMENT.exec(staged.at(-1) ?? "") ?? [];
    const now = BigInt(Math.trunc(clock())) * 1_000_000n;
    const after = BigInt(last) + 1n;
    return now > after ? now : after;
  };
  let lastTurn: Promise<unknown> = Promise.resolve();
  const stage = async (changes: readonly Change[], o: Options): Promise<void> => {
    let moment = nextMoment(await names(o));
    const written: string[] = [];
    try {
      for (const change of changes) {
        const name = `${String(moment).padStart(20, "0")}_${randomUUID()}${suffix}`;
        const how = { isDurable: true, isAlone: true };
        await shelf.write(`${folder}/${name}`, writeChange(change), how, o);
        written.push(name);
        moment += 1n;
      }
    } catch (error) {
      await remove(written, { signal: new AbortController().signal });
      throw error;
    }
  };

  return {
    async staged(o) {
      const staged: StagedChange[] = [];
      for (const name of await names(o)) {
        const bytes = await shelf.read(`${folder}/${name}`, maxChangeBytes, o);
        const isGone = bytes === undefined && !(await names(o)).includes(name);
        if (isGone) continue; // another client has published it just now
        const change = bytes && readChange(bytes);
        if (change === undefined)
          throw new SignerError(
            "signer/directory-broken",
            `the staged change ${name} cannot be read`,
          );
        staged.push({ name, change });
      }
      return staged;
    },
    stage(changes, o) {
      const turn = lastTurn.then(() => stage(changes, o));
      lastTurn = turn.catch(() => undefined); // whoever waits for it hears of it
      return turn;
    },
    async unstage(gone, o) {
      const known = new Set(await names(o));
      await remove(
        gone.filter((name) => known.has(name)),
        o,
      );
    },
    async removeAll(o) {
      await remove(await names(o), o);
    },
  };
}
