import { Agent as PlainAgent, type Agent, type AgentOptions } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { secureContextOf, type TlsSettings } from "./tls.ts";

/** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case of letters. */
export type ProxyVariables = Readonly<Record<string, string | undefined>>;

/** Connections that are kept open for what comes next. */
export type Connections = {
  agentFor(url: URL): Agent;
  /**
   * Whether a certificate that was not believed is worth a second look: the system's authorities take longer
   * to read than most requests, so where others are given those are tried alone first.
   */
  believeMore(): boolean;
  close(): void;
};

export function createConnections(
  tls: TlsSettings,
  { most, proxy }: { readonly most: number; readonly proxy: ProxyVariables | undefined },
): Connections {
  const pool: AgentOptions = {
    keepAlive: true,
    maxSockets: most,
    ...(proxy === undefined ? {} : { proxyEnv: { ...proxy } }),
  };
  const all = new Set<Agent>();
  let plain: PlainAgent | undefined;
  let secure: SecureAgent | undefined;
  let mayBelieveMore = tls.ca !== undefined && tls.andSystem === true;
  const kept = <One extends Agent>(agent: One): One => {
    all.add(agent);
    return agent;
  };
  const createSecure = (): SecureAgent =>
    new SecureAgent({
      ...pool,
      rejectUnauthorized: tls.skipVerification !== true,
      secureContext: secureContextOf({
        ...tls,
        andSystem: !mayBelieveMore && tls.andSystem === true,
      }),
    });
  return {
    agentFor: ({ protocol }) =>
      protocol === "https:"
        ? (secure ??= kept(createSecure()))
        : (plain ??= kept(new PlainAgent(pool))),
    believeMore() {
      const isMore = mayBelieveMore;
      mayBelieveMore = false;
      if (isMore) secure = undefined; // its connections end with what they carry
      return isMore;
    },
    close() {
      for (const agent of all) agent.destroy();
    },
  };
}
