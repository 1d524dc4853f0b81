import { formatQuery } from "#domain/engine-api";
import type { JsonObject, JsonValue } from "#domain/json";
import type { Options } from "#domain/kernel";
import * as answers from "./answers.ts";
import { ask, askRaw, readAnswer, refused, shaped } from "./ask.ts";
import { DockerError } from "./errors.ts";
import type { Engine, PullCall } from "./ports.ts";
import { failureIn } from "./progress.ts";
import {
  createTransport,
  type EngineAddress,
  type EngineAnswer,
  type EngineCall,
} from "./transport.ts";
import { containerOf, serviceOf } from "./workloads.ts";

/** The engine that listens there. Nothing is asked until it is needed. */
export function createEngine(address: EngineAddress): Engine {
  const transport = createTransport(address);
  const pull = (call: PullCall, o: Options): Promise<EngineAnswer> =>
    transport.send(
      {
        method: "POST",
        target: `/images/create${formatQuery(
          new Map([
            ["fromImage", [call.repository]],
            ["tag", [call.digest]],
            ...(call.platform === undefined ? [] : [["platform", [call.platform]] as const]),
          ]),
        )}`,
        headers: authHeader(call.registryAuth),
      },
      o,
    );
  return {
    relay: (call, o) => transport.send(call, o),
    upgrade: (call, o) => transport.upgrade(call, o),
    ping: async (o) => {
      const answer = await transport.send({ method: "HEAD", target: "/_ping" }, o);
      answer.body.resume();
      const version = answer.headers["api-version"];
      if (answer.status !== 200 || typeof version !== "string")
        throw new DockerError("docker/answer-malformed", "this is not a Docker engine");
      return { apiVersion: version };
    },
    version: async (o) => {
      const found = known(await ask(transport, answers.Version, get("/version"), o));
      return {
        version: found.Version,
        apiVersion: found.ApiVersion,
        os: found.Os,
        architecture: found.Arch,
      };
    },
    inspectImage: async (name, o) => {
      const found = await ask(transport, answers.Image, get(`/images/${path(name)}/json`), o);
      if (found === undefined) return undefined;
      const { Id: id, RepoDigests, RepoTags } = found;
      const onBuild = found.Config?.OnBuild ?? [];
      return {
        ...{ id, repoDigests: RepoDigests ?? [], repoTags: RepoTags ?? [] },
        ...(onBuild.length === 0 ? {} : { onBuild }),
      };
    },
    pull,
    pullByDigest: async (call, o) => {
      const answer = await pull(call, o);
      if (answer.status >= 300) throw refused(answer.status, await readAnswer(answer));
      const failure = await failureIn(answer);
      if (failure !== undefined) throw new DockerError("docker/refused", failure);
    },
    exportImage: async (name, o) => {
      const target = `/images/get${formatQuery(new Map([["names", [name]]]))}`;
      const answer = await transport.send(get(target), o);
      if (answer.status >= 300) throw refused(answer.status, await readAnswer(answer));
      return answer.body;
    },
    tag: async (image, name, o) => {
      const query = formatQuery(
        new Map([
          ["repo", [name.repository]],
          ["tag", [name.tag]],
        ]),
      );
      const target = `/images/${path(image)}/tag${query}`;
      known(await askRaw(transport, { method: "POST", target }, o));
    },
    listContainers: async (o) => {
      const target = `/containers/json${o.all === true ? "?all=1" : ""}`;
      const found = known(await ask(transport, answers.Containers, get(target), o));
      return found.map(containerOf);
    },
    listServices: async (o) => {
      try {
        return known(await ask(transport, answers.Services, get("/services"), o)).map(serviceOf);
      } catch (error) {
        const isNoManager = error instanceof DockerError && error.status === 503;
        if (isNoManager) return [];
        throw error;
      }
    },
    inspectService: async (id, o) => {
      const raw = await askRaw(transport, get(`/services/${path(id)}`), o);
      if (raw === undefined) return undefined;
      const parsed = shaped(answers.Service, raw);
      const { Spec: spec, PreviousSpec: previousSpec } = raw as Record<string, JsonValue>;
      return {
        id: parsed.ID,
        versionIndex: parsed.Version.Index,
        spec: spec as JsonObject,
        previousSpec: previousSpec as JsonObject | undefined,
      };
    },
    inspectContainer: async (id, o) => {
      const raw = await askRaw(transport, get(`/containers/${path(id)}/json`), o);
      if (raw === undefined) return undefined;
      const parsed = shaped(answers.Container, raw);
      const { HostConfig: hostConfig } = raw as Record<string, JsonValue>;
      const mounts = (parsed.Mounts ?? []).map(({ Type, Name }) => ({ type: Type, name: Name }));
      return {
        id: parsed.Id,
        image: parsed.Config.Image,
        imageId: parsed.Image,
        hostConfig: hostConfig as JsonObject,
        mounts,
      };
    },
    inspectVolume: async (name, o) => {
      const found = await ask(transport, answers.Volume, get(`/volumes/${path(name)}`), o);
      if (found === undefined) return undefined;
      return { name: found.Name, driver: found.Driver, options: found.Options ?? {} };
    },
    inspectNetwork: async (id, o) => {
      const found = await ask(transport, answers.Network, get(`/networks/${path(id)}`), o);
      return found === undefined ? undefined : { name: found.Name, driver: found.Driver };
    },
    distribution: async (name, o) => {
      const target = `/distribution/${path(name)}/json`;
      const call = { ...get(target), headers: authHeader(o.registryAuth) };
      return (await ask(transport, answers.Distribution, call, o))?.Descriptor.digest;
    },
    close: () => transport.close(),
  };
}

const get = (target: string): EngineCall => ({ method: "GET", target });

/** A name in a path. Names come from bodies as well: one that would lead elsewhere is refused. */
function path(name: string): string {
  const segments = name.split("/");
  if (segments.some((segment) => ["", ".", ".."].includes(segment)))
    throw new DockerError("docker/refused", "this is not a name that an engine knows", {
      status: 400,
    });
  // As docker writes it: what a path may hold as it is stays as it is.
  return segments.map(encodeURIComponent).join("/").replaceAll("%3A", ":").replaceAll("%40", "@");
}

function authHeader(registryAuth: string | undefined): Readonly<Record<string, string>> {
  return registryAuth === undefined ? {} : { "x-registry-auth": registryAuth };
}

function known<Value>(value: Value | undefined): Value {
  if (value === undefined)
    throw new DockerError("docker/refused", "the engine does not know it", { status: 404 });
  return value;
}
