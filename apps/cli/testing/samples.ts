import { strToU8, zipSync } from "fflate";

const createdAt = Date.UTC(2026, 10, 1, 9, 30);
export const digest = `sha256:${"5e".repeat(32)}`;
export const fingerprint = "1f0c9a77".repeat(8);

export const alice = {
  name: "alice",
  fullName: "Alice Ahlgren",
  isAdmin: false,
  isActive: true,
  permission: "restricted-control" as const,
  createdAt,
  teams: ["acme/qa"],
};
export const admin = {
  ...alice,
  name: "admin",
  fullName: "",
  isAdmin: true,
  permission: "full-control" as const,
  teams: [],
};
export const qa = {
  name: "acme/qa",
  description: "Quality",
  right: "write" as const,
  members: ["alice", "carol"],
  canSign: ["alice"],
};
const publicKey = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
export const aKey = { fingerprint, label: "laptop", createdAt, publicKey };
export const policy = {
  version: 3,
  mode: "enforce" as const,
  requiredTeams: ["acme/qa", "acme/security"],
  changedAt: createdAt,
  changedBy: "admin",
};
export const status = {
  version: "0.1.0",
  registryHost: "localhost:8443",
  gateway: "tcp://localhost:2376",
  engine: { state: "ready" as const, version: "20.10.24" },
  policy,
};
export const admitted = {
  kind: "admit" as const,
  image: "localhost:8443/acme/web:1",
  digest,
  countersigners: [
    { account: "alice", role: "targets/qa" },
    { account: "bob", role: "targets/security" },
  ],
  teams: [],
  reasons: [],
  message: "",
};
export const refused = {
  ...admitted,
  kind: "deny" as const,
  countersigners: [{ account: "alice", role: "targets/qa" }],
  reasons: [
    {
      kind: "team-missing",
      text: "not signed by team acme/security (could sign: bob)",
      next: "docker trust sign localhost:8443/acme/web:1",
      team: "acme/security",
      couldSign: ["bob"],
    },
    {
      kind: "team-missing",
      text: "not signed by team acme/release (could sign: erin)",
      next: "docker trust sign localhost:8443/acme/web:1",
      team: "acme/release",
      couldSign: ["erin"],
    },
  ],
  message: "localhost:8443/acme/web:1 is not signed by team acme/security",
};
export const runningWeb = {
  kind: "container" as const,
  id: "0123456789ab",
  name: "web",
  image: `localhost:8443/acme/web:1@${digest}`,
  state: "running",
  verdict: refused,
};

export const otherRegistry = {
  host: "other.lab:5000",
  trustServer: "https://other.lab:5000",
  ca: "a certificate",
  username: "reader",
  maxStaleSeconds: 600,
  addedAt: createdAt,
  addedBy: "admin",
};

export const decision = {
  id: "d1",
  at: createdAt,
  by: "alice",
  gate: "docker-api" as const,
  operation: "container-create",
  image: `localhost:8443/acme/web@${digest}`,
  mode: "enforce" as const,
  effect: "refuse" as const,
  verdict: refused,
  evidence: { state: "verified", policyVersion: 3, roles: [] },
};

const zip = (files: Readonly<Record<string, string>>): string =>
  Buffer.from(
    zipSync(Object.fromEntries(Object.entries(files).map(([n, text]) => [n, strToU8(text)]))),
  ).toString("base64");
export const bundle = {
  key: aKey,
  bundle: {
    fileName: "bundle-alice.zip",
    base64: zip({ "key.pem": "a key", "cert.pem": "a certificate", "env.sh": "export X=1\n" }),
  },
  context: {
    fileName: "context-alice.zip",
    base64: zip({ "meta.json": "{}", "tls/docker/key.pem": "a key" }),
  },
};
