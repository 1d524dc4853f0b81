import { describe, expect, test } from "vitest";
import { parseGun, type Gun } from "#domain/oci";
import { parseRoleName, rootRole, targetsRole } from "#domain/tuf";
import { testKey } from "#domain/tuf/testing";
import type { Change, LocalRepository, StagedChange } from "#services/signer";

/** Nothing is kept yet; `again` opens the same repositories anew, as the next run of a program does. */
export type LocalUnderTest = AsyncDisposable & {
  readonly local: (gun: Gun) => LocalRepository;
  readonly again: () => Promise<(gun: Gun) => LocalRepository>;
};

const o = { signal: new AbortController().signal };
const { gun } = parseGun("registry.test/acme/web");
const { gun: nested } = parseGun("registry.test/acme/web/inner");
const releases = parseRoleName("targets/releases");
const digest = { sha256: "5e".repeat(32), length: 527 };

const add = (name: string, role = targetsRole): Change => ({
  kind: "target-add",
  role,
  name,
  target: digest,
});
const namesOf = (staged: readonly StagedChange[]) =>
  staged.map(({ change }) => ("name" in change ? change.name : change.kind));

/** What every `LocalRepository` must do. */
export function localRepositorySuite(name: string, open: () => Promise<LocalUnderTest>): void {
  describe(name, () => {
    test("nothing is kept of a repository that nobody worked on", async () => {
      await using opened = await open();
      const local = opened.local(gun);
      expect(await local.file(rootRole, o)).toBeUndefined();
      expect(await local.staged(o)).toEqual([]);
      await local.unstage(["none"], o);
      await local.removeAll(o);
    });

    test("files are kept byte for byte, each until it is written again", async () => {
      await using opened = await open();
      const local = opened.local(gun);
      const [one, two, three] = [fileOf("root", 1), fileOf("targets", 1), fileOf("targets", 2)];
      await local.writeFiles(new Map([[rootRole, one]]), o);
      await local.writeFiles(new Map([[targetsRole, two]]), o);
      await local.writeFiles(new Map([[targetsRole, three]]), o);
      await local.writeFiles(new Map([[releases, two]]), o);
      const again = (await opened.again())(gun);
      expect(textOf(await again.file(rootRole, o))).toBe(textOf(one));
      expect(textOf(await again.file(targetsRole, o))).toBe(textOf(three));
      expect(textOf(await again.file(releases, o))).toBe(textOf(two));
      expect(await opened.local(nested).file(rootRole, o)).toBeUndefined();
    });

    test("staged changes come back in the order of staging, also after opening again", async () => {
      await using opened = await open();
      const local = opened.local(gun);
      const tags = Array.from({ length: 30 }, (_, index) => `tag-${index}`);
      await local.stage(
        tags.slice(0, 12).map((tag) => add(tag)),
        o,
      );
      for (const tag of tags.slice(12, 24)) await local.stage([add(tag)], o);
      const again = (await opened.again())(gun);
      await again.stage(
        tags.slice(24).map((tag) => add(tag)),
        o,
      );
      const staged = await again.staged(o);
      expect(namesOf(staged)).toEqual(tags);
      const names = staged.map(({ name: place }) => place);
      expect(names).toEqual([...new Set(names)].toSorted());
    });

    test("every kind of change comes back as it was staged", async () => {
      await using opened = await open();
      const changes = everyKind();
      await opened.local(gun).stage(changes, o);
      const staged = await (await opened.again())(gun).staged(o);
      expect(staged.map(({ change }) => comparable(change))).toEqual(changes.map(comparable));
    });

    test("any text can be the name of a target", async () => {
      await using opened = await open();
      const odd = [
        "",
        "__proto__",
        "a/b\\c",
        'quote"',
        "größe",
        "<&>",
        "../../etc",
        " ",
        "x".repeat(300),
      ];
      await opened.local(gun).stage(
        odd.map((tag) => add(tag)),
        o,
      );
      expect(namesOf(await opened.local(gun).staged(o))).toEqual(odd);
    });

    test("changes that are unstaged are gone, the others stay in order", async () => {
      await using opened = await open();
      const local = opened.local(gun);
      await local.stage(
        ["a", "b", "c", "d"].map((tag) => add(tag)),
        o,
      );
      const staged = await local.staged(o);
      const gone = staged.filter((_, index) => index % 2 === 0).map(({ name: place }) => place);
      await local.unstage([...gone, "unknown"], o);
      await local.unstage(gone, o);
      expect(namesOf(await local.staged(o))).toEqual(["b", "d"]);
    });

    test("removing a repository takes its files and changes, and nothing of one whose name begins alike", async () => {
      await using opened = await open();
      const bytes = fileOf("root", 1);
      for (const each of [gun, nested]) {
        await opened.local(each).writeFiles(new Map([[rootRole, bytes]]), o);
        await opened.local(each).stage([add("tag")], o);
      }
      await opened.local(gun).removeAll(o);
      const again = await opened.again();
      expect(await again(gun).file(rootRole, o)).toBeUndefined();
      expect(await again(gun).staged(o)).toEqual([]);
      expect(textOf(await again(nested).file(rootRole, o))).toBe(textOf(bytes));
      expect(namesOf(await again(nested).staged(o))).toEqual(["tag"]);
    });

    test("files can be taken away alone, and what is staged stays", async () => {
      await using opened = await open();
      const local = opened.local(gun);
      await local.writeFiles(new Map([[rootRole, fileOf("root", 1)]]), o);
      await local.stage([add("tag")], o);
      const [before] = await local.staged(o);
      await local.removeFiles(o);
      const again = (await opened.again())(gun);
      expect(await again.file(rootRole, o)).toBeUndefined();
      expect((await again.staged(o)).map(({ name: staged }) => staged)).toEqual([before?.name]);
    });
  });
}

function everyKind(): readonly Change[] {
  const edit = {
    addKeys: [testKey().listed, testKey("rsa").listed],
    removeKeys: [],
    addPaths: ["", "rc/"],
    removePaths: [],
    clearPaths: false,
  };
  const none = { addKeys: [], removeKeys: [], addPaths: [], removePaths: [], clearPaths: false };
  const described = { ...digest, sha512: "a1".repeat(64), custom: { a: 1, b: ["x"] } };
  return [
    add("1.0"),
    { kind: "target-add", role: releases, name: "2.0", target: described },
    { kind: "target-remove", role: releases, name: "1.0" },
    { kind: "delegation-add", role: releases, edit: { ...edit, threshold: 1 } },
    { kind: "delegation-add", role: releases, edit: { ...none, addPaths: [""] } },
    {
      kind: "delegation-edit",
      role: releases,
      edit: { ...none, removeKeys: ["ab".repeat(32)], removePaths: ["rc/"], clearPaths: true },
    },
    { kind: "delegation-remove", role: releases },
    { kind: "delegation-purge", below: targetsRole, removeKeys: ["cd".repeat(32)] },
    { kind: "delegation-purge", below: releases, removeKeys: ["ef".repeat(32)] },
    { kind: "witness", role: releases },
    { kind: "witness", role: targetsRole },
  ];
}

/** Public keys by id: their objects hold more than equality can look at. */
function comparable(change: Change): unknown {
  if (change.kind !== "delegation-add" && change.kind !== "delegation-edit") return change;
  const { edit } = change;
  return { ...change, edit: { ...edit, addKeys: edit.addKeys.map(({ id }) => id) } };
}

/** A file in the shape of Notary's: stores may look at a version, and must not mind its content. */
function fileOf(type: string, version: number): Uint8Array {
  const name = type === "root" ? "Root" : "Targets";
  const signed = { _type: name, expires: "2036-11-19T07:39:40Z", version };
  return new TextEncoder().encode(JSON.stringify({ signed, signatures: [] }));
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
