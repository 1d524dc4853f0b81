import type { Status } from "#contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useMe } from "../../data/session.tsx";
import { userPath } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { Command } from "../../ui/command.tsx";

/** The addresses that a person needs. */
export function Connect({ status }: { status: Status }): ReactNode {
  const me = useMe();
  return (
    <Card title="Connect">
      <Text size="sm">Push and sign: the registry</Text>
      <Command line={`docker login ${status.registryHost}`} what="login command" />
      <Text size="sm">
        Deploy: the gateway, with a <Link to={userPath(me.name)}>client bundle</Link> of yours
      </Text>
      <Command line={`export DOCKER_HOST=${status.gateway}`} what="DOCKER_HOST" />
      <Text size="sm">
        Both certificates are signed by this server’s own authority:{" "}
        <a href="/ca.pem" download="ca.pem">
          ca.pem
        </a>
      </Text>
    </Card>
  );
}
