import type { Plugin } from "esbuild";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { projectDirectory } from "./settings.ts";

/**
 * `import … from "node:http"` asks for everything that the module exports at once, and some of that is loaded only
 * when it is asked for: a whole WebSocket client (40 ms), all of Web Crypto (4 ms). This way it is never asked for.
 */
export const lightBuiltins: Plugin = {
  name: "light-builtins",
  setup(build) {
    build.onResolve({ filter: /^node:(?:http|crypto)$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace: "builtin" } : { path, external: true },
    );
    build.onLoad({ filter: /^/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("${path}")`,
      loader: "js",
    }));
  },
};

/**
 * Imports what a file uses from where it is written. Through a door a command would load all of the room, since
 * another command needs the rest of it; `import { z }` would bring every language that zod speaks. What files below
 * `together` load of their own room when it is needed is put beside them: many small files take longer to open.
 */
export const straightImports = (together?: string): Plugin => ({
  name: "straight-imports",
  setup(build) {
    const doors = new Map<string, Promise<ReadonlyMap<string, string>>>();
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const named = new Set([...text.matchAll(throughDoor)].map(([, , door = ""]) => door));
      for (const door of named) doors.set(door, doors.get(door) ?? writtenIn(door));
      const found = new Map<string, ReadonlyMap<string, string>>();
      for (const door of named) found.set(door, (await doors.get(door)) ?? new Map());
      const straight = text
        .replace('import { z } from "zod";', 'import * as z from "zod";')
        .replaceAll(throughDoor, (_, names: string, door: string) =>
          namesOf(names)
            .map((name) => `import { ${name} } from "${fileOf(name, door, found.get(door))}";`)
            .join(" "),
        )
        .replaceAll(fromNode, (_, names: string, module: string) => fetched(names, module));
      const isTogether = together !== undefined && path.includes(together);
      const contents = isTogether && basename(path) !== "main.ts" ? beside(straight) : straight;
      return { contents, loader: "ts" };
    });
  },
});

/** `import("./a.ts")` becomes a promise of what is imported already. */
function beside(text: string): string {
  const files: string[] = [];
  const rest = text.replaceAll(/\bimport\("(\.[^"]+)"\)/g, (_, file: string) => {
    files.push(file);
    return `Promise.resolve(beside${files.length})`;
  });
  return files.map((file, at) => `import * as beside${at + 1} from "${file}"; `).join("") + rest;
}

/**
 * `import { join } from "node:path"` as a plain lookup: an import makes Node.js wrap the module, and list all that
 * it exports, which for ten modules takes as long as a TLS handshake.
 */
function fetched(names: string, module: string): string {
  const wanted = namesOf(names).map((name) => name.replace(" as ", ": "));
  return `const { ${wanted.join(", ")} } = process.getBuiltinModule("${module}");`;
}

const fromNode = /^import \{([^}]*)\} from "(node:[a-z/_]+)";/gm;
const throughDoor = /^import \{([^}]*)\} from "(#[a-z/-]+)";/gm;

/** The names in braces that are there when a program runs: `a`, `b as c`. */
const namesOf = (braces: string): readonly string[] =>
  braces
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "));

const fileOf = (name: string, door: string, files: ReadonlyMap<string, string> | undefined) =>
  files?.get(name.split(" ")[0] ?? "") ?? door;

/** The file behind each name that a door lists. */
async function writtenIn(door: string): Promise<ReadonlyMap<string, string>> {
  const index = join(projectDirectory, door.slice(1), "index.ts");
  const text = await readFile(index, "utf8");
  return new Map(
    [...text.matchAll(/^export \{([^}]*)\} from "(\.[^"]+)";/gm)].flatMap(
      ([, names = "", file = ""]) =>
        namesOf(names)
          .filter((name) => !name.includes(" as "))
          .map((name) => [name, join(dirname(index), file)] as const),
    ),
  );
}
