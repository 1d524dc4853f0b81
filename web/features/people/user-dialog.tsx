import { CreateUser } from "#contracts";
import { Checkbox, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { useNavigate } from "react-router";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { userPath } from "../../ui/account-links.tsx";
import { checkedBy, fieldErrorOf } from "../../ui/form-errors.ts";
import { FormFoot } from "../../ui/form-foot.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { permissionChoices, permissionOf } from "./permissions.ts";

const fields = ["name", "fullName", "password", "isAdmin", "permission"] as const;

/** Makes a user, and goes to their page. */
export function UserDialog({
  opened,
  onClose,
}: {
  opened: boolean;
  onClose: () => void;
}): ReactNode {
  return (
    <Dialog opened={opened} onClose={onClose} title="New user">
      <UserForm onClose={onClose} />
    </Dialog>
  );
}

function UserForm({ onClose }: { onClose: () => void }): ReactNode {
  const go = useNavigate();
  const form = useForm({
    initialValues: {
      name: "",
      fullName: "",
      password: "",
      isAdmin: false,
      permission: permissionOf(""),
    },
    validate: checkedBy(CreateUser),
  });
  const create = useAction(
    async (body: (typeof form)["values"]) => await api("createUser", { body }),
    { done: (user) => `${user.name} can sign in now` },
  );
  const serverErrors = fieldErrorOf(create.error, fields);
  const input = (name: (typeof fields)[number]): { error?: ReactNode } => ({
    ...form.getInputProps(name, name === "isAdmin" ? { type: "checkbox" } : undefined),
    ...(serverErrors?.[name] === undefined ? {} : { error: serverErrors[name] }),
  });
  return (
    <form
      noValidate
      onChange={create.clear}
      onSubmit={form.onSubmit(
        (values) =>
          void create.run(values).then((user) => {
            if (user === undefined) return;
            onClose();
            void go(userPath(user.name));
          }),
      )}
    >
      <Stack>
        <TextInput
          label="User name"
          description="Also the name of their place in the registry. It cannot be changed."
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          {...input("name")}
        />
        <TextInput label="Full name" autoComplete="off" {...input("fullName")} />
        <PasswordField
          label="Password"
          description="At least 10 characters. They can change it on their page."
          autoComplete="new-password"
          {...input("password")}
        />
        <NativeSelect
          label="May do at the Docker gateway"
          data={permissionChoices}
          {...input("permission")}
        />
        <Checkbox
          label="Admin"
          description="May change the settings and people, and do everything at the gateway."
          {...input("isAdmin")}
        />
        <FormFoot
          action="Create user"
          running={create.running}
          error={serverErrors === undefined ? create.error : undefined}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}
