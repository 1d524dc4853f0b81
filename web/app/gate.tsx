import { Loader } from "@mantine/core";
import { unreachable } from "#domain/kernel";
import type { ReactNode } from "react";
import { isSignedOut } from "../data/query-client.ts";
import { SignedIn, useSession } from "../data/session.tsx";
import { SignInPage } from "../features/sign-in/sign-in-page.tsx";
import { Problem } from "../ui/problem.tsx";
import { Frame } from "./frame.tsx";
import styles from "./gate.module.css";

/** The sign-in form until somebody is signed in; then the page at this same address. */
export function Gate(): ReactNode {
  const session = useSession();
  switch (session.kind) {
    case "loading":
      return (
        <main className={styles["alone"]} aria-busy="true">
          <title>Countersign</title>
          <Loader aria-label="Loading" />
        </main>
      );
    case "failed":
      return isSignedOut(session.error) ? (
        <SignInPage />
      ) : (
        <main className={styles["alone"]}>
          <title>Countersign</title>
          <Problem error={session.error} retry={session.retry} />
        </main>
      );
    case "ready":
      return (
        <SignedIn user={session.value.user}>
          <Frame />
        </SignedIn>
      );
    default:
      return unreachable(session);
  }
}
