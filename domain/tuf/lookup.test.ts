import { describe, expect, test } from "vitest";
import { findTarget, listTargets, parseRoleName, type RoleName, type Targets } from "#domain/tuf";

/** `paths` of the role, what it says of each name (a length, to tell them apart), its children in order. */
type Tree = {
  readonly paths?: readonly string[];
  readonly says: Readonly<Record<string, number>>;
  readonly children?: Readonly<Record<string, Tree>>;
};

function repositoryOf(tree: Tree): { readonly targets: ReadonlyMap<RoleName, never> } {
  const files = new Map<RoleName, { readonly signed: Targets }>();
  const visit = (role: RoleName, { says, children = {} }: Tree): void => {
    const delegations = Object.entries(children).map(([name, { paths = [""] }]) => ({
      name: parseRoleName(`${role}/${name}`),
      paths,
      threshold: 1,
      keys: new Map(),
    }));
    const targets = new Map(Object.entries(says).map(([name, length]) => [name, { length }]));
    files.set(role, { signed: { version: 1, expires: 0, targets, keys: new Map(), delegations } });
    for (const [name, child] of Object.entries(children))
      visit(parseRoleName(`${role}/${name}`), child);
  };
  visit(parseRoleName("targets"), tree);
  return { targets: files as unknown as ReadonlyMap<RoleName, never> };
}

const roles = (...names: readonly string[]) => names.map(parseRoleName);
const shown = (tree: Tree, ...names: readonly string[]) =>
  Object.fromEntries(
    (names.length === 0
      ? listTargets(repositoryOf(tree))
      : listTargets(repositoryOf(tree), roles(...names))
    ).map(({ name, role, target }) => [name, `${role} ${target.length}`]),
  );

const conflicting: Tree = {
  says: { a: 1 },
  children: {
    x: { says: { a: 2, b: 3 }, children: { deep: { says: { b: 4, c: 5, d: 6 } } } },
    releases: { says: { b: 7, c: 8 } },
  },
};

describe("targets are looked up in Notary's order", () => {
  test("base targets first, then breadth first in the order of delegation", () => {
    expect(shown(conflicting)).toEqual({
      a: "targets 1",
      b: "targets/x 3",
      c: "targets/releases 8",
      d: "targets/x/deep 6",
    });
  });

  test("of listed roles the earlier one wins", () => {
    expect(shown(conflicting, "targets/releases", "targets")).toEqual({
      b: "targets/releases 7",
      c: "targets/releases 8",
      a: "targets 1",
      d: "targets/x/deep 6",
    });
  });

  test("while one listed role is walked the other ones and what is below them are passed over", () => {
    expect(shown(conflicting, "targets", "targets/x")).toEqual({
      a: "targets 1",
      b: "targets/releases 7",
      c: "targets/releases 8",
      d: "targets/x/deep 6",
    });
  });

  test("a role that nobody delegates to has no targets", () => {
    expect(shown(conflicting, "targets/none", "targets/none/deeper")).toEqual({});
  });

  test("a role speaks only about names within its paths and those of all its parents", () => {
    const tree: Tree = {
      says: {},
      children: {
        qa: {
          paths: ["rc/"],
          says: { "rc/1": 1, "1": 2 },
          children: {
            in: { paths: ["rc/x", "other"], says: { "rc/x1": 3, other: 4 } },
            none: { paths: [], says: { "rc/2": 5 } },
          },
        },
        late: { says: { "1": 6 } },
      },
    };
    expect(shown(tree)).toEqual({
      "rc/1": "targets/qa 1",
      "1": "targets/late 6",
      "rc/x1": "targets/qa/in 3",
    });
    expect(shown(tree, "targets/qa/in")).toEqual({ "rc/x1": "targets/qa/in 3" });
  });

  test("one name is found as it is listed", () => {
    const open = repositoryOf(conflicting);
    for (const list of [[], roles("targets/releases", "targets"), roles("targets", "targets/x")])
      for (const listed of listTargets(open, ...(list.length === 0 ? [] : [list])))
        expect(findTarget(open, listed.name, ...(list.length === 0 ? [] : [list]))).toEqual(listed);
    expect(findTarget(open, "nope")).toBeUndefined();
    expect(findTarget(open, "a", roles("targets/releases"))).toBeUndefined();
  });
});
