import type { WhenLost } from "#contracts";
import { Radio, Stack, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { Draft } from "./policy-draft.ts";

type Action = WhenLost["action"];

const choices: readonly {
  readonly value: Action;
  readonly label: string;
  readonly description: string;
}[] = [
  { value: "report", label: "Report it", description: "Under Workloads and on the overview." },
  { value: "notify", label: "Notify", description: "And send it to the webhook, signed." },
  {
    value: "would-stop",
    label: "Try stopping",
    description: "And tell what would be stopped. Nothing is stopped.",
  },
  {
    value: "stop",
    label: "Stop it",
    description: "Containers are stopped, services are scaled to no task, one after another.",
  },
];

type Props = {
  readonly draft: Draft;
  /** What is in force: stopping has to be tried first. */
  readonly saved: Action;
  readonly set: (changed: Pick<Draft, "action" | "webhook">) => void;
};

/** What happens to what runs already. */
export function WhenLostFields({ draft, saved, set }: Props): ReactNode {
  const { action, webhook } = draft;
  const wasTried = saved === "would-stop" || saved === "stop";
  return (
    <Stack gap="xs">
      <Radio.Group
        label="When a running image loses its approval"
        value={action}
        onChange={(value) => {
          const chosen = choices.find((choice) => choice.value === value);
          if (chosen !== undefined) set({ action: chosen.value, webhook });
        }}
      >
        <Stack gap="xs" mt="xs">
          {choices.map((choice) => (
            <Radio
              key={choice.value}
              value={choice.value}
              label={choice.label}
              description={
                choice.value === "stop" && !wasTried
                  ? "Save “Try stopping” first, and look at what it would have stopped."
                  : choice.description
              }
              disabled={choice.value === "stop" && !wasTried}
            />
          ))}
        </Stack>
      </Radio.Group>
      {action === "report" ? null : (
        <TextInput
          label="Webhook"
          type="url"
          required={action === "notify"}
          placeholder="https://"
          value={webhook}
          onChange={(event) => set({ action, webhook: event.currentTarget.value })}
        />
      )}
    </Stack>
  );
}
