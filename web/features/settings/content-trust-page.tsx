import type { Policy, Team } from "#contracts";
import type { ReactNode } from "react";
import { usePolicy, useTeams } from "../../data/queries.ts";
import { both } from "../../data/remote.ts";
import { useMe } from "../../data/session.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { requiredInWords } from "../../ui/required.ts";
import { modeWords } from "../../ui/words.ts";
import { PolicyForm } from "./policy-form.tsx";

/** One switch and one field: what may run. */
export function ContentTrustPage(): ReactNode {
  const known = both(usePolicy(), useTeams());
  return (
    <Page title="Content Trust">
      <Loaded of={known} what="the settings">
        {([policy, teams]) => <ContentTrust policy={policy} teams={teams} />}
      </Loaded>
    </Page>
  );
}

function ContentTrust({ policy, teams }: { policy: Policy; teams: readonly Team[] }): ReactNode {
  const me = useMe();
  return me.isAdmin ? <PolicyForm current={policy} teams={teams} /> : <ReadOnly policy={policy} />;
}

function ReadOnly({ policy }: { policy: Policy }): ReactNode {
  return (
    <Card title="The rule of this cluster" aside="Only admins can change it">
      <Facts
        facts={[
          ["Run only signed images", modeWords[policy.mode]],
          ["Require signature from", requiredInWords(policy)],
        ]}
      />
    </Card>
  );
}
