import type { Policy, Team } from "#contracts";
import { Button, Collapse, Group, MultiSelect, Radio, Stack, Switch, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import { codeOf, useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { People } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { fieldErrorOf } from "../../ui/form-errors.ts";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { ChangedMeanwhile } from "./changed-meanwhile.tsx";
import { PolicyPreviewView } from "./policy-preview.tsx";

type Mode = Policy["mode"];
type Draft = { readonly mode: Mode; readonly requiredTeams: readonly string[] };

type Props = { readonly current: Policy; readonly teams: readonly Team[] };

/** The two controls, what they would do, and Save. What is typed stays until it is saved or given up. */
export function PolicyForm({ current, teams }: Props): ReactNode {
  const cache = useQueryClient();
  // The version that the draft was made from: a newer one on the server is not taken over behind the typist's back.
  const [base, setBase] = useState(current);
  const [draft, setDraft] = useState(() => draftOf(current));
  const [onMode, setOnMode] = useState<Mode>(current.mode === "warn" ? "warn" : "enforce");

  const adopt = (policy: Policy): void => {
    cache.setQueryData(["policy"], policy);
    setBase(policy);
    setDraft(draftOf(policy));
    save.clear();
  };
  const save = useAction(
    async (ifVersion: number) =>
      await api("setPolicy", {
        body: { mode: draft.mode, requiredTeams: [...draft.requiredTeams], ifVersion },
      }),
    { done: (policy) => (policy.mode === "enforce" ? "Only signed images run now" : "Saved") },
  );
  const submit = async (ifVersion: number): Promise<void> => {
    const saved = await save.run(ifVersion);
    if (saved !== undefined) adopt(saved);
  };

  const changedMeanwhile = codeOf(save.error) === "gatekeeper/policy-changed";
  const onField = fieldErrorOf(save.error, ["requiredTeams"])?.["requiredTeams"];
  const isOn = draft.mode !== "off";
  const setMode = (mode: Mode): void => setDraft({ ...draft, mode });

  return (
    <Card title="The rule of this cluster" aside={<LastChange policy={base} />}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(base.version);
        }}
      >
        <Stack maw="46rem">
          <Switch
            label="Run only signed images"
            description="Every deployment is refused unless the right people have signed exactly that image."
            checked={isOn}
            onChange={(event) => setMode(event.currentTarget.checked ? onMode : "off")}
          />
          <MultiSelect
            label="Require signature from"
            description={
              draft.requiredTeams.length === 0
                ? "No team is named: a signature by any one active account is enough."
                : "A member of each of these teams has to sign."
            }
            placeholder={draft.requiredTeams.length === 0 ? "Choose teams" : ""}
            data={byOrganization(teams, draft.requiredTeams)}
            value={[...draft.requiredTeams]}
            onChange={(requiredTeams) => setDraft({ ...draft, requiredTeams })}
            error={onField}
            searchable
            hidePickedOptions
            nothingFoundMessage="No such team. Teams are made under People."
          />
          <PolicyPreviewView draft={draft} />
          {changedMeanwhile ? (
            <ChangedMeanwhile
              saving={save.running}
              onTakeTheirs={adopt}
              onSaveMine={(theirs) => void submit(theirs.version)}
            />
          ) : save.error === undefined || onField !== undefined ? null : (
            <Problem error={save.error} />
          )}
          <Group>
            <Button type="submit" loading={save.running} disabled={!differs(draft, base)}>
              Save
            </Button>
            {differs(draft, base) ? (
              <Button variant="default" onClick={() => adopt(base)}>
                Undo changes
              </Button>
            ) : null}
          </Group>
          <More
            mode={draft.mode}
            onMode={onMode}
            isOn={isOn}
            choose={(mode) => {
              setOnMode(mode);
              if (isOn) setMode(mode);
            }}
          />
        </Stack>
      </form>
    </Card>
  );
}

type MoreProps = {
  readonly mode: Mode;
  readonly onMode: Mode;
  readonly isOn: boolean;
  readonly choose: (mode: Mode) => void;
};

/** What most never need. */
function More({ mode, onMode, isOn, choose }: MoreProps): ReactNode {
  const [opened, more] = useDisclosure(mode === "warn");
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
        <Radio.Group
          mt="xs"
          label="When an image is not approved"
          value={isOn ? mode : onMode}
          onChange={(value) => choose(value === "warn" ? "warn" : "enforce")}
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
      </Collapse>
    </div>
  );
}

function LastChange({ policy }: { policy: Policy }): ReactNode {
  if (policy.version === 0) return "Never changed yet";
  return (
    <>
      Changed <Time at={policy.changedAt} />
      {policy.changedBy === undefined ? null : (
        <Text span inherit>
          {" by "}
          <People names={[policy.changedBy]} />
        </Text>
      )}
    </>
  );
}

function draftOf({ mode, requiredTeams }: Policy): Draft {
  return { mode, requiredTeams };
}

function differs(draft: Draft, base: Draft): boolean {
  return (
    draft.mode !== base.mode ||
    draft.requiredTeams.toSorted().join() !== base.requiredTeams.toSorted().join()
  );
}

/** Teams under their organization; a required team that is gone stays in the list, so that it can be seen and removed. */
function byOrganization(
  teams: readonly Team[],
  required: readonly string[],
): { group: string; items: { value: string; label: string }[] }[] {
  const names = [...new Set([...teams.map((team): string => team.name), ...required])].toSorted();
  const groups = Map.groupBy(names, (name) => name.slice(0, name.indexOf("/")));
  return [...groups].map(([group, items]) => ({
    group,
    items: items.map((name) => ({ value: name, label: name })),
  }));
}
