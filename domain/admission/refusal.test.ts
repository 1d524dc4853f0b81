import { parseAccountName, parseTeamName } from "#domain/identity";
import { expect, test } from "vitest";
import { explain } from "./explain.ts";
import { refusalText } from "./refusal.ts";

test("a refusal says what, why for each cause, what to do and where to read more", () => {
  const team = (name: string, who: string) =>
    ({
      kind: "team-missing",
      team: parseTeamName(name),
      needed: 1,
      signedBy: [],
      couldSign: [parseAccountName(who)],
    }) as const;
  const text = refusalText(
    {
      kind: "deny",
      reasons: [
        { kind: "not-signed", tag: "1" },
        team("acme/qa", "alice"),
        team("acme/security", "bob"),
      ],
      countersigners: [],
      teams: [],
    },
    {
      image: "localhost:8443/acme/web:1",
      signable: "localhost:8443/acme/web:1",
      page: "https://localhost:8443/images/acme/web/tags/1",
    },
  );
  expect(text).toBe(`localhost:8443/acme/web:1 is refused
  - not signed: nobody has signed tag 1
  - not signed by team acme/qa (could sign: alice)
  - not signed by team acme/security (could sign: bob)
to pass: docker trust sign localhost:8443/acme/web:1
details: https://localhost:8443/images/acme/web/tags/1`);
});

test("of a team in which everybody with a key has signed, nobody else has one", () => {
  const [qa, alice] = [parseTeamName("acme/qa"), parseAccountName("alice")];
  const reason = { kind: "team-missing", team: qa, needed: 2, couldSign: [] } as const;
  expect(explain({ ...reason, signedBy: [alice] }, "registry.lab/acme/web:1").text).toBe(
    "signed by 1 of 2 people needed from team acme/qa (nobody else in it has a key yet)",
  );
  expect(explain({ ...reason, signedBy: [] }, "registry.lab/acme/web:1").text).toBe(
    "signed by 0 of 2 people needed from team acme/qa (nobody in it has a key yet)",
  );
});
