/** Keeps the complete trust data of repositories of any Notary v1 server in one file that verifies offline. */
export { archiveAll, type ArchiveParts, type Outcome } from "./archive-all.ts";
export { decodeArchive, encodeArchive } from "./archive-file.ts";
export type { ArchivedRepository } from "./archived.ts";
export { collect, type CollectParts } from "./collect.ts";
export { ArchiveError, type ArchiveErrorCode } from "./errors.ts";
export { importInto, type Imported } from "./import-repository.ts";
export { judge } from "./judge.ts";
export type {
  Content,
  Fault,
  Freshness,
  Judgement,
  KeyName,
  RoleReport,
  RoleReportState,
  Tag,
} from "./judgement.ts";
export { mirrorFiles } from "./mirror.ts";
export { patientSource, type Patience } from "./patient-source.ts";
export type { ArchiveSource, ClientCache, FetchOptions } from "./ports.ts";
