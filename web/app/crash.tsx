import { Alert, Button } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./gate.module.css";

/** What is left when a page could not be drawn. */
export function Crash(): ReactNode {
  return (
    <main className={styles["alone"]}>
      <Alert color="bad" variant="outline" role="alert" title="This page could not be drawn">
        That is a mistake of ours, not of yours. Nothing on the server has changed.
        <Button mt="sm" variant="default" onClick={() => window.location.reload()}>
          Reload
        </Button>
      </Alert>
    </main>
  );
}
