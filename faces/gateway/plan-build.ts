import {
  EngineApiError,
  formatTarget,
  readDockerfile,
  single,
  type DockerfileArguments,
  type HostEscape,
} from "#domain/engine-api";
import { JsonError, readJson } from "#domain/json";
import type { Options } from "#domain/kernel";
import { contextPath, rewriteContext } from "./build-context.ts";
import { GatewayError } from "./errors.ts";
import type { Exchange, Parts } from "./exchange.ts";
import { headersToEngine } from "./headers.ts";
import { may, permitEscapes } from "./permit.ts";
import { pinBase } from "./pin-base.ts";
import type { Plan } from "./plan.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { hasBody, relayStreaming } from "./relay-plan.ts";

const useClassic =
  "BuildKit does not pass this gateway, for what it executes cannot be judged; " +
  "build with DOCKER_BUILDKIT=0, or build elsewhere and push the result";

/** `POST /build` the classic way. Where the policy asks for it, every image that it starts from is judged. */
export async function planBuild(parts: Parts, exchange: Exchange): Promise<Plan> {
  if (exchange.asked.operation.path !== "/build") return refuse(403, useClassic);
  const { query } = exchange.asked;
  const isBuildKit =
    (single(query, "version") ?? "1") !== "1" ||
    ["session", "outputs"].some((name) => single(query, name) !== undefined);
  if (isBuildKit) return refuse(403, useClassic);
  if (single(query, "remote") !== undefined)
    return refuse(403, "building from an address is not possible here: send the files themselves");
  const denied = await permitSettings(parts, exchange);
  if (denied !== undefined) return denied;
  const policy = await ask(parts, { signal: exchange.signal });
  if (policy === "allow") return relayStreaming(exchange);
  return typeof policy === "object"
    ? refuse(403, policy.refuse)
    : planJudged(parts, exchange, policy);
}

async function permitSettings(parts: Parts, exchange: Exchange): Promise<Refusal | undefined> {
  if (may(exchange.caller, "full-control")) return undefined;
  const { query } = exchange.asked;
  const settings = [
    ...((await isHostNetwork(parts, exchange)) ? ["networkmode"] : []),
    ...["cgroupparent", "securityopt"].filter((name) => !isEmptyOption(single(query, name))),
  ];
  const escapes = settings.map((setting): HostEscape => ({ setting, needs: "full-control" }));
  return permitEscapes(exchange.caller, escapes);
}

/** Whether a build would run on the host's network, by whatever name that goes, or in a container's. */
async function isHostNetwork(parts: Parts, { asked, signal }: Exchange): Promise<boolean> {
  const network = (single(asked.query, "networkmode") ?? "default").trim();
  if (/^(?:host|container:.*)$/i.test(network)) return true;
  if (["default", "bridge", "none"].includes(network)) return false;
  return (await parts.engine.inspectNetwork(network, { signal }))?.driver === "host";
}

function isEmptyOption(value: string | undefined): boolean {
  return value === undefined || value === "null" || value === "[]";
}

async function ask(parts: Parts, o: Options): ReturnType<Parts["buildPolicy"]> {
  try {
    return await parts.buildPolicy(o);
  } catch (cause) {
    throw new GatewayError("gateway/judge-failed", "the build policy is not known", { cause });
  }
}

/** A build whose Dockerfile goes to the engine as we write it: with what was judged in each image's place. */
function planJudged(parts: Parts, exchange: Exchange, policy: "judge" | "observe"): Plan {
  const { query } = exchange.asked;
  const path = contextPath(single(query, "dockerfile") ?? "Dockerfile");
  if (path === undefined || path === "")
    return refuse(400, "the Dockerfile must be in the archive");
  if (!hasBody(exchange)) return refuse(400, "a build needs an archive of files");
  const given = readArguments(single(query, "buildargs"));
  let failure: Error | Refusal | undefined;
  const body = rewriteContext(exchange.request, {
    path,
    async replace(dockerfile) {
      try {
        const written = await judged(parts, exchange, { dockerfile, given, policy });
        if (!isRefusal(written)) return written;
        failure = written;
      } catch (error) {
        failure = error instanceof Error ? error : new Error("the build cannot be judged");
      }
      throw new Error("the build is refused");
    },
  });
  body.once("error", (error: Error) => (failure ??= error));
  const changed = new Map(query)
    .set("dockerfile", [path])
    .set("buildargs", [writeArguments(given)]);
  if (policy === "judge") forgetCache(changed);
  return {
    kind: "build",
    call: {
      method: "POST",
      target: formatTarget({ ...exchange.asked, query: changed }),
      headers: {
        ...headersToEngine(exchange.request.headers),
        "content-type": "application/x-tar",
      },
      body,
    },
    failure: () => failure,
  };
}

/** A step that is taken from the engine's cache may be an image that somebody loaded to be taken for it. */
function forgetCache(query: Map<string, readonly [string, ...string[]]>): void {
  query.delete("cachefrom");
  query.set("nocache", ["1"]);
}

async function judged(
  parts: Parts,
  exchange: Exchange,
  build: {
    readonly dockerfile: Uint8Array;
    readonly given: DockerfileArguments;
    readonly policy: "judge" | "observe";
  },
): Promise<Uint8Array | Refusal> {
  const read = tryRead(build.dockerfile, build.given);
  if (read instanceof EngineApiError) {
    if (build.policy === "observe") return build.dockerfile;
    throw read;
  }
  const platform = single(exchange.asked.query, "platform");
  const pins = new Map<string, string>();
  const images: string[] = [];
  for (const base of read.bases) {
    const key = `${base.platform ?? ""} ${base.image}`;
    const pinned =
      pins.get(key) ??
      (await pinBase(parts, exchange, { ...base, platform: base.platform ?? platform }));
    if (isRefusal(pinned)) return { ...pinned, message: inLine(base.line, pinned.message) };
    pins.set(key, pinned);
    images.push(pinned);
  }
  return new TextEncoder().encode(read.write(images));
}

function tryRead(
  dockerfile: Uint8Array,
  given: DockerfileArguments,
): ReturnType<typeof readDockerfile> | EngineApiError {
  try {
    return readDockerfile(dockerfile, given);
  } catch (error) {
    if (error instanceof EngineApiError) return error;
    throw error;
  }
}

function inLine(line: number, message: string): string {
  return `Dockerfile line ${line}: ${message}`;
}

const maxArgumentBytes = 16_384;

/** Build arguments, as `{"NAME":"value"}`; null is one that the client's environment does not have. */
function readArguments(text: string | undefined): DockerfileArguments {
  const given = new Map<string, string | undefined>();
  if (text === undefined) return given;
  try {
    const value = readJson(text, { maxBytes: maxArgumentBytes });
    if (value === null) return given;
    if (typeof value !== "object" || Array.isArray(value)) throw malformed();
    for (const [name, each] of Object.entries(value)) {
      if (each !== null && typeof each !== "string") throw malformed();
      given.set(name, each ?? undefined);
    }
    return given;
  } catch (error) {
    if (error instanceof JsonError) throw malformed();
    throw error;
  }
}

function writeArguments(given: DockerfileArguments): string {
  const members = [...given].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value ?? null)}`,
  );
  return `{${members.join(",")}}`;
}

function malformed(): EngineApiError {
  return new EngineApiError("engine-api/query-malformed", "buildargs is not an object of strings");
}
