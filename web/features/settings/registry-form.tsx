import { AddRegistry } from "#contracts";
import { NumberInput, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { checkedBy, fieldErrorOf } from "../../ui/form-errors.ts";
import { FormFoot } from "../../ui/form-foot.tsx";
import { PasswordField } from "../../ui/password-field.tsx";

const empty = {
  host: "",
  ca: "",
  trustServer: "",
  username: "",
  password: "",
  maxStaleSeconds: 600,
};
type Fields = typeof empty;

/** Takes a registry in. */
export function RegistryForm({ onClose }: { onClose: () => void }): ReactNode {
  const check = checkedBy(AddRegistry);
  const form = useForm({
    initialValues: empty,
    validate: (values: Fields) => check(bodyOf(values) as Fields),
  });
  const add = useAction(
    async (values: Fields) => await api("addRegistry", { body: bodyOf(values) }),
    { done: ({ host }) => `${host} is trusted` },
  );
  const error = fieldErrorOf(add.error, ["host", "ca", "trustServer", "username", "password"]);
  const field = (name: keyof Fields): object => ({
    ...form.getInputProps(name),
    ...(error?.[name] === undefined ? {} : { error: error[name] }),
  });
  return (
    <form
      noValidate
      onChange={add.clear}
      onSubmit={form.onSubmit(
        (values) =>
          void add.run(values).then((registry) => {
            if (registry !== undefined) onClose();
          }),
      )}
    >
      <Stack>
        <TextInput
          label="Registry"
          description="As image names begin, with its port. A registry under another name is another one."
          placeholder="other.lab:5000"
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          {...field("host")}
        />
        <Textarea
          label="Certificate authorities"
          description="PEM of the authorities behind its servers. No other one is believed."
          rows={6}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--cs-mono)", fontSize: "0.8rem" } }}
          {...field("ca")}
        />
        <TextInput
          label="Trust server"
          description="Where its signatures are, when not on the registry’s own host"
          placeholder="https://notary.lab:4443"
          spellCheck={false}
          autoComplete="off"
          {...field("trustServer")}
        />
        <TextInput
          label="User name there"
          description="When it lets nobody read who has not signed in"
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="off"
          {...field("username")}
        />
        <PasswordField label="Password there" autoComplete="off" {...field("password")} />
        <NumberInput
          label="While it is silent"
          description="For so many seconds its last reading stands in. 0: nothing of it runs then."
          min={0}
          max={604_800}
          {...field("maxStaleSeconds")}
        />
        <Text size="sm">
          Its images then run under the same policy as ours, signed there by people with accounts
          here.
        </Text>
        <FormFoot
          action="Trust registry"
          running={add.running}
          error={error === undefined ? add.error : undefined}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

/** What is left empty is not sent. */
function bodyOf({
  host,
  ca,
  trustServer,
  username,
  password,
  maxStaleSeconds,
}: Fields): AddRegistry {
  return {
    host: host.trim(),
    ca,
    maxStaleSeconds,
    ...(trustServer === "" ? {} : { trustServer }),
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
  };
}
