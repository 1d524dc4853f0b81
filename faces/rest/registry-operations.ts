import type { AddRegistry, Registry as RegistryShape } from "#contracts";
import { OciError, parseRegistryHost, type RegistryHost } from "#domain/oci";
import type { NewRegistry, Registries, Registry } from "#services/reader";
import { RestError } from "./errors.ts";
import { operation, type Operation } from "./operation.ts";

/** Other registries whose signed images may run: admins decide which, and everybody may know their servers. */
export function registryOperations(
  registries: Pick<Registries, "list" | "add" | "remove">,
): readonly Operation[] {
  return [
    operation("listRegistries", "signed-in", async ({ caller, signal }) =>
      (await registries.list({ signal })).map(caller.user.isAdmin ? present : presentToAll),
    ),
    operation("addRegistry", "admin", async ({ caller, body, signal }) =>
      present(await registries.add(wantedBy(body), caller.user.name, { signal })),
    ),
    operation("removeRegistry", "admin", async ({ place, signal }) => {
      await registries.remove(place.registry(), { signal });
      return undefined;
    }),
  ];
}

function wantedBy({ host, username, password, ...rest }: AddRegistry): NewRegistry {
  const { ca, trustServer, maxStaleSeconds } = rest;
  return {
    host: hostOf(host),
    ca,
    ...(trustServer === undefined ? {} : { trustServer }),
    ...(maxStaleSeconds === undefined ? {} : { maxStaleSeconds }),
    ...(username === undefined || password === undefined
      ? {}
      : { credentials: { username, password } }),
  };
}

function hostOf(text: string): RegistryHost {
  try {
    return parseRegistryHost(text);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw new RestError("rest/input-invalid", "a host name, with :port where it has one", "host");
  }
}

function presentToAll({ host, trustServer, ca }: Registry): RegistryShape {
  return { host, trustServer, ca };
}

function present({ username, ...registry }: Registry): RegistryShape {
  return { ...registry, ...(username === undefined ? {} : { username }) };
}
