import type { Status } from "#contracts";
import { SimpleGrid, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useStatus } from "../../data/queries.ts";
import { useMe } from "../../data/session.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Connect } from "./connect.tsx";
import { EnforcementCard } from "./enforcement-card.tsx";
import { FirstRun } from "./first-run.tsx";
import { LostApproval } from "./lost-approval.tsx";
import { Refusals } from "./refusals.tsx";
import { WaitingForMe } from "./waiting-for-me.tsx";

/** Is the cluster protected right now, and what was stopped? */
export function OverviewPage(): ReactNode {
  const status = useStatus();
  return (
    <Page title="Overview">
      <Loaded of={status} what="the overview" rows={6}>
        {(value) => <Cards status={value} />}
      </Loaded>
    </Page>
  );
}

function Cards({ status }: { status: Status }): ReactNode {
  const me = useMe();
  return (
    <Stack>
      {me.isAdmin ? <FirstRun status={status} /> : null}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <EnforcementCard status={status} />
        <WaitingForMe policy={status.policy} />
        <Refusals />
        <LostApproval />
        <Connect status={status} />
      </SimpleGrid>
    </Stack>
  );
}
