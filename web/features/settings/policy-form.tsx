import type { Policy, Team } from "#contracts";
import { Button, Group, MultiSelect, Stack, Switch, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { codeOf, useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { People } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { fieldErrorOf } from "../../ui/form-errors.ts";
import { Problem } from "../../ui/problem.tsx";
import { Time } from "../../ui/time.tsx";
import { ChangedMeanwhile } from "./changed-meanwhile.tsx";
import { draftOf, ruleKey, ruleOf, withMinimum, type Draft } from "./policy-draft.ts";
import { PolicyMore } from "./policy-more.tsx";
import { PolicyPreviewView } from "./policy-preview.tsx";

type Mode = Policy["mode"];

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
        body: { ...ruleOf(draft), ifVersion },
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
          <PolicyMore
            draft={draft}
            strictness={isOn ? draft.mode : onMode}
            setStrictness={(mode) => {
              setOnMode(mode);
              if (isOn) setMode(mode);
            }}
            setMinimum={(team, people) => setDraft(withMinimum(draft, team, people))}
            saved={base}
            setWhenLost={(changed) => setDraft({ ...draft, ...changed })}
          />
        </Stack>
      </form>
    </Card>
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

function differs(draft: Draft, base: Policy): boolean {
  return ruleKey(draft) !== ruleKey(draftOf(base));
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
