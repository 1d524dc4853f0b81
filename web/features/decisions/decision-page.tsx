import type { Decision, Verdict } from "#contracts";
import { Button, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { imagePath } from "../../data/image-links.ts";
import { useDecision, useStatus } from "../../data/queries.ts";
import { valueOf } from "../../data/remote.ts";
import { People } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Facts } from "../../ui/facts.tsx";
import { ImageName } from "../../ui/image-name.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Page } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { modeWords } from "../../ui/words.ts";
import { Reasons, RequiredTeams, VerdictMark } from "../../ui/verdict.tsx";
import styles from "./decision-page.module.css";
import { effects, gates } from "../../ui/effects.ts";
import { Evidence } from "./evidence.tsx";

/** One decision: what the client saw, on what evidence, and what would make it pass. */
export function DecisionPage(): ReactNode {
  const { id = "" } = useParams();
  const decision = useDecision(id);
  const image = valueOf(decision)?.image;
  return (
    <Page
      title={image === undefined ? "Decision" : `Decision on ${image}`}
      heading="Decision"
      crumbs={[{ to: "/decisions", label: "Decisions" }]}
    >
      <Loaded of={decision} what="the decision" rows={8}>
        {(value) => <Detail decision={value} />}
      </Loaded>
    </Page>
  );
}

function Detail({ decision }: { decision: Decision }): ReactNode {
  const host = valueOf(useStatus())?.registryHost;
  const { verdict } = decision;
  const page = host === undefined ? undefined : imagePath(verdict.image, host);
  const effect = effects[decision.effect];
  return (
    <Stack>
      <Card
        title="What happened"
        aside={
          <Mark tone={effect.tone} look="badge">
            {effect.word}
          </Mark>
        }
      >
        {verdict.message === "" ? null : (
          <>
            <Text size="sm" c="dimmed">
              {decision.effect === "refuse"
                ? "The client saw, word for word:"
                : "With enforcement the client would have seen:"}
            </Text>
            <pre className={styles["sentence"]}>{verdict.message}</pre>
          </>
        )}
        <Facts
          facts={[
            ["Image as written", <ImageName key="image" image={decision.image} to={page} />],
            [
              "Digest that would run",
              verdict.digest && <Digest key="digest" value={verdict.digest} />,
            ],
            ["Asked by", <People key="by" names={[decision.by]} />],
            ["Through", `${gates[decision.gate]}: ${decision.operation}`],
            ["When", <Time key="at" at={decision.at} />],
            [
              "Rule then",
              `${modeWords[decision.mode]}, version ${decision.evidence.policyVersion}`,
            ],
          ]}
        />
        {page === undefined ? null : <Link to={page}>Open the page of this image</Link>}
      </Card>
      {verdict.reasons.length === 0 ? null : (
        <Card title="What would make it pass">
          <Reasons reasons={verdict.reasons} />
        </Card>
      )}
      <Card title="Required teams then">
        <RequiredTeams verdict={verdict} />
      </Card>
      <JudgeAgain image={verdict.image} />
      <Evidence decision={decision} />
    </Stack>
  );
}

/** The same image under today's rule and signatures. Nothing is recorded. */
function JudgeAgain({ image }: { image: string }): ReactNode {
  const judge = useAction(async () => await judged(image), { readsOnly: true });
  const now = judge.result;
  return (
    <Card title="And now?">
      <Text size="sm" c="dimmed">
        Judges the same image by the rule and the signatures as they are at this moment. This
        deploys nothing and records nothing.
      </Text>
      <div aria-live="polite" className={styles["now"]}>
        {now === undefined ? null : (
          <>
            <VerdictMark verdict={now} look="large" />
            {now.reasons.length === 0 ? null : <Reasons reasons={now.reasons} />}
          </>
        )}
      </div>
      {judge.error === undefined ? null : <Problem error={judge.error} />}
      <Button
        variant="default"
        style={{ alignSelf: "flex-start" }}
        loading={judge.running}
        onClick={() => void judge.run(undefined)}
      >
        Judge again now
      </Button>
    </Card>
  );
}

async function judged(image: string): Promise<Verdict> {
  return await api("why", { query: { image } });
}
