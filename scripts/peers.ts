import { canInstall, findProgram, install } from "./install.ts";
import { say } from "./say.ts";

/** The programs that tests talk to, with the Debian package of each. */
export const peers = [
  { program: "docker", debian: "docker.io" },
  { program: "dockerd", debian: "docker.io" },
  { program: "docker-registry", debian: "docker-registry" },
  { program: "notary", debian: "notary" },
  { program: "notary-server", debian: "notary" },
  { program: "skopeo", debian: "skopeo" },
  { program: "chromium", debian: "chromium" },
  { program: "busybox", debian: "busybox-static" },
  { program: "curl", debian: "curl" },
  { program: "openssl", debian: "openssl" },
  { program: "unzip", debian: "unzip" },
  { program: "ip", debian: "iproute2" },
  { program: "softhsm2-util", debian: "softhsm2" },
] as const;

/** What benchmarks need beside the server they compare with. */
const benchTools = [
  { program: "notary-server", debian: "notary" },
  { program: "wrk", debian: "wrk" },
  { program: "ss", debian: "iproute2" },
] as const;

/** Installs what a benchmark needs. */
export function installBenchTools(): void {
  const missing = benchTools.filter(({ program }) => findProgram(program) === undefined);
  if (missing.length > 0 && canInstall())
    install([...new Set(missing.map(({ debian }) => debian))]);
}

/** Installs what is missing where that is possible; returns the programs that are still missing. */
export function installPeers(
  needed: readonly string[] = peers.map(({ program }) => program),
): readonly string[] {
  const missing = (): readonly (typeof peers)[number][] =>
    peers.filter(({ program }) => needed.includes(program) && findProgram(program) === undefined);
  if (missing().length > 0 && canInstall())
    install([...new Set(missing().map(({ debian }) => debian))]);
  const still = missing().map(({ program }) => program);
  if (still.length > 0) say(`not installed: ${still.join(", ")}; what needs them is left out`);
  return still;
}
