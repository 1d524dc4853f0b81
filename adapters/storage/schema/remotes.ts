/** Tables of other registries, as rows come and go. */
export type RemotesTables = {
  readonly registries: {
    host: string;
    trust_server: string;
    /** PEM of the authorities that its servers are believed by. */
    ca: string;
    username: string | null;
    /** Encrypted under the master key. */
    sealed_password: Uint8Array | null;
    max_stale_seconds: number;
    added_at: number;
    added_by: string;
  };
  /** The timestamp of each repository's last good reading. */
  readonly remote_readings: { gun: string; at: number; timestamp: Uint8Array };
  /** The other files of that reading. */
  readonly remote_files: { gun: string; sha256: string; bytes: Uint8Array };
};
