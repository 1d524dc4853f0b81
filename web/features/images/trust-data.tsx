import type { ImagePage } from "#contracts";
import { Button, Collapse } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { Fragment, useId, type ReactNode } from "react";
import { People } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";
import { roleState, trustState } from "../../ui/words.ts";
import { ForgetTrust } from "./forget-trust.tsx";

/** How the repository's signed metadata stands; the roles one by one when asked for. */
export function TrustData({ page: { repository, trust } }: { page: ImagePage }): ReactNode {
  const [opened, details] = useDisclosure(false);
  const id = useId();
  const state = trustState(trust.state);
  const Icon = opened ? IconChevronDown : IconChevronRight;
  return (
    <Card title="Trust data">
      <Facts
        facts={[
          [
            "State",
            <Mark key="state" tone={state.tone}>
              {state.text}
            </Mark>,
          ],
          ["Detail", trust.detail],
          [
            "As of",
            trust.asOf && (
              <Mark key="asOf" tone="warn">
                the trust server does not answer: reading of <Time at={trust.asOf} />
              </Mark>
            ),
          ],
          ["Root", trust.rootVersion && `version ${trust.rootVersion}, pinned`],
          ["Fresh until", trust.freshUntil && <Time key="fresh" at={trust.freshUntil} />],
          ["Snapshot", trust.snapshotVersion && `version ${trust.snapshotVersion}`],
          ["Timestamp", trust.timestampVersion && `version ${trust.timestampVersion}`],
        ]}
      />
      <ForgetTrust repository={repository.name} state={trust.state} />
      {trust.roles.length === 0 ? null : (
        <>
          <Button
            variant="subtle"
            size="compact-sm"
            style={{ alignSelf: "flex-start" }}
            aria-expanded={opened}
            aria-controls={id}
            leftSection={<Icon size={16} aria-hidden />}
            onClick={details.toggle}
          >
            Roles and keys
          </Button>
          <Collapse expanded={opened} id={id} keepMountedMode="display-none">
            <RoleTable roles={trust.roles} />
          </Collapse>
        </>
      )}
    </Card>
  );
}

function RoleTable({ roles }: { roles: ImagePage["trust"]["roles"] }): ReactNode {
  return (
    <DataTable
      label="Roles"
      rows={roles}
      rowKey={(role) => role.name}
      columns={[
        { key: "name", header: "Role", cell: (role) => <code>{role.name}</code> },
        {
          key: "state",
          header: "State",
          cell: (role) => {
            const { tone, text } = roleState(role.state);
            return <Mark tone={tone}>{text}</Mark>;
          },
        },
        { key: "version", header: "Version", cell: (role) => role.version },
        { key: "expires", header: "Expires", cell: (role) => <Time at={role.expires} /> },
        {
          key: "digest",
          header: "Lists the tag as",
          cell: (role) => (role.digest === undefined ? "not" : <Digest value={role.digest} />),
        },
        {
          key: "keys",
          header: "Signed with",
          cell: (role) =>
            role.signedBy.map((key) => (
              <Fragment key={key.fingerprint}>
                <Digest value={key.fingerprint} what="key fingerprint" />{" "}
                <People
                  names={key.account === undefined ? [] : [key.account]}
                  none="a key of no account"
                />{" "}
              </Fragment>
            )),
        },
      ]}
    />
  );
}
