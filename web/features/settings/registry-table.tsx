import type { Registry } from "#contracts";
import { Button, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { People } from "../../ui/account-links.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Time } from "../../ui/time.tsx";

type Props = { readonly registries: readonly Registry[]; readonly mayRemove: boolean };

/** Registries that are trusted, and the way to end that. */
export function RegistryTable({ registries, mayRemove }: Props): ReactNode {
  const [ending, setEnding] = useState<Registry>();
  const remove = useAction(
    async ({ host }: Registry) =>
      await api("removeRegistry", { params: { registry: host } }).then(() => true),
    { done: (_, { host }) => `${host} is not trusted any more` },
  );
  const close = (): void => {
    setEnding(undefined);
    remove.clear();
  };
  return (
    <>
      <DataTable
        label="Other registries"
        rows={registries}
        rowKey={(registry) => registry.host}
        columns={[
          { key: "host", header: "Registry", cell: ({ host }) => <code>{host}</code> },
          { key: "server", header: "Trust server", cell: ({ trustServer }) => trustServer },
          { key: "user", header: "Signed in as", cell: ({ username }) => username ?? "nobody" },
          {
            key: "stale",
            header: "While it is silent",
            cell: ({ maxStaleSeconds: seconds }) =>
              seconds === undefined ? null : staleInWords(seconds),
          },
          {
            key: "added",
            header: "Added",
            cell: ({ addedAt, addedBy }) =>
              addedAt === undefined || addedBy === undefined ? null : (
                <>
                  <Time at={addedAt} /> by <People names={[addedBy]} />
                </>
              ),
          },
          {
            key: "remove",
            header: "Action",
            align: "end",
            cell: (registry) =>
              mayRemove ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`Remove ${registry.host}`}
                  onClick={() => setEnding(registry)}
                >
                  Remove …
                </Button>
              ) : null,
          },
        ]}
      />
      <Confirm
        opened={ending !== undefined}
        title={`Trust ${ending?.host ?? ""} no longer?`}
        button="Remove registry"
        running={remove.running}
        error={remove.error}
        onClose={close}
        onConfirm={() => {
          if (ending === undefined) return;
          void remove.run(ending).then((done) => {
            if (done === true) close();
          });
        }}
      >
        <Text size="sm">
          Its images are refused from the next request on; what runs goes on running. What was
          pinned and seen of its repositories is kept, for when it is added again.
        </Text>
      </Confirm>
    </>
  );
}

function staleInWords(seconds: number): string {
  if (seconds === 0) return "nothing runs";
  const unit = seconds % 60 === 0 ? "minute" : "second";
  const count = unit === "minute" ? seconds / 60 : seconds;
  return `last reading, for ${count} ${unit}${count === 1 ? "" : "s"}`;
}
