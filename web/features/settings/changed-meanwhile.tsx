import type { Policy } from "#contracts";
import { Alert, Button, Group, Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { api } from "../../data/client.ts";
import { useRemote } from "../../data/remote.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Time } from "../../ui/time.tsx";
import { requiredInWords } from "../../ui/required.ts";
import { modeWords } from "../../ui/words.ts";

type Props = {
  readonly saving: boolean;
  readonly onTakeTheirs: (theirs: Policy) => void;
  readonly onSaveMine: (theirs: Policy) => void;
};

/** Two admins at once: shows what the other one saved, and leaves the choice. */
export function ChangedMeanwhile({ saving, onTakeTheirs, onSaveMine }: Props): ReactNode {
  const theirs = useRemote(["policy", "theirs"], (o) => api("policy", {}, o));
  return (
    <Alert
      color="warn"
      variant="outline"
      role="alert"
      icon={<IconUsers aria-hidden />}
      title="The rule was changed while you were editing"
    >
      <Loaded of={theirs} what="the new rule" rows={2}>
        {(policy) => (
          <>
            <Text size="sm">
              {policy.changedBy ?? "Somebody"} saved <Time at={policy.changedAt} />:{" "}
              {modeWords[policy.mode]}, signature from {requiredInWords(policy)}. What you chose is
              still above.
            </Text>
            <Group mt="xs">
              <Button size="xs" variant="default" onClick={() => onTakeTheirs(policy)}>
                Load theirs
              </Button>
              <Button
                size="xs"
                variant="default"
                loading={saving}
                onClick={() => onSaveMine(policy)}
              >
                Save mine over it
              </Button>
            </Group>
          </>
        )}
      </Loaded>
    </Alert>
  );
}
