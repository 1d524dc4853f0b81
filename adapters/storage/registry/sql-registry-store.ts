import type { RegistryStore } from "#services/registry";
import type { Database } from "../database.ts";
import { blobQueries } from "./blob-queries.ts";
import { manifestQueries } from "./manifest-queries.ts";
import { repositoryQueries } from "./repository-queries.ts";
import { tagQueries } from "./tag-queries.ts";
import { uploadQueries } from "./upload-queries.ts";

/** Repositories, uploads, manifests and tags in SQL. */
export function sqlRegistryStore(database: Database): RegistryStore {
  return {
    ...repositoryQueries(database),
    ...uploadQueries(database),
    ...blobQueries(database),
    ...manifestQueries(database),
    ...tagQueries(database),
  };
}
