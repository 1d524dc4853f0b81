import { copyFileSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandFile } from "../build.ts";
import { findProgram } from "../install.ts";
import { files } from "../server.ts";
import { Stop, type Settings } from "../settings.ts";
import type { Seat } from "./narrator.ts";

/** Answers for the clients' questions for passphrases: in a demo nobody is there to type them. */
const passphrases = {
  NOTARY_ROOT_PASSPHRASE: "a root passphrase",
  NOTARY_TARGETS_PASSPHRASE: "a targets passphrase",
  NOTARY_SNAPSHOT_PASSPHRASE: "a snapshot passphrase",
  NOTARY_DELEGATION_PASSPHRASE: "a signer's passphrase",
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: "a root passphrase",
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: "a signer's passphrase",
};

/** A place at the table: a home directory, `countersign` and `notary` in the PATH, the server's address. */
export function takeSeat(stage: string, name: string, password: string, settings: Settings): Seat {
  const folder = join(stage, name);
  const docker = join(folder, ".docker");
  const tls = join(docker, "tls", settings.host);
  mkdirSync(tls, { recursive: true, mode: 0o700 });
  copyFileSync(files(settings.data).ca, join(folder, "ca.pem"));
  copyFileSync(files(settings.data).ca, join(tls, "ca.crt"));
  const bin = join(stage, "bin");
  return {
    name,
    folder,
    env: {
      ...passphrases,
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      HOME: folder,
      PASSWORD: password,
      COUNTERSIGN_SERVER: `https://${settings.host}`,
      COUNTERSIGN_CA: join(folder, "ca.pem"),
      NOTARY_AUTH: Buffer.from(`${name}:${password}`).toString("base64"),
    },
  };
}

/** The same seat once the client bundle lies in `bundle/`: what `source bundle/env.sh` sets. */
export function withBundle(seat: Seat, settings: Settings): Seat {
  return {
    ...seat,
    env: {
      ...seat.env,
      DOCKER_HOST: `tcp://${settings.gatewayHost}`,
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: join(seat.folder, "bundle"),
    },
  };
}

/** Programs that the demo types by their short names, and the file system of its image. */
export function prepareStage(stage: string, settings: Settings): void {
  const bin = join(stage, "bin");
  mkdirSync(bin, { recursive: true });
  const cli = commandFile("countersign");
  const script = (name: string, command: string): void =>
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  script("countersign", `'${process.execPath}' '${cli}'`);
  const notary = findProgram("notary");
  if (notary !== undefined)
    script(
      "notary",
      `${notary} -s https://${settings.host} -d "$HOME/.docker/trust" --tlscacert "$HOME/ca.pem"`,
    );
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find(
    (file) => file === findProgram("busybox"),
  );
  if (busybox === undefined) throw new Stop("the demo's image needs busybox-static");
  const rootfs = join(stage, "rootfs/bin");
  mkdirSync(rootfs, { recursive: true });
  cpSync(busybox, join(rootfs, "busybox"));
  for (const name of ["sh", "cat", "sleep", "echo"]) symlinkSync("busybox", join(rootfs, name));
}
