import type { ImagePage } from "#contracts";
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { repositoryPath } from "../../data/image-links.ts";
import { useImage, usePolicy } from "../../data/queries.ts";
import { valueOf } from "../../data/remote.ts";
import { People } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Page } from "../../ui/page.tsx";
import { sizeInWords } from "../../ui/sentences.ts";
import { Time } from "../../ui/time.tsx";
import { Reasons, RequiredTeams } from "../../ui/verdict.tsx";
import { History, LatestDecisions } from "./history.tsx";
import { NextStep } from "./next-step.tsx";
import styles from "./tag-page.module.css";
import { TrustData } from "./trust-data.tsx";

type Props = { readonly repository: string; readonly tag: string };

/** One tag: would it run here, who signed it, and what is to be done. */
export function TagPage({ repository, tag }: Props): ReactNode {
  const image = useImage(repository, tag);
  const page = valueOf(image);
  return (
    <Page
      title={`${repository}:${tag}`}
      crumbs={[
        { to: "/images", label: "Images" },
        { to: repositoryPath(repository), label: repository },
      ]}
      actions={page === undefined ? undefined : <Here page={page} />}
    >
      <Loaded of={image} what="the image" rows={8}>
        {(value) => <Detail page={value} />}
      </Loaded>
    </Page>
  );
}

/** The verdict, large, and what it means under the rule of this moment. */
function Here({ page }: { page: ImagePage }): ReactNode {
  const wouldRun = page.summary.verdict.kind === "admit";
  return (
    <Mark tone={wouldRun ? "good" : "bad"} look="large">
      {wouldRun ? "Would run here" : "Would be refused"}
    </Mark>
  );
}

function Detail({ page }: { page: ImagePage }): ReactNode {
  const { summary } = page;
  const { verdict } = summary;
  return (
    <Stack>
      <NotEnforced refused={verdict.kind === "deny"} />
      <Facts
        facts={[
          ["In the registry", <InRegistry key="registry" page={page} />],
          [
            verdict.kind === "admit" ? "Would run" : "Signed",
            verdict.digest && <Digest key="digest" value={verdict.digest} />,
          ],
          [
            "Pushed",
            summary.pushedAt && (
              <>
                <Time at={summary.pushedAt} />
                {summary.pushedBy === undefined ? null : (
                  <>
                    {" "}
                    by <People names={[summary.pushedBy]} />
                  </>
                )}
              </>
            ),
          ],
          ["Size", summary.size === undefined ? undefined : sizeInWords(summary.size)],
          ["Moved since signing", <Moved key="moved" page={page} />],
        ]}
      />
      {verdict.reasons.length === 0 ? null : (
        <Card title="Why it would be refused">
          <Reasons reasons={verdict.reasons} />
        </Card>
      )}
      <Card title="Required">
        <RequiredTeams verdict={verdict} />
        <AlsoSigned page={page} />
      </Card>
      <NextStep page={page} />
      <TrustData page={page} />
      <div className={styles["pair"]}>
        <History history={page.history} />
        <LatestDecisions decisions={page.decisions} />
      </div>
    </Stack>
  );
}

/** Says so where the rule does not stop anything. */
function NotEnforced({ refused }: { refused: boolean }): ReactNode {
  const mode = valueOf(usePolicy())?.mode;
  if (!refused || mode === undefined || mode === "enforce") return null;
  return (
    <Text size="sm">
      <Mark tone="warn">
        {mode === "warn"
          ? "Only warnings are on: today this image runs, and the refusal is written down."
          : "Content trust is off: today everything runs."}
      </Mark>
    </Text>
  );
}

function InRegistry({ page }: { page: ImagePage }): ReactNode {
  return page.summary.digest === undefined ? (
    <Mark tone="warn">this tag is not in the registry: never pushed here, or deleted</Mark>
  ) : (
    <Digest value={page.summary.digest} />
  );
}

function Moved({ page }: { page: ImagePage }): ReactNode {
  return page.summary.movedSinceSigning ? (
    <Mark tone="warn">yes: the signed digest is what would run, not what was pushed since</Mark>
  ) : (
    "no"
  );
}

/** People whose signature stands there and is asked for by no required team. */
function AlsoSigned({ page }: { page: ImagePage }): ReactNode {
  const { verdict } = page.summary;
  const asked = new Set(verdict.teams.flatMap((state) => state.signedBy));
  const others = [
    ...new Set(
      verdict.countersigners.map((c) => c.account).filter((account) => !asked.has(account)),
    ),
  ];
  if (others.length === 0) return null;
  return (
    <Text size="sm">
      {verdict.teams.length === 0 ? "Signed by " : "Also signed by "}
      <People names={others} />
      {verdict.teams.length === 0 ? null : " (in no required team)"}
    </Text>
  );
}
