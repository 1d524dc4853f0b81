import type { z } from "zod";
import type { Verdict } from "#contracts";
import { explain, type Reason } from "#domain/admission";
import { formatReference } from "#domain/oci";
import type { Finding } from "#services/gatekeeper";

type Shape<Schema extends z.ZodType> = z.output<Schema>;

/** A finding as the contract shows it. `signable` is what a signer would type. */
export function presentVerdict(finding: Finding): Shape<typeof Verdict> {
  const { verdict } = finding;
  const reference = finding.case.candidates?.[0]?.reference;
  const image = reference === undefined ? finding.case.image : formatReference(reference);
  const shown = {
    image,
    countersigners: verdict.countersigners.map(({ account, role }) => ({ account, role })),
    teams: verdict.teams.map(({ team, signedBy, couldSign }) => ({
      team,
      signedBy: [...signedBy],
      couldSign: [...couldSign],
    })),
    message: finding.message,
  };
  if (verdict.kind === "admit")
    return { kind: "admit", ...shown, digest: verdict.reference.digest, reasons: [] };
  return {
    kind: "deny",
    ...shown,
    ...(verdict.released === undefined ? {} : { digest: verdict.released }),
    reasons: verdict.reasons.map((reason) => presentReason(reason, image)),
  };
}

function presentReason(reason: Reason, image: string): Shape<typeof Verdict>["reasons"][number] {
  const { text, next } = explain(reason, image);
  return {
    kind: reason.kind,
    text,
    next,
    ...("team" in reason ? { team: reason.team } : {}),
    ...("couldSign" in reason ? { couldSign: [...reason.couldSign] } : {}),
  };
}
