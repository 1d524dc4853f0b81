import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const top = resolve(import.meta.dirname, "..");
const shelves = ["domain", "contracts", "services", "adapters", "faces", "apps", "web"] as const;
type Shelf = (typeof shelves)[number];

/** What a shelf may import from other shelves, beside its own. */
const mayImport: Readonly<Record<Shelf, readonly Shelf[]>> = {
  domain: [],
  contracts: ["domain"],
  services: ["domain"],
  adapters: ["domain", "services"],
  faces: ["domain", "contracts", "services", "adapters"],
  apps: ["domain", "contracts", "services", "adapters", "faces"],
  web: ["contracts", "domain"],
};

/** What rooms of one shelf may import of each other. A room not named here may import none of its own shelf. */
const neighbours: Readonly<Record<string, readonly string[]>> = {
  "domain/json": ["kernel"],
  "domain/tuf": ["kernel", "json"],
  "domain/oci": ["kernel", "json"],
  "domain/identity": ["kernel", "oci"],
  "domain/admission": ["kernel", "oci", "identity"],
  "domain/engine-api": ["kernel", "json", "oci"],
  "faces/registry": ["http"],
  "faces/trust": ["http"],
  "faces/rest": ["http"],
  "faces/gateway": ["http"],
  "faces/nodes": ["http"],
  // The same chain of steps judges what comes to an engine directly.
  "faces/engine-plugin": ["http", "gateway"],
  "adapters/storage": ["io"],
  "adapters/docker": ["io"],
  "adapters/images": ["io"],
  "adapters/pki": ["io"],
  "adapters/remotes": ["io"],
  "adapters/trust-directory": ["io"],
  "apps/cli": ["server", "engine-plugin", "start", "terminal"],
  "apps/drop-in": ["terminal"],
  "apps/notary": ["drop-in", "start", "terminal"],
  "apps/docker-trust": ["drop-in", "start"],
};

type Import = { readonly from: string; readonly specifier: string };

function sources(directory: string): readonly string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}

const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file) || file.includes("/testing/");

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(top, file), "utf8");
  const found = text.matchAll(
    /^(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|^import\s+"([^"]+)"/gm,
  );
  return [...found].map((match) => ({
    from: file,
    specifier: match[1] ?? match[2] ?? match[3] ?? "",
  }));
}

const files = shelves.flatMap((shelf) =>
  sources(join(top, shelf)).map((path) => relative(top, path)),
);
const production = files.filter((file) => !isTest(file));
const imports = production.flatMap(importsOf);

const shelfOf = (file: string): Shelf => file.split("/")[0] as Shelf;
/** `services/trust` for a file in that room; `web` and `contracts` are one room each. */
function roomOf(file: string): string {
  const [shelf = "", room = ""] = file.split("/");
  return shelf === "contracts" || shelf === "web" ? shelf : `${shelf}/${room}`;
}

/** The room a specifier like `#services/trust` names; undefined for packages and relative paths. */
function target(specifier: string): { readonly shelf: Shelf; readonly room: string } | undefined {
  const match = /^#([a-z]+)(?:\/([a-z0-9-]+))?$/.exec(specifier);
  if (match === null) return undefined;
  const [, shelf = "", room = ""] = match;
  return { shelf: shelf as Shelf, room: room === "" ? shelf : `${shelf}/${room}` };
}

const show = ({ from, specifier }: Import): string => `${from} imports ${specifier}`;

test("there is something to look at", () => {
  expect(imports.length).toBeGreaterThan(100);
});

test("a shelf imports only the shelves below it", () => {
  const wrong = imports.filter(({ from, specifier }) => {
    const to = target(specifier);
    const shelf = shelfOf(from);
    return to !== undefined && to.shelf !== shelf && !mayImport[shelf].includes(to.shelf);
  });
  expect(wrong.map(show)).toEqual([]);
});

test("rooms of one shelf know only the neighbours they are given", () => {
  const wrong = imports.filter(({ from, specifier }) => {
    const to = target(specifier);
    if (to === undefined || to.shelf !== shelfOf(from) || to.room === roomOf(from)) return false;
    const allowed = neighbours[roomOf(from)] ?? (shelfOf(from) === "domain" ? ["kernel"] : []);
    return !allowed.includes(to.room.split("/")[1] ?? "");
  });
  expect(wrong.map(show)).toEqual([]);
});

test("another room is entered through its door, never by a path", () => {
  const wrong = imports.filter(({ from, specifier }) => {
    if (!specifier.startsWith(".")) return false;
    return roomOf(relative(top, resolve(top, dirname(from), specifier))) !== roomOf(from);
  });
  expect(wrong.map(show)).toEqual([]);
});

test("a name that begins with # is a door", () => {
  const wrong = imports.filter(
    ({ specifier }) => specifier.startsWith("#") && target(specifier) === undefined,
  );
  expect(wrong.map(show)).toEqual([]);
});

test("the rules import no more of the world than they may", () => {
  const allowed = new Set(["zod", "node:crypto"]);
  const wrong = imports.filter(
    ({ from, specifier }) =>
      shelfOf(from) === "domain" && !/^[.#]/.test(specifier) && !allowed.has(specifier),
  );
  expect(wrong.map(show)).toEqual([]);
});

test("the rules read no clock, no environment and no randomness", () => {
  const forbidden =
    /\b(?:Date\.now|new Date\(\)|Math\.random|process\.|randomBytes|randomUUID|setTimeout|setInterval)\b/;
  const wrong = production.filter(
    (file) => shelfOf(file) === "domain" && forbidden.test(readFileSync(join(top, file), "utf8")),
  );
  expect(wrong).toEqual([]);
});

test("the web knows only the contracts and the kernel's names", () => {
  const wrong = imports.filter(({ from, specifier }) => {
    const to = target(specifier);
    return (
      shelfOf(from) === "web" &&
      to !== undefined &&
      !["contracts", "domain/kernel"].includes(to.room)
    );
  });
  expect(wrong.map(show)).toEqual([]);
});

test("services do not know each other", () => {
  const wrong = imports.filter(({ from, specifier }) => {
    const to = target(specifier);
    return shelfOf(from) === "services" && to?.shelf === "services" && to.room !== roomOf(from);
  });
  expect(wrong.map(show)).toEqual([]);
});

test("the kernel stays small", () => {
  const lines = sources(join(top, "domain/kernel")).map(
    (path) => readFileSync(path, "utf8").split("\n").length,
  );
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(150);
});

test("the environment is read in one file of each app", () => {
  const reads = production.filter(
    (file) =>
      !file.startsWith("web/") && /\bprocess\.env\b/.test(readFileSync(join(top, file), "utf8")),
  );
  expect(reads.filter((file) => !/^apps\/[a-z-]+\/(?:config|main)\.ts$/.test(file))).toEqual([]);
});

test("a door lists what it opens by name", () => {
  const wrong = production.filter((file) =>
    /^export \*/m.test(readFileSync(join(top, file), "utf8")),
  );
  expect(wrong).toEqual([]);
});
