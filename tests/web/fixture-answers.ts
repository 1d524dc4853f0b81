import {
  AccountName,
  type AddKey,
  type AddRegistry,
  type CreateBundle,
  type CreateOrganization,
  type CreateTeam,
  type CreateUser,
  type ImagePage,
  type OperationName,
  type PreviewPolicy,
  type Problem,
  type SetPolicy,
  type SignIn,
  type TagSummary,
  type Team,
  type UpdateUser,
  type User,
} from "#contracts";
import {
  addKey,
  addRegistry,
  addTeam,
  addUser,
  registryHost,
  repositoriesOf,
  type FixtureImage,
  type World,
} from "./fixture-data.ts";
import { findImage, judge, referenceOf, teamsOf, usersOf, workloadOf } from "./fixture-verdicts.ts";

/** An answer that is not 2xx. */
export class Refused extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }
}

type Asked = {
  readonly world: World;
  readonly me: string | undefined;
  readonly params: ReadonlyMap<string, string>;
  readonly query: URLSearchParams;
  /** Has been through the operation's schema. */
  readonly body: unknown;
  readonly setSession: (user: string | undefined) => void;
};

type Answers = Record<OperationName, (asked: Asked) => unknown>;

const sessionMs = 3_600_000;

export const answers: Answers = {
  status: ({ world }) => ({
    version: "0.1.0",
    registryHost,
    gateway: "tcp://localhost:2376",
    engine: world.engine ? { state: "ready", version: "20.10.24" } : { state: "none" },
    policy: world.policy,
  }),
  signIn: ({ world, body, setSession }) => {
    const { username, password } = body as SignIn;
    if (world.locked.has(username))
      throw new Refused(429, {
        code: "accounts/locked",
        message: "the account is locked",
        hint: "Try again in 15 minutes.",
      });
    if (world.passwords.get(username) !== password)
      throw new Refused(401, { code: "accounts/credentials-wrong", message: "wrong credentials" });
    setSession(username);
    return { user: userOf(world, username), expiresAt: Date.now() + sessionMs };
  },
  session: ({ world, me }) => ({ user: signedIn(world, me), expiresAt: Date.now() + sessionMs }),
  signOut: ({ setSession }) => setSession(undefined),

  listUsers: ({ world, me }) => signedIn(world, me) && usersOf(world),
  user: ({ world, params }) => userOf(world, params.get("user") ?? ""),
  createUser: ({ world, me, body }) => {
    admin(world, me);
    const { name, fullName, isAdmin, password } = body as CreateUser;
    if (world.users.has(name) || world.organizations.has(name))
      throw new Refused(409, {
        code: "accounts/name-taken",
        message: `${name} is taken`,
        field: "name",
      });
    addUser(world, name, fullName, { isAdmin, password });
    return userOf(world, name);
  },
  updateUser: ({ world, params, body }) => {
    const { password, ...change } = body as UpdateUser;
    const user = userOf(world, params.get("user") ?? "");
    if (password !== undefined) world.passwords.set(user.name, password);
    world.users.set(user.name, { ...user, ...given(change) });
    return userOf(world, user.name);
  },
  listKeys: ({ world, params }) => world.keys.get(params.get("user") ?? "") ?? [],
  keyOwners: ({ world, query }) => {
    const asked = (query.get("fingerprints") ?? "").split(",");
    return [...world.keys].flatMap(([account, keys]) =>
      keys.flatMap(({ fingerprint }) =>
        asked.includes(fingerprint) ? { account, fingerprint } : [],
      ),
    );
  },
  addKey: ({ world, params, body }) => {
    const { label, pem } = body as AddKey;
    if (!pem.startsWith("-----BEGIN "))
      throw new Refused(422, {
        code: "accounts/key-unreadable",
        message: "this is not a public key in PEM",
        field: "pem",
      });
    return addKey(world, params.get("user") ?? "", label, Date.now());
  },
  revokeKey: ({ world, params }) => {
    const user = params.get("user") ?? "";
    const keys = world.keys.get(user) ?? [];
    world.keys.set(
      user,
      keys.map((key) =>
        key.fingerprint === params.get("fingerprint") ? { ...key, revokedAt: Date.now() } : key,
      ),
    );
  },
  createBundle: ({ world, params, body }) => {
    const user = params.get("user") ?? "";
    const { label } = body as CreateBundle;
    const zip = Buffer.from("PK\u0005\u0006".padEnd(22, "\0"), "latin1").toString("base64");
    return {
      key: addKey(world, user, label, Date.now()),
      bundle: { fileName: `${user}-bundle.zip`, base64: zip },
      context: { fileName: `${user}-context.zip`, base64: zip },
    };
  },

  listOrganizations: ({ world }) => [...world.organizations.values()],
  createOrganization: ({ world, me, body }) => {
    admin(world, me);
    const { name, fullName } = body as CreateOrganization;
    if (world.organizations.has(name))
      throw new Refused(409, {
        code: "accounts/name-taken",
        message: `${name} is taken`,
        field: "name",
      });
    world.organizations.set(name, { name, fullName, createdAt: Date.now() });
    return world.organizations.get(name);
  },
  listTeams: ({ world }) => teamsOf(world),
  createTeam: ({ world, me, body }) => {
    admin(world, me);
    const { name } = body as CreateTeam;
    if (world.teams.has(name))
      throw new Refused(409, {
        code: "accounts/name-taken",
        message: `${name} is there already`,
        field: "name",
      });
    addTeam(world, name, []);
    return teamOf(world, name);
  },
  deleteTeam: ({ world, params }) => {
    world.teams.delete(teamIn(params));
  },
  addMember: (asked) => withMembers(asked, (members, user) => [...members, user]),
  removeMember: (asked) =>
    withMembers(asked, (members, user) => members.filter((member) => member !== user)),

  policy: ({ world }) => world.policy,
  setPolicy: ({ world, me, body }) => {
    const { mode, requiredTeams, minimums = [], ifVersion } = body as SetPolicy;
    if (ifVersion !== world.policy.version)
      throw new Refused(409, { code: "gatekeeper/policy-changed", message: "changed meanwhile" });
    world.policy = {
      version: ifVersion + 1,
      mode,
      requiredTeams,
      minimums,
      changedAt: Date.now(),
      changedBy: AccountName.parse(me),
    };
    return world.policy;
  },
  previewPolicy: ({ world, body }) => {
    const policy = body as PreviewPolicy;
    return {
      workloads: {
        engine: world.engine,
        workloads: world.workloads.map((workload) => workloadOf(world, workload, policy)),
      },
      warnings: policy.requiredTeams
        .filter((team) => teamOf(world, team).canSign.length === 0)
        .map((team) => ({
          team,
          text: `nobody can sign for ${team}: it has no member with a key`,
        })),
    };
  },
  workloads: ({ world }) => ({
    engine: world.engine,
    workloads: world.engine ? world.workloads.map((workload) => workloadOf(world, workload)) : [],
  }),

  listRepositories: ({ world }) => repositoriesOf(world),
  tags: ({ world, query }) => {
    const name = query.get("repository");
    const repository = repositoriesOf(world).find((candidate) => candidate.name === name);
    if (repository === undefined) throw unknown("repository");
    const images = world.images.filter((image) => image.repository === name);
    return { repository, tags: images.map((image) => summaryOf(world, image)) };
  },
  image: ({ world, query }) => {
    const image = world.images.find(
      (candidate) =>
        candidate.repository === query.get("repository") && candidate.tag === query.get("tag"),
    );
    if (image === undefined) throw unknown("image");
    return pageOf(world, image);
  },
  forgetTrust: ({ world, me }) => {
    admin(world, me);
    world.trustState = "verified";
  },
  listRegistries: ({ world, me }) => {
    const all = [...world.registries.values()];
    if (signedIn(world, me).isAdmin) return all;
    return all.map(({ host, trustServer, ca }) => ({ host, trustServer, ca }));
  },
  addRegistry: ({ world, me, body }) => {
    admin(world, me);
    const wanted = body as AddRegistry;
    if (world.registries.has(wanted.host))
      throw new Refused(409, {
        code: "reader/registry-taken",
        message: "this registry is registered already",
        field: "host",
      });
    return addRegistry(world, wanted);
  },
  removeRegistry: ({ world, me, params }) => {
    admin(world, me);
    world.registries.delete(params.get("registry") ?? "");
  },
  why: ({ world, query }) => {
    const name = query.get("image") ?? "";
    return judge(world, findImage(world, name), name);
  },
  listDecisions: ({ world, query }) => {
    const limit = Number(query.get("limit") ?? 50);
    const from = world.decisions.findIndex((d) => d.id === query.get("before")) + 1;
    const decisions = world.decisions.slice(from, from + limit);
    const last = decisions.at(-1);
    return {
      decisions,
      ...(last === undefined || last === world.decisions.at(-1) ? {} : { next: last.id }),
    };
  },
  decision: ({ world, params }) => {
    const decision = world.decisions.find((candidate) => candidate.id === params.get("id"));
    if (decision === undefined) throw unknown("decision");
    return decision;
  },
};

function summaryOf(world: World, image: FixtureImage): TagSummary {
  return {
    tag: image.tag,
    digest: image.digest,
    size: 73_400_000,
    pushedAt: image.pushedAt,
    pushedBy: AccountName.parse(image.pushedBy),
    movedSinceSigning: image.movedFrom !== undefined,
    verdict: judge(world, image, referenceOf(image)),
  };
}

function pageOf(world: World, image: FixtureImage): ImagePage {
  const repository = repositoriesOf(world).find((r) => r.name === image.repository);
  if (repository === undefined) throw unknown("repository");
  const digest = image.movedFrom ?? image.digest;
  return {
    repository,
    summary: summaryOf(world, image),
    reference: referenceOf(image),
    trust: repository.hasTrustData
      ? {
          state: world.trustState,
          rootVersion: 1,
          snapshotVersion: 31,
          timestampVersion: 44,
          freshUntil: Date.now() + 6e8,
          roles: image.signedBy.map((account, index) => ({
            name: `targets/${account}`,
            version: 4 + index,
            expires: Date.now() + 9e10,
            state: "valid",
            digest,
            signedBy: (world.keys.get(account) ?? []).map((key) => ({
              fingerprint: key.fingerprint,
              account: AccountName.parse(account),
            })),
          })),
        }
      : { state: "absent", roles: [] },
    history: [
      ...image.signedBy.map((account, index) => ({
        at: image.pushedAt + (index + 1) * 600_000,
        by: AccountName.parse(account),
        what: "signed",
        digest,
      })),
      { at: image.pushedAt, by: AccountName.parse(image.pushedBy), what: "pushed", digest },
    ].toSorted((a, b) => b.at - a.at),
    decisions: world.decisions.filter((d) => d.image === referenceOf(image)).slice(0, 5),
  };
}

function withMembers(
  { world, params }: Asked,
  change: (members: Team["members"], user: User["name"]) => Team["members"],
): Team {
  const name = teamIn(params);
  const team = world.teams.get(name);
  if (team === undefined) throw unknown("team");
  const user = AccountName.parse(params.get("user"));
  world.teams.set(name, { ...team, members: change(team.members, user) });
  return teamOf(world, name);
}

function teamIn(params: ReadonlyMap<string, string>): string {
  return `${params.get("organization") ?? ""}/${params.get("team") ?? ""}`;
}

function teamOf(world: World, name: string): Team {
  const team = teamsOf(world).find((candidate) => candidate.name === name);
  if (team === undefined) throw unknown("team");
  return team;
}

function userOf(world: World, name: string): User {
  const user = usersOf(world).find((candidate) => candidate.name === name);
  if (user === undefined) throw unknown("user");
  return user;
}

function signedIn(world: World, me: string | undefined): User {
  if (me === undefined)
    throw new Refused(401, { code: "accounts/session-none", message: "sign in first" });
  return userOf(world, me);
}

function admin(world: World, me: string | undefined): void {
  if (!signedIn(world, me).isAdmin)
    throw new Refused(403, { code: "api/admins-only", message: "only admins may do this" });
}

function unknown(what: string): Refused {
  return new Refused(404, { code: `api/${what}-unknown`, message: `there is no such ${what}` });
}

/** Drops what was not sent. */
function given(change: Omit<UpdateUser, "password">): Partial<User> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
