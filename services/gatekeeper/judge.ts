import { refusalText, signable, weigh, type Case, type Verdict } from "#domain/admission";
import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import {
  formatReference,
  gunOf,
  type Digest,
  type Gun,
  type ImageReference,
  type RegistryHost,
} from "#domain/oci";
import type { DecisionRecord, Effect, Gate } from "./decision.ts";
import { gather, type GatherParts, type NamedImage } from "./gather.ts";
import type { DecisionStore, ImageCatalogue, PolicyStore, StoredPolicy } from "./ports.ts";
import { trim } from "./trim.ts";

export type JudgeParts = GatherParts & {
  readonly policies: PolicyStore;
  readonly decisions: DecisionStore;
  readonly images: ImageCatalogue;
  readonly clock: Clock;
  /** Our own registry's host: images there have a page. */
  readonly registryHost: RegistryHost;
  /** Told when a decision has been kept. */
  readonly announce: () => void;
};

export type ImageRequest = NamedImage & {
  readonly by: AccountName;
  readonly gate: Gate;
  readonly operation: string;
};

/** What a gate does with a request. */
export type Judgement =
  | {
      readonly kind: "run";
      /** `host/repository@digest`: what to hand to the engine. */
      readonly reference: string;
      readonly digest: Digest;
      /** The IDs an engine may show for it; another one behind the same name is not what was signed. */
      readonly imageIds?: readonly string[];
    }
  /** The policy does not stop it: relay the image as the client wrote it. */
  | { readonly kind: "as-written" }
  | { readonly kind: "refuse"; readonly message: string };

/** A verdict with what it rests on, as shown to people. */
export type Finding = {
  readonly case: Case;
  readonly verdict: Verdict;
  /** The text of the refusal; empty when admitted. */
  readonly message: string;
};

/** Judges an image for a gate, and keeps the decision before it says so. A fault is a throw: the gate stays shut. */
export async function judge(
  request: ImageRequest,
  parts: JudgeParts,
  o: Options,
): Promise<Judgement> {
  const policy = await parts.policies.current(o);
  if (policy.mode === "off") return { kind: "as-written" };
  const finding = await find(request, policy, parts, o);
  const effect = effectOf(finding, policy);
  await parts.decisions.append(recordOf(request, policy, finding, effect, parts.clock()), o);
  parts.announce();
  return judgementOf(finding, effect, parts, o);
}

/** As `judge`, and keeps nothing: for gates that tell later what they refused. */
export async function consider(
  named: NamedImage,
  parts: JudgeParts,
  o: Options,
): Promise<Judgement> {
  const policy = await parts.policies.current(o);
  if (policy.mode === "off") return { kind: "as-written" };
  const finding = await find(named, policy, parts, o);
  return judgementOf(finding, effectOf(finding, policy), parts, o);
}

/** Keeps what a gate refused by itself, in its own words, beside the verdict as it is now. */
export async function report(
  request: ImageRequest & { readonly message: string },
  parts: JudgeParts,
  o: Options,
): Promise<void> {
  const policy = await parts.policies.current(o);
  const finding = { ...(await find(request, policy, parts, o)), message: request.message };
  await parts.decisions.append(recordOf(request, policy, finding, "refuse", parts.clock()), o);
  parts.announce();
}

function effectOf({ verdict }: Finding, { mode }: StoredPolicy): Effect {
  if (verdict.kind === "admit") return "run";
  return mode === "enforce" ? "refuse" : "as-written";
}

async function judgementOf(
  finding: Finding,
  effect: Effect,
  parts: JudgeParts,
  o: Options,
): Promise<Judgement> {
  if (finding.verdict.kind !== "admit")
    return effect === "refuse"
      ? { kind: "refuse", message: finding.message }
      : { kind: "as-written" };
  const { reference } = finding.verdict;
  const imageIds =
    reference.host === parts.registryHost
      ? await parts.images.imageIds(reference.repository, reference.digest, o)
      : undefined;
  return {
    kind: "run",
    reference: formatReference(reference),
    digest: reference.digest,
    ...(imageIds === undefined ? {} : { imageIds }),
  };
}

/** The verdict on an image under `policy`, as things are now. Keeps nothing. */
export async function find(
  named: NamedImage,
  policy: StoredPolicy,
  parts: GatherParts & Pick<JudgeParts, "registryHost">,
  o: Options,
): Promise<Finding> {
  const gathered = await gather(named, policy, parts, o);
  const verdict = weigh(gathered);
  return {
    case: gathered,
    verdict,
    message: messageOf(named, gathered, verdict, parts.registryHost),
  };
}

function messageOf(named: NamedImage, of: Case, verdict: Verdict, host: RegistryHost): string {
  if (verdict.kind === "admit") return "";
  const reference = of.candidates?.find(
    (candidate) => candidate.reference.host === host,
  )?.reference;
  const image =
    reference === undefined || named.localDigests !== undefined
      ? named.image
      : formatReference(reference);
  const page = reference === undefined ? undefined : pageOf(reference);
  return refusalText(verdict, {
    image,
    signable: signable(of),
    ...(page === undefined ? {} : { page }),
  });
}

function pageOf(reference: ImageReference): string {
  const tag = reference.tag === undefined ? "" : `/tags/${reference.tag}`;
  return `https://${reference.host}/images/${reference.repository}${tag}`;
}

function recordOf(
  request: ImageRequest,
  policy: StoredPolicy,
  finding: Finding,
  effect: Effect,
  at: number,
): DecisionRecord {
  const { case: of, verdict, message } = finding;
  return {
    at,
    by: request.by,
    gate: request.gate,
    operation: request.operation,
    mode: policy.mode,
    effect,
    repository: repositoryOf(of),
    case: trim(of),
    verdict,
    message,
  };
}

function repositoryOf(of: Case): Gun | undefined {
  const first = of.candidates?.[0];
  return first === undefined ? undefined : gunOf(first.reference);
}
