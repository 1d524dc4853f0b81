import type { Decision } from "#contracts";
import { Text } from "@mantine/core";
import { Fragment, type ReactNode } from "react";
import { People } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";
import { roleState, trustState } from "../../ui/words.ts";

/** What the decision rested on, as it was recorded. */
export function Evidence({ decision }: { decision: Decision }): ReactNode {
  const { evidence } = decision;
  const state = trustState(evidence.state);
  return (
    <Card title="Evidence">
      <Facts
        facts={[
          [
            "Trust data",
            <Mark key="state" tone={state.tone}>
              {state.text}
            </Mark>,
          ],
          ["Detail", evidence.detail],
          [
            "As of",
            evidence.asOf && (
              <Mark key="asOf" tone="warn">
                the trust server did not answer: reading of <Time at={evidence.asOf} />
              </Mark>
            ),
          ],
          ["Root", versionOf(evidence.rootVersion)],
          ["Snapshot", versionOf(evidence.snapshotVersion)],
          ["Timestamp", versionOf(evidence.timestampVersion)],
          ["Fresh until", evidence.freshUntil && <Time key="fresh" at={evidence.freshUntil} />],
        ]}
      />
      {evidence.roles.length === 0 ? (
        <Text size="sm" c="dimmed">
          No role was looked at.
        </Text>
      ) : (
        <DataTable
          label="Roles looked at"
          rows={evidence.roles}
          rowKey={(role) => role.name}
          columns={[
            { key: "name", header: "Role", cell: (role) => <code>{role.name}</code> },
            { key: "version", header: "Version", cell: (role) => role.version },
            {
              key: "state",
              header: "State",
              cell: (role) => {
                const { tone, text } = roleState(role.state);
                return <Mark tone={tone}>{text}</Mark>;
              },
            },
            {
              key: "digest",
              header: "Lists the tag as",
              cell: (role) => (role.digest === undefined ? "not" : <Digest value={role.digest} />),
            },
            {
              key: "keys",
              header: "Signed with",
              cell: (role) =>
                role.keys.length === 0
                  ? "no key that counts"
                  : role.keys.map((key) => (
                      <Fragment key={key.fingerprint}>
                        <Digest value={key.fingerprint} what="key fingerprint" />{" "}
                        <People
                          names={key.account === undefined ? [] : [key.account]}
                          none="nobody’s"
                        />{" "}
                      </Fragment>
                    )),
            },
          ]}
        />
      )}
    </Card>
  );
}

function versionOf(version: number | undefined): string | undefined {
  return version === undefined ? undefined : `version ${version}`;
}
