/** How much of a stranger's archive we look at. */
export type Limits = {
  /** Of an archive, unpacked. */
  readonly maxArchiveBytes: number;
  /** Of one layer, unpacked. */
  readonly maxLayerBytes: number;
  readonly maxEntries: number;
  readonly maxNameBytes: number;
  /** Of what is read as JSON. */
  readonly maxDocumentBytes: number;
  /** Packed content may become this many times as large, beyond the first `freeBytes`. */
  readonly maxExpansion: number;
  readonly freeBytes: number;
  readonly maxLayers: number;
};

const gibibyte = 1_073_741_824;

export const defaultLimits: Limits = {
  maxArchiveBytes: 256 * gibibyte,
  maxLayerBytes: 128 * gibibyte,
  maxEntries: 100_000,
  maxNameBytes: 1_024,
  maxDocumentBytes: 4_194_304,
  maxExpansion: 200,
  freeBytes: gibibyte,
  maxLayers: 1_024,
};
