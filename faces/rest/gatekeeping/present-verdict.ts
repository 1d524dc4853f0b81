import type { z } from "zod";
import type { Verdict } from "#contracts";
import { explain, signable, type Reason } from "#domain/admission";
import { formatReference } from "#domain/oci";
import type { Finding } from "#services/gatekeeper";

type Shape<Schema extends z.ZodType> = z.output<Schema>;

/** A finding as the contract shows it; the reasons in the words that the gates use. */
export function presentVerdict(finding: Finding): Shape<typeof Verdict> {
  const { verdict } = finding;
  const [first] = finding.case.candidates ?? [];
  const reference = first?.reference;
  const asOf = first?.evidence.kind === "verified" ? first.evidence.asOf : undefined;
  const image = reference === undefined ? finding.case.image : formatReference(reference);
  const shown = {
    image,
    countersigners: verdict.countersigners.map(({ account, role }) => ({ account, role })),
    teams: verdict.teams.map(({ team, signedBy, couldSign }) => ({
      team,
      signedBy: [...signedBy],
      couldSign: [...couldSign],
    })),
    ...(asOf === undefined ? {} : { asOf }),
    message: finding.message,
  };
  if (verdict.kind === "admit")
    return { kind: "admit", ...shown, digest: verdict.reference.digest, reasons: [] };
  const toSign = signable(finding.case);
  return {
    kind: "deny",
    ...shown,
    ...(verdict.released === undefined ? {} : { digest: verdict.released }),
    reasons: verdict.reasons.map((reason) => presentReason(reason, toSign)),
  };
}

function presentReason(reason: Reason, toSign: string): Shape<typeof Verdict>["reasons"][number] {
  const { text, next } = explain(reason, toSign);
  return {
    kind: reason.kind,
    text,
    next,
    ...("team" in reason ? { team: reason.team } : {}),
    ...("couldSign" in reason ? { couldSign: [...reason.couldSign] } : {}),
  };
}
