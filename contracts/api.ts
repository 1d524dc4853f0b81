import { z } from "zod";
import { ImagePage, Repository, Tags } from "./images.ts";
import {
  AccountKey,
  AddKey,
  Bundle,
  CreateBundle,
  CreateOrganization,
  CreateTeam,
  CreateUser,
  KeyOwner,
  Organization,
  Team,
  UpdateUser,
  User,
} from "./people.ts";
import { Policy, PolicyPreview, PreviewPolicy, SetPolicy, Workloads } from "./policy.ts";
import { AddRegistry, Registry } from "./registries.ts";
import { Session, SignIn } from "./session.ts";
import { Status } from "./status.ts";
import { Decision, Decisions, Verdict } from "./verdict.ts";

type Shape = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`; `:name` is one percent-encoded segment. */
  readonly path: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
};

const Nothing = z.undefined();

/** Every operation of our REST API: what goes in, what comes out. The server and its clients read this one table. */
export const operations = {
  status: { method: "GET", path: "/status", answer: Status },
  signIn: { method: "POST", path: "/session", body: SignIn, answer: Session },
  session: { method: "GET", path: "/session", answer: Session },
  signOut: { method: "DELETE", path: "/session", answer: Nothing },

  listUsers: { method: "GET", path: "/users", answer: z.array(User) },
  createUser: { method: "POST", path: "/users", body: CreateUser, answer: User },
  user: { method: "GET", path: "/users/:user", answer: User },
  updateUser: { method: "PATCH", path: "/users/:user", body: UpdateUser, answer: User },
  listKeys: { method: "GET", path: "/users/:user/keys", answer: z.array(AccountKey) },
  addKey: { method: "POST", path: "/users/:user/keys", body: AddKey, answer: AccountKey },
  revokeKey: { method: "DELETE", path: "/users/:user/keys/:fingerprint", answer: Nothing },
  /** Whose the given keys are; those that are nobody's are left out. Fingerprints, parted by commas. */
  keyOwners: {
    method: "GET",
    path: "/keys",
    query: z.strictObject({ fingerprints: z.string().max(13_000) }),
    answer: z.array(KeyOwner),
  },
  createBundle: {
    method: "POST",
    path: "/users/:user/bundles",
    body: CreateBundle,
    answer: Bundle,
  },

  listOrganizations: { method: "GET", path: "/organizations", answer: z.array(Organization) },
  createOrganization: {
    method: "POST",
    path: "/organizations",
    body: CreateOrganization,
    answer: Organization,
  },
  listTeams: { method: "GET", path: "/teams", answer: z.array(Team) },
  createTeam: { method: "POST", path: "/teams", body: CreateTeam, answer: Team },
  deleteTeam: { method: "DELETE", path: "/teams/:organization/:team", answer: Nothing },
  addMember: { method: "PUT", path: "/teams/:organization/:team/members/:user", answer: Team },
  removeMember: {
    method: "DELETE",
    path: "/teams/:organization/:team/members/:user",
    answer: Team,
  },

  policy: { method: "GET", path: "/policy", answer: Policy },
  setPolicy: { method: "PUT", path: "/policy", body: SetPolicy, answer: Policy },
  previewPolicy: {
    method: "POST",
    path: "/policy/preview",
    body: PreviewPolicy,
    answer: PolicyPreview,
  },
  workloads: { method: "GET", path: "/workloads", answer: Workloads },

  listRepositories: { method: "GET", path: "/repositories", answer: z.array(Repository) },
  tags: {
    method: "GET",
    path: "/tags",
    query: z.strictObject({ repository: z.string() }),
    answer: Tags,
  },
  image: {
    method: "GET",
    path: "/image",
    query: z.strictObject({ repository: z.string(), tag: z.string() }),
    answer: ImagePage,
  },
  /**
   * Forgets which root was seen of a repository, so that its next one is taken as a first one: for a
   * repository whose trust data was deleted and made anew on purpose. `registry`: another one than ours.
   */
  forgetTrust: {
    method: "DELETE",
    path: "/trust",
    query: z.strictObject({ repository: z.string(), registry: z.string().optional() }),
    answer: Nothing,
  },
  /** Other registries whose signed images may run. */
  listRegistries: { method: "GET", path: "/registries", answer: z.array(Registry) },
  addRegistry: { method: "POST", path: "/registries", body: AddRegistry, answer: Registry },
  removeRegistry: { method: "DELETE", path: "/registries/:registry", answer: Nothing },
  /** The verdict on an image as it would be now; asking records nothing. */
  why: {
    method: "GET",
    path: "/verdict",
    query: z.strictObject({ image: z.string() }),
    answer: Verdict,
  },
  listDecisions: {
    method: "GET",
    path: "/decisions",
    query: z.strictObject({
      before: z.string().optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: Decisions,
  },
  decision: { method: "GET", path: "/decisions/:id", answer: Decision },
} as const satisfies Record<string, Shape>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
/** Server-sent events, one `Decision` as JSON in each `data:`, as decisions are made. */
export const decisionEventsPath = "/api/v1/decisions/events";
export const apiPrefix = "/api/v1";
