import { CreateOrganization, type Organization } from "#contracts";
import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { Fragment, type ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { useOrganizations, useTeams } from "../../data/queries.ts";
import { valueOf } from "../../data/remote.ts";
import { useMe } from "../../data/session.tsx";
import { TeamLink } from "../../ui/account-links.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { checkedBy, fieldErrorOf } from "../../ui/form-errors.ts";
import { FormFoot } from "../../ui/form-foot.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";

export function OrganizationsPage(): ReactNode {
  const me = useMe();
  const organizations = useOrganizations();
  const [opened, dialog] = useDisclosure(false);
  return (
    <Page
      title="Organizations"
      actions={me.isAdmin ? <Button onClick={dialog.open}>New organization</Button> : undefined}
    >
      <Loaded of={organizations} what="organizations">
        {(value) =>
          value.length === 0 ? (
            <Empty title="There are no organizations yet">
              An organization holds teams, and is a place for repositories in the registry.
            </Empty>
          ) : (
            <OrganizationTable organizations={value} />
          )
        }
      </Loaded>
      <Dialog opened={opened} onClose={dialog.close} title="New organization">
        <OrganizationForm onClose={dialog.close} />
      </Dialog>
    </Page>
  );
}

function OrganizationTable({
  organizations,
}: {
  organizations: readonly Organization[];
}): ReactNode {
  const teams = valueOf(useTeams()) ?? [];
  return (
    <DataTable
      label="Organizations"
      rows={organizations}
      rowKey={(organization) => organization.name}
      columns={[
        { key: "name", header: "Organization", cell: (organization) => organization.name },
        { key: "fullName", header: "Name", cell: (organization) => organization.fullName },
        {
          key: "teams",
          header: "Teams",
          cell: (organization) =>
            teams
              .filter((team) => team.name.startsWith(`${organization.name}/`))
              .map((team, index) => (
                <Fragment key={team.name}>
                  {index > 0 ? ", " : ""}
                  <TeamLink team={team.name} />
                </Fragment>
              )),
        },
        {
          key: "made",
          header: "Made",
          cell: (organization) => <Time at={organization.createdAt} />,
        },
      ]}
    />
  );
}

function OrganizationForm({ onClose }: { onClose: () => void }): ReactNode {
  const form = useForm({
    initialValues: { name: "", fullName: "" },
    validate: checkedBy(CreateOrganization),
  });
  const create = useAction(
    async (body: { name: string; fullName: string }) => await api("createOrganization", { body }),
    { done: (organization) => `Organization ${organization.name} is there` },
  );
  const error = fieldErrorOf(create.error, ["name", "fullName"]);
  return (
    <form
      noValidate
      onChange={create.clear}
      onSubmit={form.onSubmit(
        (values) =>
          void create.run(values).then((organization) => {
            if (organization !== undefined) onClose();
          }),
      )}
    >
      <Stack>
        <TextInput
          label="Organization"
          description="Also the first part of its repositories’ names. It cannot be changed."
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("name")}
          {...(error?.["name"] === undefined ? {} : { error: error["name"] })}
        />
        <TextInput
          label="Full name"
          autoComplete="off"
          {...form.getInputProps("fullName")}
          {...(error?.["fullName"] === undefined ? {} : { error: error["fullName"] })}
        />
        <FormFoot
          action="Create organization"
          running={create.running}
          error={error === undefined ? create.error : undefined}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}
