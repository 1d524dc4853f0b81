import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { RemoteError } from "./errors.ts";

/** What makes us believe a server, and it us. */
export type TlsSettings = {
  /** PEM of authorities; only these are believed unless `andSystem`. Without any, the system's are. */
  readonly ca?: string;
  /** Believes the authorities of the operating system too. */
  readonly andSystem?: boolean;
  /** Believes whatever certificate is shown: anybody on the way can then read and change everything. */
  readonly skipVerification?: boolean;
  /** PEM of our own certificate and its key, for servers that ask for one. */
  readonly client?: { readonly certificate: string; readonly key: string };
};

/** What an agent needs to know of it. Throws `remotes/tls-invalid` for what is no certificate or no key to it. */
export function secureContextOf(settings: TlsSettings): SecureContext {
  const { ca, client } = settings;
  try {
    return createSecureContext({
      minVersion: "TLSv1.2",
      ca: authoritiesOf(settings),
      ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    });
  } catch (cause) {
    const what = client === undefined ? "a CA certificate" : "a certificate or its key";
    if (ca === undefined && client === undefined) throw cause;
    throw new RemoteError("remotes/tls-invalid", `${what} cannot be used`, { cause });
  }
}

function authoritiesOf(settings: TlsSettings): string[] {
  const { ca, andSystem = false, skipVerification = false } = settings;
  const given = ca === undefined ? [] : [ca];
  const needsSystem = !skipVerification && (ca === undefined || andSystem);
  // The system lists many of them twice, and each costs time.
  return needsSystem ? [...new Set([...systemAuthorities(), ...given])] : given;
}

/** Those of the operating system and of `NODE_EXTRA_CA_CERTS`; a system without any, as small containers are, has Node.js's. */
function systemAuthorities(): readonly string[] {
  const system = getCACertificates("system");
  return [
    ...(system.length > 0 ? system : getCACertificates("bundled")),
    ...getCACertificates("extra"),
  ];
}
