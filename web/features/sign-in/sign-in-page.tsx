import { ApiError, SignIn } from "#contracts";
import { Alert, Button, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconLock } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api } from "../../data/client.ts";
import { checkedBy, fieldErrorOf } from "../../ui/form-errors.ts";
import { PasswordField } from "../../ui/password-field.tsx";
import { Problem } from "../../ui/problem.tsx";
import styles from "./sign-in-page.module.css";

const check = checkedBy(SignIn);

/** Username and password. Stands at the address that was asked for, and gives way to it. */
export function SignInPage(): ReactNode {
  const cache = useQueryClient();
  const form = useForm({ initialValues: { username: "", password: "" }, validate: check });
  const [error, setError] = useState<unknown>();
  const [running, setRunning] = useState(false);

  const signIn = async (body: { username: string; password: string }): Promise<void> => {
    setRunning(true);
    setError(undefined);
    try {
      cache.setQueryData(["session"], await api("signIn", { body }));
    } catch (cause) {
      const onField = fieldErrorOf(cause, ["username", "password"]) ?? wrongPassword(cause);
      if (onField === undefined) setError(cause);
      else form.setErrors(onField);
    } finally {
      setRunning(false);
    }
  };

  return (
    <main className={styles["page"]}>
      <title>Sign in · Countersign</title>
      <form
        className={styles["form"]}
        onSubmit={form.onSubmit((values) => void signIn(values))}
        noValidate
      >
        <Stack gap="md">
          <div className={styles["brand"]}>
            <img src="/favicon.svg" alt="" width={32} height={32} />
            <Title order={1}>Sign in to Countersign</Title>
          </div>
          {error === undefined ? null : error instanceof ApiError && isLocked(error) ? (
            <LockedOut />
          ) : (
            <Problem error={error} />
          )}
          <TextInput
            label="Username"
            autoComplete="username"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            data-autofocus
            {...form.getInputProps("username")}
          />
          <PasswordField
            label="Password"
            autoComplete="current-password"
            {...form.getInputProps("password")}
          />
          <Button type="submit" loading={running} fullWidth>
            Sign in
          </Button>
          <Text size="sm" c="dimmed">
            No account, or the password is lost? An admin can make one or set a new password under
            People.
          </Text>
        </Stack>
      </form>
    </main>
  );
}

/** After too many wrong passwords. */
function LockedOut(): ReactNode {
  return (
    <Alert
      color="warn"
      variant="outline"
      role="alert"
      icon={<IconLock aria-hidden />}
      title="This account is locked for a while"
    >
      <Text size="sm">
        There were too many wrong passwords in a row, so that nobody can guess on. Wait some
        minutes, then try again with the right one; an admin can set a new password meanwhile.
      </Text>
    </Alert>
  );
}

function isLocked(error: ApiError): boolean {
  return error.problem.code === "accounts/locked" || error.status === 429;
}

function wrongPassword(error: unknown): Record<string, string> | undefined {
  if (!(error instanceof ApiError) || isLocked(error)) return undefined;
  if (error.problem.code === "accounts/inactive")
    return { username: "this account is not active; an admin can activate it again" };
  return error.status === 401 ? { password: "username or password is wrong" } : undefined;
}
