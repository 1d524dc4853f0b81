import type { Instant } from "#domain/kernel";
import type { Shelf } from "./shelf.ts";

/** A shelf that ends with the process. Nothing of it is ever written anywhere. */
export function memoryShelf(): Shelf {
  type Kept = { readonly bytes: Uint8Array; readonly mark: string; modifiedAt: Instant };
  const files = new Map<string, Kept>();
  let writes = 0;
  return {
    location: "memory",
    list(folder, { deep }) {
      const prefix = `${folder}/`;
      const below = [...files]
        .filter(([path]) => path.startsWith(prefix))
        .map(([path, { mark, modifiedAt }]) => ({
          path: path.slice(prefix.length),
          mark,
          modifiedAt,
        }));
      return Promise.resolve(below.filter(({ path }) => deep || !path.includes("/")));
    },
    read(path, maxBytes) {
      const found = files.get(path)?.bytes;
      return Promise.resolve(found !== undefined && found.length <= maxBytes ? found : undefined);
    },
    write(path, bytes, { at }) {
      writes += 1;
      files.set(path, {
        bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
        mark: String(writes),
        modifiedAt: at ?? 0,
      });
      return Promise.resolve();
    },
    setTime(path, at) {
      const found = files.get(path);
      if (found !== undefined) found.modifiedAt = at;
      return Promise.resolve();
    },
    remove(paths) {
      for (const path of paths) files.delete(path);
      return Promise.resolve();
    },
  };
}
