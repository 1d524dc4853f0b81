import type { Status, Workload, Workloads } from "#contracts";
import { SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useSearchParams } from "react-router";
import { imagePath } from "../../data/image-links.ts";
import { useStatus, useWorkloads } from "../../data/queries.ts";
import { both } from "../../data/remote.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { ImageName } from "../../ui/image-name.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { WorkloadVerdict } from "../../ui/workload-verdict.tsx";
import { counted } from "../../ui/sentences.ts";

/** What runs, and whether all of it is still approved. */
export function WorkloadsPage(): ReactNode {
  const known = both(useWorkloads(), useStatus());
  return (
    <Page title="Workloads">
      <Loaded of={known} what="workloads" rows={8}>
        {([workloads, status]) => <Running workloads={workloads} status={status} />}
      </Loaded>
    </Page>
  );
}

function Running({ workloads, status }: { workloads: Workloads; status: Status }): ReactNode {
  const [search, setSearch] = useSearchParams();
  if (!workloads.engine)
    return (
      <Empty title="No engine is connected">
        Nothing is known about what runs.{" "}
        {status.engine.detail ??
          "The server needs the address of a Docker engine's socket in its configuration."}{" "}
        <Link to="/settings/about">See how the gateway stands</Link>
      </Empty>
    );
  const onlyLost = search.get("filter") === "lost";
  const lost = workloads.workloads.filter((workload) => workload.verdict.kind === "deny");
  const shown = onlyLost ? lost : workloads.workloads;
  return (
    <>
      <SegmentedControl
        size="xs"
        maw="100%"
        aria-label="Which workloads"
        style={{ alignSelf: "flex-start" }}
        value={onlyLost ? "lost" : "all"}
        onChange={(value) =>
          setSearch(value === "lost" ? { filter: "lost" } : {}, { replace: true })
        }
        data={[
          { value: "all", label: `All (${workloads.workloads.length})` },
          { value: "lost", label: `Lost approval (${lost.length})` },
        ]}
      />
      {shown.length > 0 ? (
        <Table workloads={shown} registryHost={status.registryHost} />
      ) : onlyLost ? (
        <Empty title="Nothing has lost its approval">
          All of the {counted(workloads.workloads.length, "workload")} could be deployed again as
          they are.
        </Empty>
      ) : (
        <Empty title="Nothing runs on this engine">
          Start a container through the gateway: <code>DOCKER_HOST={status.gateway}</code>
        </Empty>
      )}
    </>
  );
}

type TableProps = { readonly workloads: readonly Workload[]; readonly registryHost: string };

function Table({ workloads, registryHost }: TableProps): ReactNode {
  return (
    <DataTable
      label="Workloads"
      rows={workloads}
      rowKey={(workload) => `${workload.kind} ${workload.id}`}
      columns={[
        { key: "name", header: "Name", breaks: true, cell: (workload) => workload.name },
        { key: "kind", header: "Kind", cell: (workload) => workload.kind },
        {
          key: "image",
          breaks: true,
          header: "Image",
          cell: ({ image }) => <ImageName image={image} to={imagePath(image, registryHost)} />,
        },
        { key: "state", header: "State", cell: (workload) => workload.state },
        {
          key: "now",
          header: "Deployed again now",
          cell: (workload) => <WorkloadVerdict workload={workload} />,
        },
        {
          key: "since",
          header: "Since",
          cell: ({ since }) => (since === undefined ? null : <Time at={since} />),
        },
      ]}
    />
  );
}
