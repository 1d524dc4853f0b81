import type { AccountKey } from "#contracts";
import { Button, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";
import { Dependents } from "./dependents.tsx";

type Props = {
  readonly user: string;
  readonly keys: readonly AccountKey[];
  readonly isMine: boolean;
};

/** A person's keys, and the way to end one. */
export function KeyTable({ user, keys, isMine }: Props): ReactNode {
  const [ending, setEnding] = useState<AccountKey>();
  const revoke = useAction(
    async (key: AccountKey) =>
      await api("revokeKey", { params: { user, fingerprint: key.fingerprint } }).then(() => true),
    { done: (_, key) => `Key “${labelOf(key)}” is revoked` },
  );
  const close = (): void => {
    setEnding(undefined);
    revoke.clear();
  };
  if (keys.length === 0)
    return (
      <Empty title={isMine ? "You have no key yet" : `${user} has no key yet`}>
        A client bundle makes one: for signing images, and for the Docker gateway.
      </Empty>
    );
  const others = keys.filter((key) => key.revokedAt === undefined && key !== ending).length;
  return (
    <>
      <DataTable
        label="Keys"
        rows={keys}
        rowKey={(key) => key.fingerprint}
        columns={[
          { key: "label", header: "Label", cell: (key) => labelOf(key) },
          {
            key: "fingerprint",
            header: "Fingerprint",
            cell: (key) => <Digest value={key.fingerprint} what="key fingerprint" />,
          },
          { key: "made", header: "Made", cell: (key) => <Time at={key.createdAt} /> },
          {
            key: "state",
            header: "State",
            cell: ({ revokedAt }) =>
              revokedAt === undefined ? (
                <Mark tone="good">in use</Mark>
              ) : (
                <Mark tone="none">
                  revoked <Time at={revokedAt} />
                </Mark>
              ),
          },
          {
            key: "revoke",
            header: "Action",
            align: "end",
            cell: (key) =>
              key.revokedAt === undefined ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`Revoke key ${labelOf(key)}`}
                  onClick={() => setEnding(key)}
                >
                  Revoke …
                </Button>
              ) : null,
          },
        ]}
      />
      <Confirm
        opened={ending !== undefined}
        title={`Revoke the key “${ending === undefined ? "" : labelOf(ending)}”?`}
        button="Revoke key"
        running={revoke.running}
        error={revoke.error}
        onClose={close}
        onConfirm={() => {
          if (ending === undefined) return;
          void revoke.run(ending).then((done) => {
            if (done === true) close();
          });
        }}
      >
        <Text size="sm">
          Signatures made with it stop counting at once, and a Docker client that uses it is turned
          away. This cannot be undone; a new bundle can be made at any time.
        </Text>
        <Dependents account={user} certain={others === 0} />
      </Confirm>
    </>
  );
}

function labelOf(key: AccountKey): string {
  return key.label === "" ? key.fingerprint.slice(0, 8) : key.label;
}
