import type {
  AccountKey,
  Decision,
  ImagePage,
  Organization,
  Policy,
  Registry,
  Repository,
  Status,
  Tags,
  Team,
  User,
  Workloads,
} from "#contracts";
import { api } from "./client.ts";
import { useRemote, type Remote } from "./remote.ts";

/** Questions that several pages ask; each has one key in the cache. */
export const useStatus = (): Remote<Status> =>
  useRemote(["status"], (o) => api("status", {}, o), { everySeconds: 20 });

export const usePolicy = (): Remote<Policy> => useRemote(["policy"], (o) => api("policy", {}, o));

export const useUsers = (enabled = true): Remote<User[]> =>
  useRemote(["users"], (o) => api("listUsers", {}, o), { enabled });

export const useUser = (user: string): Remote<User> =>
  useRemote(["users", user], (o) => api("user", { params: { user } }, o));

export const useKeys = (user: string): Remote<AccountKey[]> =>
  useRemote(["users", user, "keys"], (o) => api("listKeys", { params: { user } }, o));

export const useTeams = (enabled = true): Remote<Team[]> =>
  useRemote(["teams"], (o) => api("listTeams", {}, o), { enabled });

export const useRegistries = (): Remote<Registry[]> =>
  useRemote(["registries"], (o) => api("listRegistries", {}, o));

export const useOrganizations = (): Remote<Organization[]> =>
  useRemote(["organizations"], (o) => api("listOrganizations", {}, o));

export const useWorkloads = (): Remote<Workloads> =>
  useRemote(["workloads"], (o) => api("workloads", {}, o), { everySeconds: 30 });

export const useRepositories = (enabled = true): Remote<Repository[]> =>
  useRemote(["repositories"], (o) => api("listRepositories", {}, o), { enabled });

export const useTags = (repository: string): Remote<Tags> =>
  useRemote(["tags", repository], (o) => api("tags", { query: { repository } }, o));

export const useImage = (repository: string, tag: string): Remote<ImagePage> =>
  useRemote(["image", repository, tag], (o) => api("image", { query: { repository, tag } }, o));

export const useDecision = (id: string): Remote<Decision> =>
  useRemote(["decision", id], (o) => api("decision", { params: { id } }, o));

/** The newest decisions, for the overview. */
export const useNewestDecisions = (): Remote<readonly Decision[]> =>
  useRemote(
    ["decisions", "newest"],
    async (o) => (await api("listDecisions", { query: { limit: 200 } }, o)).decisions,
    { everySeconds: 30 },
  );
