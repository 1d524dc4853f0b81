import { parseGun, parseRegistryHost, type Digest, type RegistryHost } from "#domain/oci";
import type { Gatekeeper } from "#services/gatekeeper";
import { judgeForGateway } from "../../apps/server/gateway-parts.ts";
import { gatewayWorld, succeed, type Ran } from "../harness/engine-world.ts";
import type { SignedImage } from "./remote-world.ts";

/** The real gateway before a real engine; it asks the gatekeeper that stands behind it at the moment. */
export type GateWorld = {
  /** The image that the engine already holds, and what its owner signs. */
  readonly signed: SignedImage;
  readonly image: string;
  readonly digest: Digest;
  readonly host: RegistryHost;
  /** Puts a gatekeeper behind the gateway. */
  guardedBy(gatekeeper: Gatekeeper, ownHost?: RegistryHost): void;
  /** `docker run`, as a person types it. */
  run(): Promise<Ran>;
  /** Makes a container as `docker create` does, and gives its id; undefined where that is refused. */
  create(): Promise<string | undefined>;
  /** The status of the answer to `docker start`. */
  start(container: string): Promise<number>;
  /** Whether the engine has any container that the gateway should not have let through. */
  containers(): Promise<readonly string[]>;
  remove(container: string): Promise<void>;
  stop(): Promise<void>;
};

export async function gateWorld(): Promise<GateWorld> {
  let guard: { readonly gatekeeper: Gatekeeper; readonly ownHost: RegistryHost } | undefined;
  const world = await gatewayWorld({
    judge: {
      judge(asked, o) {
        if (guard === undefined) throw new Error("nobody guards the gateway");
        const accounts = { rightOn: () => Promise.resolve("read" as const) };
        return judgeForGateway(guard.gatekeeper, { accounts, host: guard.ownHost }).judge(asked, o);
      },
    },
  });
  try {
    const image = `${world.registry}/acme/web:1`;
    const { gun, host } = parseGun(`${world.registry}/acme/web`);
    const { digest } = await world.publish(image, "sound\n");
    await succeed(world.direct("pull", "-q", `${gun}@${digest}`));
    const HostConfig = { NetworkMode: "none" };
    return {
      signed: { gun, content: await manifestOf(world.registry, digest) },
      image,
      digest,
      host,
      guardedBy(gatekeeper, ownHost = parseRegistryHost("registry.test")) {
        guard = { gatekeeper, ownHost };
      },
      run: () => world.docker(["run", "--rm", "--network", "none", image]),
      async create() {
        const body = JSON.stringify({ Image: image, HostConfig });
        const answer = await world.ask("POST", "/v1.41/containers/create", { body });
        if (answer.status === 403) return undefined;
        if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.body}`);
        return (JSON.parse(answer.body) as { readonly Id: string }).Id;
      },
      start: async (container) =>
        (await world.ask("POST", `/v1.41/containers/${container}/start`)).status,
      async containers() {
        const { body } = await world.ask("GET", "/v1.41/containers/json?all=1");
        return (JSON.parse(body) as readonly { readonly Id: string }[]).map(({ Id }) => Id);
      },
      async remove(container) {
        const { status } = await world.ask("DELETE", `/v1.41/containers/${container}?force=1`);
        if (status !== 204) throw new Error(`the container stays: ${status}`);
      },
      stop: () => world.stop(),
    };
  } catch (error) {
    await world.stop();
    throw error;
  }
}

/** The manifest of an image: its bytes are what a tag in trust data has the length and the hash of. */
async function manifestOf(registry: string, digest: Digest): Promise<string> {
  const accept = "application/vnd.docker.distribution.manifest.v2+json";
  const answer = await fetch(`http://${registry}/v2/acme/web/manifests/${digest}`, {
    headers: { accept },
  });
  return await answer.text();
}
