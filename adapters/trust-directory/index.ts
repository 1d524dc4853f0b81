/** Keys, changelists and caches on disk, as the Notary and Docker clients keep them. */
export { keyFileFaults, type FileFault } from "./condition.ts";
export type { DirectoryWarning } from "./key-folder.ts";
export {
  memoryTrustDirectory,
  openTrustDirectory,
  type MemoryTrustDirectoryParts,
  type TrustDirectory,
  type TrustDirectoryParts,
} from "./trust-directory.ts";
