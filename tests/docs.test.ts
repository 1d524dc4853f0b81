import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const top = resolve(import.meta.dirname, "..");
const pages = [
  "README.md",
  ...readdirSync(join(top, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];
const textOf = (page: string): string => readFileSync(join(top, page), "utf8");

/** Headings as GitHub names them in addresses. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = textOf(page).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function isThere(link: string, page: string): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(top, file))) return false;
  return anchor === undefined || anchorsOf(file).has(anchor);
}

test.for(pages)("every link of %s leads somewhere", (page) => {
  const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => !/^https?:/.test(link) && !isThere(link, page));
  expect(broken).toEqual([]);
});

test.for(pages)("every file of ours that %s names is there", (page) => {
  const named = [
    ...textOf(page).matchAll(
      /`((?:domain|contracts|services|adapters|faces|apps|web|tests|scripts|docs)\/[^`*\s]*)`/g,
    ),
  ].map(([, path = ""]) => path);
  expect(named.filter((path) => !existsSync(join(top, path)))).toEqual([]);
});

test("docs/dependencies.md has a row for every package that runs in production", () => {
  const shelves = ["domain", "contracts", "services", "adapters", "faces", "apps"];
  const files = shelves.flatMap((shelf) =>
    readdirSync(join(top, shelf), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|\/testing\//.test(file))
      .map((file) => `${shelf}/${file}`),
  );
  const imported = files.flatMap((file) =>
    [
      ...textOf(file).matchAll(
        /^(?:import|\} from)\b[^;"]*"((?:@[^/"]+\/)?[^#./@":][^/":]*)(?:\/[^"]*)?";$/gm,
      ),
    ].map(([, name = ""]) => name),
  );
  expect(imported).toContain("zod");
  const rows = textOf("docs/dependencies.md").match(/^\| .*$/gm) ?? [];
  const first = rows.map((row) => row.split("|")[1] ?? "").join(" ");
  expect([...new Set(imported)].filter((name) => !first.includes(name))).toEqual([]);
});
