import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtCommand } from "../harness/built.ts";
import { dockerCli, type DockerCli } from "../harness/docker-cli.ts";
import { makeTinyImageFolder } from "../harness/engine.ts";
import { mustRun, runPeer, type Ran, type RunOptions } from "../harness/peers-run.ts";
import type { ServerUnderTest } from "../harness/server.ts";

const entry = builtCommand("countersign");

/** Every key of the play is locked with these: no client ever asks. */
export const passphrases = {
  NOTARY_ROOT_PASSPHRASE: "root passphrase",
  NOTARY_TARGETS_PASSPHRASE: "targets passphrase",
  NOTARY_SNAPSHOT_PASSPHRASE: "snapshot passphrase",
  NOTARY_DELEGATION_PASSPHRASE: "signer passphrase",
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: "root passphrase",
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: "signer passphrase",
} as const;

/** Somebody with an account: the command line, docker and notary, each as that person. */
export type Person = {
  readonly name: string;
  readonly password: string;
  /** `countersign …` */
  readonly countersign: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** docker through the gateway, with this person's bundle and home. */
  readonly docker: DockerCli;
  /** Folder of the unpacked client bundle. */
  readonly bundle: string;
  /** `notary …` on the same keys and trust data as this person's docker. */
  readonly notary: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
};

/** The folder where the play happens; `close` removes it. */
export type Stage = AsyncDisposable & {
  readonly folder: string;
  /** `countersign …` with the admin's session. */
  readonly admin: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** Makes a user with a bundle, in the given teams, and signs in everywhere. */
  readonly person: (name: string, teams: readonly string[], program?: string) => Promise<Person>;
  /** The admin as a person: with a bundle, at the gateway. */
  readonly adminPerson: () => Promise<Person>;
  /** Makes a small image in the engine under `reference`; `content` tells it from others. */
  readonly image: (docker: DockerCli, reference: string, content: string) => Promise<void>;
};

/** Signs the admin in, and hands out the means to bring people on stage; `via`: see `RunOptions`. */
export async function setStage(
  server: ServerUnderTest,
  { via = [] }: { readonly via?: readonly string[] } = {},
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-stage-"));
  const rootfs = await makeTinyImageFolder(folder);
  const people: Person[] = [];
  const countersignAs =
    (home: string) =>
    (args: readonly string[], options: RunOptions = {}) =>
      runPeer(process.execPath, [entry, ...args], {
        cwd: folder,
        via,
        ...options,
        env: {
          HOME: home,
          COUNTERSIGN_SERVER: server.ui,
          COUNTERSIGN_CA: server.caFile,
          ...options.env,
        },
      });
  const signIn = async (home: string, name: string, password: string): Promise<void> => {
    await succeed(
      countersignAs(home)(["login", name], { env: { COUNTERSIGN_PASSWORD: password } }),
    );
  };
  const adminHome = await mkdtemp(join(folder, "admin-"));
  await signIn(adminHome, "admin", server.adminPassword);
  const admin = countersignAs(adminHome);

  const enter = async (name: string, password: string, program?: string): Promise<Person> => {
    const bundle = join(folder, `bundle-${name}-${people.length}`);
    await succeed(admin(["bundle", "create", name, "--unpack", "-o", bundle]));
    const docker = await dockerCli({
      via,
      env: {
        ...passphrases,
        DOCKER_HOST: server.gateway,
        DOCKER_TLS_VERIFY: "1",
        DOCKER_CERT_PATH: bundle,
      },
      trusts: { hosts: [server.registryHost], caFile: server.caFile },
      ...(program === undefined ? {} : { program }),
    });
    const login = ["login", "-u", name, "--password-stdin", server.registryHost];
    await docker.must(login, { input: password });
    await signIn(docker.home, name, password);
    const person: Person = {
      name,
      password,
      countersign: countersignAs(docker.home),
      docker,
      bundle,
      notary: (args, options = {}) =>
        runPeer(
          "notary",
          [
            ...["-s", server.ui, "-d", docker.trustDirectory, "--tlscacert", server.caFile],
            ...args,
          ],
          {
            cwd: folder,
            via,
            ...options,
            env: {
              HOME: docker.home,
              ...passphrases,
              NOTARY_AUTH: Buffer.from(`${name}:${password}`).toString("base64"),
              ...options.env,
            },
          },
        ),
    };
    people.push(person);
    return person;
  };

  return {
    folder,
    admin,
    person: async (name, teams, program) => {
      const password = `password of ${name}`;
      await succeed(
        admin(["user", "create", name], { env: { COUNTERSIGN_NEW_PASSWORD: password } }),
      );
      for (const team of teams) await succeed(admin(["team", "add", team, name]));
      return await enter(name, password, program);
    },
    adminPerson: () => enter("admin", server.adminPassword),
    image: async (docker, reference, content) => {
      await writeFile(join(rootfs, "content"), content);
      const tar = join(folder, "rootfs.tar");
      await mustRun("tar", ["-C", rootfs, "-cf", tar, "."]);
      const change = 'CMD ["sleep","1d"]';
      await docker.must(["import", "-c", change, "-", reference], { input: await readFile(tar) });
    },
    [Symbol.asyncDispose]: async () => {
      for (const person of people) await person.docker[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What has to end with exit code 0; gives its output. */
export async function succeed(running: Promise<Ran>): Promise<string> {
  const ran = await running;
  if (ran.exitCode !== 0)
    throw new Error(`it ended with exit code ${ran.exitCode}:\n${ran.out}${ran.err}`);
  return ran.out;
}
