import { setTimeout as delay } from "node:timers/promises";
import { setStage, succeed, type Person, type Stage } from "../e2e/cast.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";
import { hubAddress, openSwarmLab, type LabNode, type SwarmLab } from "../harness/swarm-lab.ts";

const registry = `${hubAddress}:5443`;
const gateway = `${hubAddress}:2376`;
const passphrase = "a long test passphrase";
const pushedAs = /digest: (sha256:[0-9a-f]{64})/;

/** An image of the test's own. */
export type Pushed = { readonly digest: string; readonly content: string };

/** A task's container, as the engine of its host tells. */
export type Task = { readonly node: string; readonly id: string };
export type Running = Task & {
  /** As the container was asked for. */
  readonly image: string;
  /** What is in it. */
  readonly content: string;
};

/** A swarm on three hosts, our server between them, and people who use it. */
export type SwarmWorld = AsyncDisposable & {
  /** The manager, whose engine is behind the gateway. */
  readonly manager: LabNode;
  /** `10.213.0.1:5443/acme/web` */
  readonly repository: string;
  /** Deploys through the gateway; its team has to have signed. */
  readonly alice: Person;
  readonly stage: Stage;
  readonly nodes: ReadonlyMap<string, LabNode>;
  /** Boots a host and makes it a worker. */
  readonly join: (name: string) => Promise<LabNode>;
  /** Boots a host again that is a worker already. */
  readonly reboot: (name: string) => Promise<LabNode>;
  /** Pushes an image with `content`, gone from the manager's engine afterwards; what it is. */
  readonly push: (tag: string, content: string) => Promise<Pushed>;
  readonly sign: (tag: string) => Promise<void>;
  /** What runs for a service on all hosts that are up. */
  readonly tasks: (service: string) => Promise<readonly Task[]>;
  /** The digests of all images that are on a host that is up. */
  readonly digestsOn: (node: string) => Promise<ReadonlySet<string>>;
  /** Waits until what runs for a service is so; gives it. */
  readonly until: (
    service: string,
    isSo: (tasks: readonly Task[]) => boolean,
  ) => Promise<readonly Running[]>;
};

export async function openSwarmWorld(): Promise<SwarmWorld> {
  await using stack = new AsyncDisposableStack();
  const lab = stack.use(await openSwarmLab());
  const nodes = new Map<string, LabNode>();
  const bootNode = async (name: string): Promise<LabNode> => {
    const node = await lab.boot(name, `10.213.0.1${name.slice(1)}`);
    nodes.set(name, node);
    return node;
  };
  const [manager] = await Promise.all(["n1", "n2", "n3"].map(bootNode));
  if (manager === undefined) throw new Error("no manager");
  const server = stack.use(await serverInLab(lab, manager));
  await lab.trust(registry, server.caFile);
  const stage = stack.use(await setStage(server, { via: lab.via }));
  await succeed(stage.admin(["org", "create", "acme"]));
  await succeed(stage.admin(["team", "create", "acme/qa", "--right", "write"]));
  const root = await stage.adminPerson();
  const alice = await stage.person("alice", ["acme/qa"]);
  await succeed(
    stage.admin(["policy", "set", "--mode", "enforce", "--require", "acme/qa", "--yes"]),
  );
  // A short heartbeat: a host that died is noticed after seconds.
  const init = ["swarm", "init", "--advertise-addr", manager.address];
  await root.docker.must([...init, "--dispatcher-heartbeat", "2s"]);
  const join = async (name: string): Promise<LabNode> => {
    const node = nodes.get(name) ?? (await bootNode(name));
    const token = (await manager.must("swarm", "join-token", "-q", "worker")).trim();
    await node.must("swarm", "join", "--token", token, `${manager.address}:2377`);
    return node;
  };
  for (const name of ["n2", "n3"]) await join(name);
  const repository = `${registry}/acme/web`;
  const tasks: SwarmWorld["tasks"] = async (service) =>
    (await Promise.all([...nodes.values()].map((node) => tasksOn(node, service)))).flat();
  const kept = stack.move();
  return {
    ...{ manager, repository, alice, stage, nodes, join, tasks },
    reboot: bootNode,
    digestsOn: async (name) => {
      const listed = await nodes
        .get(name)
        ?.must("image", "ls", "-a", "--format", "{{.Digest}}", "--digests");
      return new Set(listed?.split("\n").filter(Boolean));
    },
    push: async (tag, content) => {
      const image = `${repository}:${tag}`;
      await stage.image(alice.docker, image, content);
      const pushed = await alice.docker.must(["push", image]);
      await manager.must("image", "rm", "-f", image);
      const digest = pushedAs.exec(pushed)?.[1];
      if (digest === undefined) throw new Error(`the push told no digest: ${pushed}`);
      return { digest, content };
    },
    sign: async (tag) => {
      const env = { COUNTERSIGN_PASSPHRASE: passphrase };
      await succeed(alice.countersign(["sign", `${repository}:${tag}`, "--yes"], { env }));
    },
    until: async (service, isSo) => {
      let seen: readonly Task[] = [];
      for (const giveUp = Date.now() + 45_000; Date.now() < giveUp; await delay(100)) {
        seen = await tasks(service);
        if (!isSo(seen)) continue;
        const looks = await Promise.all(seen.map((task) => look(nodes.get(task.node), task)));
        const running = looks.filter((one) => one !== undefined);
        if (running.length === seen.length) return running;
      }
      const told = await manager.docker("service", "ps", "--no-trunc", service);
      throw new Error(`${service}: ${JSON.stringify(seen)}\n${told.out}${told.err}`);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function serverInLab(lab: SwarmLab, manager: LabNode): Promise<ServerUnderTest> {
  const server = await startServer({
    engine: `unix://${manager.socketPath}`,
    via: lab.via,
    env: {
      COUNTERSIGN_HOST: registry,
      COUNTERSIGN_LISTEN: registry,
      COUNTERSIGN_GATEWAY_HOST: gateway,
      COUNTERSIGN_GATEWAY_LISTEN: gateway,
      COUNTERSIGN_PROCESSES: "1",
    },
  });
  return {
    ...server,
    ui: `https://${registry}`,
    registryHost: registry,
    gateway: `tcp://${gateway}`,
  };
}

async function tasksOn(node: LabNode, service: string): Promise<readonly Task[]> {
  const filter = `label=com.docker.swarm.service.name=${service}`;
  const listed = await node.docker("ps", "-q", "--no-trunc", "--filter", filter);
  const ids = listed.out.split("\n").filter(Boolean); // none where the host is without power
  return ids.map((id) => ({ node: node.name, id }));
}

/** Undefined where the container has ended by now. */
async function look(node: LabNode | undefined, task: Task): Promise<Running | undefined> {
  if (node === undefined) return undefined;
  const asked = await node.docker("inspect", "-f", "{{.Config.Image}}", task.id);
  const content = await node.docker("exec", task.id, "cat", "/content");
  if (asked.exitCode !== 0 || content.exitCode !== 0) return undefined;
  return { ...task, image: asked.out.trim(), content: content.out };
}
