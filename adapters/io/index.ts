/** What every neighbour needs: metered streams, files that are whole or not there. */
export { syncDirectory, temporarySuffix, writeFileAtomically } from "./atomic-file.ts";
export { IoError, type IoErrorCode } from "./errors.ts";
export { FileSink } from "./file-sink.ts";
export { packageVersion } from "./package-version.ts";
export { Meter, type MeterOptions } from "./meter.ts";
