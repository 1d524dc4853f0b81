import { PreviewPolicy, type Policy, type PolicyPreview } from "#contracts";
import { Loader, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../data/client.ts";
import { Mark } from "../../ui/mark.tsx";
import { Problem } from "../../ui/problem.tsx";
import { counted } from "../../ui/sentences.ts";
import { ruleKey, ruleOf, type Draft } from "./policy-draft.ts";
import styles from "./policy-preview.module.css";

const waitMs = 300;
const maxListed = 20;

/** What the draft would do, before it is saved: which running workloads could not be deployed again. */
export function PolicyPreviewView({ draft }: { draft: Draft }): ReactNode {
  const [settled] = useDebouncedValue(draft, waitMs);
  const preview = useQuery({
    queryKey: ["policy", "preview", ruleKey(settled)],
    queryFn: async ({ signal }) =>
      await api("previewPolicy", { body: ruleOf(settled) }, { signal }),
    enabled: PreviewPolicy.safeParse(ruleOf(settled)).success,
    placeholderData: keepPreviousData,
  });
  const isSettled = settled === draft && !preview.isFetching;
  return (
    <section aria-label="What this would do" aria-busy={!isSettled} className={styles["preview"]}>
      {preview.data !== undefined ? (
        <>
          <Sentence preview={preview.data} mode={settled.mode} />
          {isSettled ? null : <Loader size="xs" aria-label="Working it out again" />}
        </>
      ) : preview.error !== null ? (
        <Problem error={preview.error} retry={() => void preview.refetch()} />
      ) : (
        <Text size="sm" c="dimmed">
          Working out what this would do …
        </Text>
      )}
    </section>
  );
}

type SentenceProps = { readonly preview: PolicyPreview; readonly mode: Policy["mode"] };

function Sentence({ preview, mode }: SentenceProps): ReactNode {
  return (
    <>
      {preview.warnings.map((warning) => (
        <Mark key={warning.team} tone="warn">
          {warning.text}
        </Mark>
      ))}
      <div aria-live="polite">
        <Effect workloads={preview.workloads} mode={mode} />
      </div>
      <Missing workloads={preview.workloads} mode={mode} />
    </>
  );
}

type EffectProps = {
  readonly workloads: PolicyPreview["workloads"];
  readonly mode: Policy["mode"];
};

function Effect({ workloads: { engine, workloads }, mode }: EffectProps): ReactNode {
  if (mode === "off") return <Mark tone="warn">With this, every image runs, signed or not.</Mark>;
  if (!engine)
    return (
      <Mark tone="none">No engine is connected, so nothing is known about what runs now.</Mark>
    );
  const refused = workloads.filter((workload) => workload.verdict.kind === "deny").length;
  const all = counted(workloads.length, "running workload");
  if (workloads.length === 0) return <Mark tone="good">Nothing runs that this could affect.</Mark>;
  if (refused === 0)
    return <Mark tone="good">With this, all of {all} could be deployed again.</Mark>;
  return (
    <Mark tone={mode === "warn" ? "none" : "warn"}>
      {mode === "warn"
        ? `With this, ${refused} of ${all} would be recorded as not approved.`
        : `With this, ${refused} of ${all} could not be deployed again.`}
    </Mark>
  );
}

function Missing({ workloads: { workloads }, mode }: EffectProps): ReactNode {
  const refused = workloads.filter((workload) => workload.verdict.kind === "deny");
  if (mode === "off" || refused.length === 0) return null;
  return (
    <>
      <ul className={styles["missing"]}>
        {refused.slice(0, maxListed).map((workload) => (
          <li key={`${workload.kind} ${workload.id}`}>
            <strong>{workload.name}</strong> <code>{workload.image}</code>
            <div>{workload.verdict.reasons.map((reason) => reason.text).join("; ")}</div>
          </li>
        ))}
      </ul>
      {refused.length > maxListed ? (
        <Text size="sm">and {refused.length - maxListed} more</Text>
      ) : null}
    </>
  );
}
