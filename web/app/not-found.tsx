import type { ReactNode } from "react";
import { Link } from "react-router";
import { Empty } from "../ui/empty.tsx";
import { Page } from "../ui/page.tsx";

export function NotFound(): ReactNode {
  return (
    <Page title="No such page">
      <Empty title="There is nothing at this address">
        It may have been mistyped, or what it showed is gone.{" "}
        <Link to="/">Back to the overview</Link>
      </Empty>
    </Page>
  );
}
