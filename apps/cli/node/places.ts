import { join } from "node:path";

/** Where everything of a node lies, below `root` (`/`). */
export type Places = ReturnType<typeof placesBelow>;

export function placesBelow(root: string) {
  const at = (path: string): string => join(root, path);
  return {
    daemonJson: at("/etc/docker/daemon.json"),
    daemonBackup: at("/etc/docker/daemon.json.before-countersign"),
    config: at("/etc/countersign/node.toml"),
    ca: at("/etc/countersign/ca.pem"),
    key: at("/etc/countersign/node-key.pem"),
    gatewaySecret: at("/etc/countersign/gateway-secret"),
    guard: at("/usr/local/lib/countersign/guard"),
    unit: at("/etc/systemd/system/countersign-node.service"),
  } as const;
}
