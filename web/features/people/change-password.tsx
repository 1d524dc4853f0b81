import { UpdateUser } from "#contracts";
import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { Card } from "../../ui/card.tsx";
import { checkedBy, fieldErrorOf } from "../../ui/form-errors.ts";
import { PasswordField } from "../../ui/password-field.tsx";
import { Problem } from "../../ui/problem.tsx";

const check = checkedBy(UpdateUser);

/** A new password, typed twice. */
export function ChangePassword({ user, isMine }: { user: string; isMine: boolean }): ReactNode {
  const form = useForm({
    initialValues: { password: "", again: "" },
    validate: (values) => ({
      ...check({ password: values.password }),
      ...(values.password === values.again ? {} : { again: "the two are not the same" }),
    }),
  });
  const change = useAction(
    async (password: string) => await api("updateUser", { params: { user }, body: { password } }),
    { done: () => (isMine ? "Your password is changed" : `${user} has a new password`) },
  );
  const error = fieldErrorOf(change.error, ["password"]);
  return (
    <Card title={isMine ? "Your password" : "Password"}>
      <form
        noValidate
        onChange={change.clear}
        onSubmit={form.onSubmit(
          (values) =>
            void change.run(values.password).then((changed) => {
              if (changed !== undefined) form.reset();
            }),
        )}
      >
        <Stack maw={360}>
          <PasswordField
            label="New password"
            description="At least 10 characters; length is what counts"
            autoComplete="new-password"
            {...form.getInputProps("password")}
            {...(error === undefined ? {} : { error: error["password"] })}
          />
          <PasswordField
            label="The same again"
            autoComplete="new-password"
            {...form.getInputProps("again")}
          />
          {change.error === undefined || error !== undefined ? null : (
            <Problem error={change.error} />
          )}
          <Button
            type="submit"
            variant="default"
            style={{ alignSelf: "flex-start" }}
            loading={change.running}
          >
            Change password
          </Button>
        </Stack>
      </form>
    </Card>
  );
}
