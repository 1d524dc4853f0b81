import { UpdateUser, type User } from "#contracts";
import { Button, Checkbox, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { checkedBy } from "../../ui/form-errors.ts";
import { FormFoot } from "../../ui/form-foot.tsx";
import { Dependents } from "./dependents.tsx";
import { permissionChoices } from "./permissions.ts";

/** What an admin can do with an account. */
export function UserActions({ user }: { user: User }): ReactNode {
  const [editing, edit] = useDisclosure(false);
  const [ending, end] = useDisclosure(false);
  const setActive = useAction(
    async (isActive: boolean) =>
      await api("updateUser", { params: { user: user.name }, body: { isActive } }),
    {
      done: (after) =>
        `${after.name} is ${after.isActive ? "active again" : "not active any more"}`,
    },
  );
  const closeEnding = (): void => {
    end.close();
    setActive.clear();
  };
  return (
    <>
      <Button variant="default" onClick={edit.open}>
        Edit
      </Button>
      {user.isActive ? (
        <Button variant="default" onClick={end.open}>
          Deactivate …
        </Button>
      ) : (
        <Button
          variant="default"
          loading={setActive.running}
          onClick={() => void setActive.run(true)}
        >
          Activate again
        </Button>
      )}
      <Dialog opened={editing} onClose={edit.close} title={`Edit ${user.name}`}>
        <EditForm user={user} onClose={edit.close} />
      </Dialog>
      <Confirm
        opened={ending}
        title={`Deactivate ${user.name}?`}
        button={`Deactivate ${user.name}`}
        running={setActive.running}
        error={setActive.error}
        onClose={closeEnding}
        onConfirm={() =>
          void setActive.run(false).then((after) => {
            if (after !== undefined) closeEnding();
          })
        }
      >
        <Text size="sm">
          {user.name} can then neither sign in nor deploy, and their signatures stop counting. The
          account and its keys stay, and it can be activated again.
        </Text>
        <Dependents account={user.name} />
      </Confirm>
    </>
  );
}

function EditForm({ user, onClose }: { user: User; onClose: () => void }): ReactNode {
  const form = useForm<Pick<User, "fullName" | "isAdmin" | "permission">>({
    initialValues: {
      fullName: user.fullName,
      isAdmin: user.isAdmin,
      permission: user.permission,
    },
    validate: checkedBy(UpdateUser),
  });
  const update = useAction(
    async (body: typeof form.values) =>
      await api("updateUser", { params: { user: user.name }, body }),
    { done: (after) => `${after.name} is changed` },
  );
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(
        (values) =>
          void update.run(values).then((after) => {
            if (after !== undefined) onClose();
          }),
      )}
    >
      <Stack>
        <TextInput label="Full name" data-autofocus {...form.getInputProps("fullName")} />
        <NativeSelect
          label="May do at the Docker gateway"
          data={permissionChoices}
          {...form.getInputProps("permission")}
        />
        <Checkbox
          label="Admin"
          description="May change the settings and people, and do everything at the gateway."
          {...form.getInputProps("isAdmin", { type: "checkbox" })}
        />
        <FormFoot action="Save" running={update.running} error={update.error} onCancel={onClose} />
      </Stack>
    </form>
  );
}
