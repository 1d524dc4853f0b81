import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem } from "./problem.tsx";

type Props = {
  /** What the button does, in words: `Create team`. */
  readonly action: string;
  readonly running: boolean;
  /** What went wrong, unless it is said at a field already. */
  readonly error: Error | undefined;
  readonly onCancel: () => void;
};

/** The end of a form in a dialog: what went wrong, and the two ways out. */
export function FormFoot({ action, running, error, onCancel }: Props): ReactNode {
  return (
    <>
      {error === undefined ? null : <Problem error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={running}>
          {action}
        </Button>
      </Group>
    </>
  );
}
