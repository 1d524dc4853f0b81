import type { Decision } from "#contracts";
import { rightOn, type User } from "#domain/identity";
import type { Options } from "#domain/kernel";
import {
  namespaceOf,
  parseRepositoryName,
  tryReference,
  type RegistryHost,
  type RepositoryName,
} from "#domain/oci";
import type { AccountsService } from "#services/accounts";

/** What a person gets to see of repositories, and of decisions about them. */
export type Sight = {
  repository(user: User, name: RepositoryName, o: Options): Promise<boolean>;
  /** Of those whose visibility is known already; one look-up for all. */
  repositories<Item extends { readonly name: string; readonly visibility: "private" | "public" }>(
    user: User,
    items: readonly Item[],
    o: Options,
  ): Promise<readonly Item[]>;
  /** An image of another registry is no secret of ours. */
  image(user: User, image: string, o: Options): Promise<boolean>;
  /** Those about images of repositories one may read, and one's own about images of elsewhere. */
  decision(user: User, decision: Decision, o: Options): Promise<boolean>;
};

export function createSight(
  accounts: Pick<AccountsService, "rightOn" | "subject">,
  registryHost: RegistryHost,
): Sight {
  const repository: Sight["repository"] = async (user, name, o) =>
    user.isAdmin || (await accounts.rightOn(user.name, name, o)) !== "none";

  return {
    repository,
    async repositories(user, items, o) {
      const subject = await accounts.subject(user.name, o);
      return items.filter(({ name, visibility }) => {
        const namespace = namespaceOf(parseRepositoryName(name));
        return rightOn(subject, { namespace, isPublic: visibility === "public" }) !== "none";
      });
    },
    async image(user, image, o) {
      const reference = tryReference(image);
      if (reference === undefined || reference.host !== registryHost) return true;
      return await repository(user, reference.repository, o);
    },
    async decision(user, decision, o) {
      if (user.isAdmin) return true;
      const reference = tryReference(decision.verdict.image);
      if (reference?.host !== registryHost) return decision.by === user.name;
      return await repository(user, reference.repository, o);
    },
  };
}
