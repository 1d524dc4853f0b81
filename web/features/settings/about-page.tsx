import type { ReactNode } from "react";
import { useStatus } from "../../data/queries.ts";
import { Card } from "../../ui/card.tsx";
import { Copy } from "../../ui/copy.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";

const engineWords = {
  ready: "answers",
  unreachable: "does not answer",
  none: "none connected",
} as const;

/** Version and addresses. */
export function AboutPage(): ReactNode {
  const status = useStatus();
  return (
    <Page title="About">
      <Loaded of={status} what="the status">
        {({ version, registryHost, gateway, engine }) => (
          <Card title="This installation">
            <Facts
              facts={[
                ["Countersign", `version ${version}`],
                [
                  "Registry host",
                  <Address key="registry" value={registryHost} what="registry host" />,
                ],
                [
                  "Docker gateway",
                  <Address key="gateway" value={gateway} what="gateway address" />,
                ],
                [
                  "Engine",
                  engine.version === undefined
                    ? engineWords[engine.state]
                    : `${engineWords[engine.state]}, version ${engine.version}`,
                ],
                ["Engine says", engine.detail],
                [
                  "Certificate authority",
                  <a key="ca" href="/ca.pem" download="ca.pem">
                    ca.pem
                  </a>,
                ],
              ]}
            />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function Address({ value, what }: { value: string; what: string }): ReactNode {
  return (
    <>
      <code>{value}</code> <Copy value={value} what={what} />
    </>
  );
}
