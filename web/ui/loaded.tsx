import { unreachable } from "#domain/kernel";
import { Skeleton, Stack, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import type { Remote } from "../data/remote.ts";
import { Problem } from "./problem.tsx";

type Props<Value> = {
  readonly of: Remote<Value>;
  /** What is being loaded, for those who only hear it: "teams". */
  readonly what: string;
  readonly rows?: number;
  readonly children: (value: Value) => ReactNode;
};

/** Draws loading and failed; the rest is for the page that knows the value. */
export function Loaded<Value>({ of, what, rows = 4, children }: Props<Value>): ReactNode {
  switch (of.kind) {
    case "loading":
      return (
        <Stack gap="xs" aria-busy="true">
          <VisuallyHidden component="output">Loading {what}</VisuallyHidden>
          {Array.from({ length: rows }, (_, row) => (
            <Skeleton key={row} height={28} radius="sm" />
          ))}
        </Stack>
      );
    case "failed":
      return <Problem error={of.error} retry={of.retry} />;
    case "ready":
      return children(of.value);
    default:
      return unreachable(of);
  }
}
