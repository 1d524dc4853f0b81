import { Button, Group, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Dialog } from "./dialog.tsx";
import { Problem } from "./problem.tsx";

type Props = {
  /** The question, naming the thing: "Remove bob from acme/security?" */
  readonly title: string;
  /** The button, naming the effect: "Remove bob". */
  readonly button: string;
  readonly opened: boolean;
  readonly running: boolean;
  readonly error: Error | undefined;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** Asks before something that takes rights away. */
export function Confirm(props: Props): ReactNode {
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={props.title}>
      <Stack>
        <div>{props.children}</div>
        {props.error === undefined ? null : <Problem error={props.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="bad.6" loading={props.running} onClick={props.onConfirm}>
            {props.button}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
