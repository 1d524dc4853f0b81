import { CreateTeam, type Organization, type RepositoryRight } from "#contracts";
import { NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { Link, useNavigate } from "react-router";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { useOrganizations } from "../../data/queries.ts";
import { teamPath } from "../../ui/account-links.tsx";
import { Empty } from "../../ui/empty.tsx";
import { checkedBy, fieldErrorOf } from "../../ui/form-errors.ts";
import { FormFoot } from "../../ui/form-foot.tsx";
import { Loaded } from "../../ui/loaded.tsx";

const check = checkedBy(CreateTeam);
const rights = [
  { value: "read", label: "read: pull" },
  { value: "write", label: "write: pull and push" },
  { value: "admin", label: "admin: pull, push and delete" },
] as const;

type Right = ReturnType<typeof RepositoryRight.parse>;
type Values = { organization: string; team: string; description: string; right: Right };

/** Makes a team in an organization, and goes to its page. */
export function TeamDialog({
  opened,
  onClose,
}: {
  opened: boolean;
  onClose: () => void;
}): ReactNode {
  const organizations = useOrganizations();
  return (
    <Dialog opened={opened} onClose={onClose} title="New team">
      <Loaded of={organizations} what="organizations">
        {(value) =>
          value.length === 0 ? (
            <Empty title="A team belongs to an organization">
              <Link to="/people/organizations">Make an organization</Link> first.
            </Empty>
          ) : (
            <TeamForm organizations={value} onClose={onClose} />
          )
        }
      </Loaded>
    </Dialog>
  );
}

type FormProps = {
  readonly organizations: readonly Organization[];
  readonly onClose: () => void;
};

function TeamForm({ organizations, onClose }: FormProps): ReactNode {
  const go = useNavigate();
  const form = useForm<Values>({
    initialValues: {
      organization: organizations[0]?.name ?? "",
      team: "",
      description: "",
      right: "read",
    },
    validate: (values) => errorsOf(values),
  });
  const create = useAction(
    async (values: Values) => await api("createTeam", { body: bodyOf(values) }),
    {
      done: (team) => `Team ${team.name} is there; give it members`,
    },
  );
  const error = fieldErrorOf(create.error, ["name", "description"]);
  return (
    <form
      noValidate
      onChange={create.clear}
      onSubmit={form.onSubmit(
        (values) =>
          void create.run(values).then((team) => {
            if (team === undefined) return;
            onClose();
            void go(teamPath(team.name));
          }),
      )}
    >
      <Stack>
        <NativeSelect
          label="Organization"
          data={organizations.map((organization) => organization.name)}
          {...form.getInputProps("organization")}
        />
        <TextInput
          label="Team"
          description="qa, security, release …"
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("team")}
          {...(error?.["name"] === undefined ? {} : { error: error["name"] })}
        />
        <TextInput
          label="Description"
          autoComplete="off"
          {...form.getInputProps("description")}
          {...(error?.["description"] === undefined ? {} : { error: error["description"] })}
        />
        <NativeSelect
          label="What members may do with the organization’s repositories"
          data={rights.map((right) => ({ ...right }))}
          {...form.getInputProps("right")}
        />
        <FormFoot
          action="Create team"
          running={create.running}
          error={error === undefined ? create.error : undefined}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

type Body = { name: string; description: string; right: Right };

function bodyOf({ organization, team, description, right }: Values): Body {
  return { name: `${organization}/${team}`, description, right };
}

function errorsOf(values: Values): Record<string, string> {
  const { name, ...rest } = check(bodyOf(values));
  return name === undefined
    ? rest
    : { ...rest, team: "lower-case letters and digits, with single . _ - between them" };
}
