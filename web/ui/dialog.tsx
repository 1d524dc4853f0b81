import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./dialog.module.css";

type Props = {
  readonly title: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly size?: "md" | "lg";
  /** False where a click beside it would lose something. */
  readonly closeOnClickOutside?: boolean;
  readonly children: ReactNode;
};

/** A dialog in the middle of the page. Its head is no landmark: a page has one banner. */
export function Dialog({ title, children, size = "md", ...rest }: Props): ReactNode {
  return (
    <Modal.Root centered size={size} {...rest}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={styles["head"]}>
          <Modal.Title className={styles["title"] ?? ""}>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
