import { createHash, X509Certificate } from "node:crypto";
import { pemKeyReader } from "#adapters/pki";
import type { KeyFingerprint } from "#domain/identity";
import type { Options } from "#domain/kernel";
import { formatReference, tryReference, type RegistryHost } from "#domain/oci";
import type { BuildPolicy, Callers, Judge, Judgement, JudgeRequest } from "#faces/gateway";
import type { AccountsService } from "#services/accounts";
import type { Gatekeeper } from "#services/gatekeeper";

/**
 * The gatekeeper as the gateway asks it. Looking a digest up (`docker service create` does so before it
 * creates) is no deployment: it is answered from the verdict and not recorded. A start is, where it is refused:
 * each `docker run` is one, and was recorded when it created. Who may not read a repository
 * is refused without its reasons, as everywhere.
 */
export function judgeForGateway(gatekeeper: Gatekeeper, sight: Sight): Judge {
  return {
    async judge(request, o) {
      const judgement = await judge(request, o);
      const isHidden = judgement.kind === "refuse" && !(await mayReadAbout(request, sight, o));
      return isHidden ? { kind: "refuse", message: hidden(request.image) } : judgement;
    },
  };

  async function judge(request: JudgeRequest, o: Options): Promise<Judgement> {
    const record = (): Promise<Judgement> =>
      gatekeeper.judge({ ...request, gate: "docker-api" }, o);
    const isStart = request.operation === "container-start";
    if (isStart && (await gatekeeper.policy(o)).mode !== "enforce") return { kind: "as-written" };
    if (!isStart && request.operation !== "distribution") return record();
    const { verdict, message } = await gatekeeper.why(request, o);
    if (verdict.kind === "deny") return isStart ? record() : { kind: "refuse", message };
    const { reference } = verdict;
    return { kind: "run", reference: formatReference(reference), digest: reference.digest };
  }
}

type Sight = { readonly accounts: Pick<AccountsService, "rightOn">; readonly host: RegistryHost };

/** Why an image is refused tells of its repository: who signed it, which digests and tags it has. */
export async function mayReadAbout(
  request: Pick<JudgeRequest, "by" | "image" | "localDigests">,
  sight: Sight,
  o: Options,
): Promise<boolean> {
  for (const name of request.localDigests ?? [request.image]) {
    const reference = tryReference(name);
    if (reference?.host !== sight.host) continue;
    if ((await sight.accounts.rightOn(request.by, reference.repository, o)) === "none")
      return false;
  }
  return true;
}

function hidden(image: string): string {
  return `${image} is refused: there is no such repository, or it is not for you`;
}

/** Who holds a client certificate: the account that owns its key now, whatever name stands in it. */
export function callersOf(accounts: AccountsService): Callers {
  const fingerprintOf = rememberedFingerprints();
  return {
    async identify(certificateDer, o) {
      const found = await accounts.identifyKey(fingerprintOf(certificateDer), o);
      if (found === undefined) return undefined;
      const { name, isAdmin, permission } = found.user;
      return { account: name, isAdmin, permission };
    },
  };
}

const maxRemembered = 1_000;

/** The key in a certificate never changes, and reading it costs more than all else about a small request. */
function rememberedFingerprints(): (certificateDer: Uint8Array) => KeyFingerprint {
  const known = new Map<string, KeyFingerprint>();
  return (certificateDer) => {
    const name = createHash("sha256").update(certificateDer).digest("base64");
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    const { fingerprint } = pemKeyReader.read(new X509Certificate(certificateDer).toString());
    if (known.size >= maxRemembered) known.clear();
    known.set(name, fingerprint);
    return fingerprint;
  };
}

/** A classic build runs the images that it starts from: they are judged like any other that would run. */
export function buildPolicyOf(gatekeeper: Gatekeeper): BuildPolicy {
  const policies = { off: "allow", warn: "observe", enforce: "judge" } as const;
  return async (o) => policies[(await gatekeeper.policy(o)).mode];
}
