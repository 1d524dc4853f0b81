import type { Plugin } from "esbuild";
import { readFile } from "node:fs/promises";

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

/** `import { z }` is one object with every language's messages in it; `import * as z` is what a file uses of it. */
export const lightZod: Plugin = {
  name: "light-zod",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const written = 'import { z } from "zod";';
      if (!text.includes(written)) return undefined;
      return { contents: text.replace(written, 'import * as z from "zod";'), loader: "ts" };
    });
  },
};
