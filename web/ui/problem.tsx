import { ApiError } from "#contracts";
import { Alert, Button, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";

type Props = { readonly error: unknown; readonly retry?: () => void };

/** What went wrong, to what, and what to do next. */
export function Problem({ error, retry }: Props): ReactNode {
  const { title, hint } = wordsOf(error);
  const isFinal = error instanceof ApiError && (error.status === 403 || error.status === 404);
  return (
    <Alert
      color="bad"
      variant="outline"
      role="alert"
      icon={<IconAlertCircle aria-hidden />}
      title={title}
    >
      {hint === undefined ? null : <Text size="sm">{hint}</Text>}
      {retry === undefined || isFinal ? null : (
        <Button mt="xs" size="xs" variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

function wordsOf(error: unknown): { title: string; hint?: string } {
  if (!(error instanceof ApiError))
    return {
      title: "The server's answer could not be read",
      hint: "This page may be older than the server. Reload it; if that does not help, tell an admin.",
    };
  const { code, message, hint } = error.problem;
  if (code === "api/unreachable")
    return {
      title: "The server does not answer",
      hint: hint ?? "Check the connection, then try again. Nothing you typed is lost.",
    };
  if (error.status === 404 && hint === undefined)
    return {
      title: sentence(message),
      hint: "It may have been deleted or mistyped, or your account may not see it: then ask an admin.",
    };
  const title = sentence(message);
  return hint === undefined ? { title } : { title, hint: sentence(hint) };
}

function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}
