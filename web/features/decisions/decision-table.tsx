import type { Decision } from "#contracts";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { People } from "../../ui/account-links.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { ImageName } from "../../ui/image-name.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";
import { effects } from "../../ui/effects.ts";

export function DecisionTable({ decisions }: { decisions: readonly Decision[] }): ReactNode {
  return (
    <DataTable
      label="Decisions"
      rows={decisions}
      rowKey={(decision) => decision.id}
      columns={[
        {
          key: "what",
          header: "Decision",
          cell: ({ effect }) => (
            <Mark tone={effects[effect].tone} look="badge">
              {effects[effect].word}
            </Mark>
          ),
        },
        {
          key: "image",
          breaks: true,
          header: "Image",
          cell: ({ image, id }) => <ImageName image={image} to={`/decisions/${id}`} />,
        },
        { key: "why", header: "Why", cell: (decision) => whyOf(decision) },
        { key: "by", header: "Asked by", cell: ({ by }) => <People names={[by]} /> },
        { key: "operation", header: "To", cell: ({ operation }) => operation },
        {
          key: "at",
          header: "When",
          cell: ({ at, id }) => (
            <Link to={`/decisions/${id}`}>
              <Time at={at} />
            </Link>
          ),
        },
      ]}
    />
  );
}

function whyOf({ verdict, mode }: Decision): string {
  if (verdict.kind === "deny") return verdict.reasons.map((reason) => reason.text).join("; ");
  if (mode === "off") return "content trust was off";
  const names = [...new Set(verdict.countersigners.map((signer) => signer.account))];
  return names.length === 0 ? "" : `signed by ${names.join(", ")}`;
}
