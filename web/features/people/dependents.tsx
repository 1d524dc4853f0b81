import type { Verdict, Workload } from "#contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useWorkloads } from "../../data/queries.ts";
import { valueOf } from "../../data/remote.ts";
import { Mark } from "../../ui/mark.tsx";
import { counted } from "../../ui/sentences.ts";

type Props = {
  readonly account: string;
  /** Only what depends on being a member of this team. */
  readonly team?: string;
  /** False where another key of the same person may have signed as well. */
  readonly certain?: boolean;
};

/** What runs now and rests on one person's signature: what would lose its approval without them. */
export function Dependents({ account, team, certain = true }: Props): ReactNode {
  const workloads = valueOf(useWorkloads());
  if (workloads === undefined) return null;
  if (!workloads.engine)
    return (
      <Text size="sm" mt="xs" c="dimmed">
        No engine is connected, so it is not known what runs on these signatures.
      </Text>
    );
  const names = workloads.workloads
    .filter((workload) => restsOn(workload, account, team))
    .map((workload) => workload.name);
  if (names.length === 0)
    return (
      <Text size="sm" mt="xs">
        <Mark tone="good">Nothing that runs now loses its approval.</Mark>
      </Text>
    );
  return (
    <Text size="sm" mt="xs" component="div">
      <Mark tone="warn">
        {counted(names.length, "running workload")} {certain ? "would" : "may"} lose{" "}
        {names.length === 1 ? "its" : "their"} approval: {names.slice(0, 10).join(", ")}
        {names.length > 10 ? " and others" : ""}
      </Mark>
    </Text>
  );
}

function restsOn({ verdict }: Workload, account: string, team: string | undefined): boolean {
  if (verdict.kind === "deny") return false;
  if (verdict.teams.length === 0)
    return team === undefined && isOnlyOne(signersOf(verdict), account);
  return verdict.teams.some(
    (state) =>
      (team === undefined || state.team === team) && isOnlyOne(new Set(state.signedBy), account),
  );
}

function signersOf(verdict: Verdict): ReadonlySet<string> {
  return new Set(verdict.countersigners.map((signer) => signer.account));
}

function isOnlyOne(names: ReadonlySet<string>, account: string): boolean {
  return names.size === 1 && names.has(account);
}
