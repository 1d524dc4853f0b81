import {
  createEngine,
  DockerError,
  type Engine,
  type EngineAnswer,
  type FoundEngine,
} from "#adapters/docker";
import { dockerCredentials, type Credentials } from "#adapters/remotes";
import { formatQuery } from "#domain/engine-api";
import { JsonError, readJson } from "#domain/json";
import { engineOf } from "./engine-address.ts";
import { failure } from "./errors.ts";
import type { ImageName } from "./image-name.ts";
import { followPush, type Pushed } from "./push-progress.ts";
import type { Session } from "./session.ts";

type Tagged = ImageName & { readonly tag: string };

/** An image in docker's engine. Everything throws `docker-trust/failed` with docker's words. */
export type LocalImage = {
  /** Who pushes it: the account that is signed in at its registry. */
  account(): Promise<string | undefined>;
  /** Throws where the engine does not hold it. */
  require(): Promise<void>;
  /** Pushes it, and gives what the registry has then. */
  push(): Promise<Pushed>;
};

const hub = "docker.io";
const hubAddress = "https://index.docker.io/v1/";
const maxErrorBytes = 65_536;

/** Lets `act` work with the engine's image of that name. Nothing is asked before it is needed. */
export async function withLocalImage<Value>(
  session: Session,
  image: Tagged,
  act: (local: LocalImage) => Promise<Value>,
): Promise<Value> {
  let engine: Engine | undefined;
  let found: FoundEngine | undefined;
  const ask = async (method: string, target: string, auth?: string): Promise<EngineAnswer> => {
    found ??= await engineOf(session);
    const { shown } = found;
    engine ??= createEngine(found.address);
    const headers = auth === undefined ? {} : { "x-registry-auth": auth };
    const call = { method, target, headers, body: new Uint8Array() };
    const answer = await engine.relay(call, session).catch((error: unknown) => {
      if (!(error instanceof DockerError) || error.code !== "docker/unreachable") throw error;
      const message = `Cannot connect to the Docker daemon at ${shown}. Is the docker daemon running?`;
      throw failure(message, error);
    });
    if (answer.status < 300) return answer;
    throw failure(`Error response from daemon: ${await messageIn(answer)}`);
  };
  try {
    return await act({
      account: async () => (await credentialsOf(session, image))?.username,
      async require() {
        const answer = await ask("GET", `/images/${name(image)}:${image.tag}/json`);
        answer.body.resume();
      },
      async push() {
        const auth = registryAuth(image, await credentialsOf(session, image));
        const query = formatQuery(new Map([["tag", [image.tag]]]));
        const answer = await ask("POST", `/images/${name(image)}/push${query}`, auth);
        return await followPush(answer.body as AsyncIterable<Buffer>, session.world.out);
      },
    });
  } finally {
    engine?.close();
  }
}

/** Who we are to the registry of an image, as docker's configuration has it. */
async function credentialsOf(
  session: Session,
  { host }: ImageName,
): Promise<Credentials | undefined> {
  const { env } = session.world;
  const inline = env["DOCKER_AUTH_CONFIG"] ?? "";
  return await dockerCredentials(
    host,
    { directory: session.configDirectory, env, inline },
    session,
  );
}

function name({ gun }: Tagged): string {
  return gun.split("/").map(encodeURIComponent).join("/");
}

/** `X-Registry-Auth` of the Engine API. */
function registryAuth({ host }: ImageName, credentials: Credentials | undefined): string {
  const serveraddress = host === hub ? hubAddress : host;
  const auth =
    credentials === undefined
      ? {}
      : credentials.identityToken === undefined
        ? { username: credentials.username, password: credentials.password, serveraddress }
        : { identitytoken: credentials.identityToken, serveraddress };
  const text = Buffer.from(JSON.stringify(auth)).toString("base64");
  return text.replaceAll("+", "-").replaceAll("/", "_"); // docker keeps the `=` at its end
}

async function messageIn(answer: EngineAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxErrorBytes) break;
    chunks.push(chunk);
  }
  try {
    const read = readJson(Buffer.concat(chunks), { maxBytes: maxErrorBytes });
    const message: unknown =
      typeof read === "object" && read !== null ? Reflect.get(read, "message") : undefined;
    if (typeof message === "string" && message !== "") return message;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  return `it answered ${answer.status}`;
}
