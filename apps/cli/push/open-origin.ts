import { createEngine, DockerError, type Engine, type LocalImage } from "#adapters/docker";
import { openImage, type OpenImage } from "#adapters/images";
import type { Options } from "#domain/kernel";
import { tryReference, type RegistryHost, type RepositoryName } from "#domain/oci";
import { CliError } from "../errors.ts";
import type { World } from "../world.ts";
import { engineAddress } from "./engine-address.ts";
import type { ImageOrigin } from "./image-origin.ts";

export type OpenOrigin = OpenImage & {
  /** Repositories of a registry that had this image, as far as the engine remembers. */
  readonly repositoriesAt: (host: RegistryHost) => readonly RepositoryName[];
};

type How = Options & { readonly world: World; readonly onRead: (bytes: number) => void };

/** Opens the image where it is; for reading until it is disposed of. */
export async function openOrigin(origin: ImageOrigin, how: How): Promise<OpenOrigin> {
  const { world, onRead, signal } = how;
  const options = { signal, onRead, temporary: world.env["TMPDIR"] || undefined };
  if (origin.kind === "file")
    return { ...(await openImage(origin.input, options)), repositoriesAt: () => [] };
  const engine = createEngine(await engineAddress(world));
  try {
    const { name, image } = await findImage(engine, origin.names, how);
    const stream = await engine.exportImage(name, { signal });
    const open = await openImage({ kind: "engine-archive", from: { stream } }, options);
    return { ...open, repositoriesAt: (host) => repositories(image, host) };
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    throw new CliError("cli/image-unreadable", ...engineWords(error), { cause: error });
  } finally {
    engine.close();
  }
}

async function findImage(
  engine: Engine,
  names: readonly string[],
  o: Options,
): Promise<{ readonly name: string; readonly image: LocalImage }> {
  for (const name of names) {
    const image = await engine.inspectImage(name, o);
    if (image !== undefined) return { name, image };
  }
  throw new CliError(
    "cli/image-unknown",
    `the Docker engine has no image ${names.join(" or ")}`,
    "docker image ls shows what it has; for one of another name: --from docker://NAME",
  );
}

function repositories({ repoDigests }: LocalImage, host: RegistryHost): readonly RepositoryName[] {
  const known = repoDigests.map(tryReference).filter((one) => one?.host === host);
  return [...new Set(known.flatMap((one) => one?.repository ?? []))];
}

function engineWords(error: DockerError): readonly [string, string] {
  if (error.code === "docker/unreachable")
    return [
      "the Docker engine does not answer",
      "check DOCKER_HOST and docker context ls, or take a file: --from docker-archive:FILE",
    ];
  return [
    `the Docker engine does not give the image: ${error.message}`,
    "docker save IMAGE shows what is wrong",
  ];
}
