import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A certificate authority made with openssl, and the certificates it gives. */
export type TestAuthority = {
  readonly caPem: string;
  readonly server: { readonly certificate: string; readonly key: string };
  /** A folder that DOCKER_CERT_PATH may name. */
  client(name: string): Promise<TestClient>;
  remove(): Promise<void>;
};
export type TestClient = {
  readonly folder: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Hex SHA-256 of the certificate: good enough to tell clients apart in a test. */
  readonly fingerprint: string;
};

export async function makeAuthority(): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), "cs-pki-"));
  const at = (name: string): string => join(folder, name);
  await run("openssl", [
    ...["req", "-x509", ...EC, "-days", "30", "-subj", "/CN=test-ca"],
    ...["-keyout", at("ca.key"), "-out", at("ca.pem")],
  ]);
  const leaf = async (into: string, name: string): Promise<void> => {
    const extensions =
      "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n";
    await writeFile(join(into, "ext"), extensions);
    await run("openssl", [
      ...["req", ...EC, "-subj", `/CN=${name}`],
      ...["-keyout", join(into, "key.pem"), "-out", join(into, "csr")],
    ]);
    await run("openssl", [
      ...["x509", "-req", "-in", join(into, "csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key")],
      ...["-CAcreateserial", "-days", "30", "-extfile", join(into, "ext")],
      ...["-out", join(into, "cert.pem")],
    ]);
  };
  const make = async (name: string): Promise<TestClient> => {
    const into = at(name);
    await mkdir(into);
    await leaf(into, name);
    const [ca, cert, key] = await Promise.all(
      [at("ca.pem"), join(into, "cert.pem"), join(into, "key.pem")].map((file) =>
        readFile(file, "utf8"),
      ),
    );
    if (ca === undefined || cert === undefined || key === undefined) throw new Error("unread");
    await writeFile(join(into, "ca.pem"), ca);
    return { folder: into, ca, cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
  };
  const server = await make("server");
  return {
    caPem: server.ca,
    server: { certificate: server.cert, key: server.key },
    client: make,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
