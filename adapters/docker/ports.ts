import type { Readable } from "node:stream";
import type { JsonObject } from "#domain/json";
import type { Options } from "#domain/kernel";
import type { Digest } from "#domain/oci";
import type { EngineAnswer, EngineCall, UpgradeAnswer } from "./transport.ts";

export type LocalImage = {
  readonly id: string;
  readonly repoDigests: readonly string[];
  readonly repoTags: readonly string[];
  /** Instructions that run in every build that starts from it. */
  readonly onBuild?: readonly string[];
};

/** Something that runs, or would run again, and the image it was made from. */
export type Workload = {
  readonly kind: "container" | "service";
  readonly id: string;
  readonly name: string;
  /** As written in the container or the service: a reference, or an image ID. */
  readonly image: string;
  readonly imageId?: string;
  /** The digest in `image`, where it is pinned. */
  readonly digest?: Digest;
  /** The engine's word: `running`, `exited`; of services always `service`. */
  readonly state: string;
  /** The service whose task a container is. */
  readonly serviceId?: string;
};

export type StoredService = {
  readonly id: string;
  readonly versionIndex: number;
  readonly spec: JsonObject;
  readonly previousSpec: JsonObject | undefined;
};

export type StoredContainer = {
  readonly id: string;
  /** The image as it was written when the container was made; not what it was then, or is now. */
  readonly image: string;
  /** The ID of the image that it was made from. */
  readonly imageId: string;
  readonly hostConfig: JsonObject;
  /** What is mounted in it, from wherever: `bind`, `volume`, `tmpfs`. Volumes have a name. */
  readonly mounts: readonly { readonly type: string; readonly name: string | undefined }[];
};

export type StoredVolume = {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
};

export type PullCall = {
  readonly repository: string;
  readonly digest: string;
  readonly platform?: string;
  /** The client's own credentials, passed on and kept nowhere. */
  readonly registryAuth?: string;
};

/** One Docker engine. Every method throws `docker/unreachable`, `docker/refused` or `docker/answer-malformed`. */
export interface Engine {
  /** Sends a request and gives the answer as soon as its headers are there. */
  relay(call: EngineCall, o: Options): Promise<EngineAnswer>;
  /** Asks the engine to hand over the connection, as attach and exec do. */
  upgrade(call: EngineCall, o: Options): Promise<UpgradeAnswer>;
  /** The API version that the engine speaks. */
  ping(o: Options): Promise<{ readonly apiVersion: string }>;
  version(o: Options): Promise<{
    readonly version: string;
    readonly apiVersion: string;
    readonly os: string;
    readonly architecture: string;
  }>;
  /** An image by name, digest or ID; undefined when the engine does not hold it. */
  inspectImage(name: string, o: Options): Promise<LocalImage | undefined>;
  /** Starts a pull; the answer's body is the engine's progress. Failures after the start stand in it. */
  pull(call: PullCall, o: Options): Promise<EngineAnswer>;
  /** Pulls to the end. Throws `docker/refused` with the engine's words. */
  pullByDigest(call: PullCall, o: Options): Promise<void>;
  /** An image with all that it is made of, as a tar archive. Must be read to its end or destroyed. */
  exportImage(name: string, o: Options): Promise<Readable>;
  tag(image: string, name: { repository: string; tag: string }, o: Options): Promise<void>;
  /** Containers that run; all there are with `all`. */
  listContainers(o: Options & { readonly all?: boolean }): Promise<readonly Workload[]>;
  /** Services; none where the engine is no Swarm manager. */
  listServices(o: Options): Promise<readonly Workload[]>;
  inspectService(id: string, o: Options): Promise<StoredService | undefined>;
  /** A container by name or ID; undefined when the engine has none. */
  inspectContainer(id: string, o: Options): Promise<StoredContainer | undefined>;
  /** A volume by name; undefined when the engine has none. */
  inspectVolume(name: string, o: Options): Promise<StoredVolume | undefined>;
  inspectNetwork(id: string, o: Options): Promise<{ name: string; driver: string } | undefined>;
  /** The digest that the registry has for `name`, as the engine sees it. */
  distribution(
    name: string,
    o: Options & { readonly registryAuth?: string },
  ): Promise<string | undefined>;
  close(): void;
}
