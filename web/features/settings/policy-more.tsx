import type { Policy } from "#contracts";
import { Button, Collapse, Fieldset, NumberInput, Radio, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useId, type ReactNode } from "react";
import type { Draft } from "./policy-draft.ts";
import { WhenLostFields } from "./when-lost.tsx";

const maxPeople = 100;

type Props = {
  readonly draft: Draft;
  /** What turning the rule on means: refuse, or only warn. */
  readonly strictness: Policy["mode"];
  readonly setStrictness: (mode: Policy["mode"]) => void;
  readonly setMinimum: (team: string, people: number) => void;
  readonly saved: Policy;
  readonly setWhenLost: (changed: Pick<Draft, "action" | "webhook">) => void;
};

/** What most never need. */
export function PolicyMore({
  draft,
  strictness,
  setStrictness,
  setMinimum,
  saved,
  setWhenLost,
}: Props): ReactNode {
  const [opened, more] = useDisclosure(draft.mode === "warn");
  const id = useId();
  const Icon = opened ? IconChevronDown : IconChevronRight;
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<Icon size={16} aria-hidden />}
        aria-expanded={opened}
        aria-controls={id}
        onClick={more.toggle}
      >
        More
      </Button>
      <Collapse expanded={opened} id={id} keepMountedMode="display-none">
        <Stack mt="xs">
          <Radio.Group
            label="When an image is not approved"
            value={strictness}
            onChange={(value) => setStrictness(value === "warn" ? "warn" : "enforce")}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="enforce" label="Refuse it" />
              <Radio
                value="warn"
                label="Let it run, and record what would have been refused"
                description="For trying a rule out. Nothing is protected in this mode."
              />
            </Stack>
          </Radio.Group>
          {draft.requiredTeams.length === 0 ? null : (
            <Fieldset legend="How many people of each team have to sign">
              <Stack gap="xs">
                {draft.requiredTeams.map((team) => (
                  <NumberInput
                    key={team}
                    label={team}
                    size="sm"
                    w={140}
                    min={1}
                    max={maxPeople}
                    allowDecimal={false}
                    clampBehavior="strict"
                    value={draft.minimums.get(team) ?? 1}
                    onChange={(value) => setMinimum(team, Number(value) || 1)}
                  />
                ))}
              </Stack>
            </Fieldset>
          )}
          <WhenLostFields
            draft={draft}
            saved={saved.whenLost?.action ?? "report"}
            set={setWhenLost}
          />
        </Stack>
      </Collapse>
    </div>
  );
}
