/** A registry as a process of its own, to be killed: `serve.ts <directory>` prints its address and a token. */
import { registryWorld, scopeOn } from "./registry-world.ts";

const [directory = ""] = process.argv.slice(2);
const world = await registryWorld({ directory });
const token = world.token("alice", [scopeOn("acme/web", "pull", "push", "delete")]);
process.stdout.write(`${JSON.stringify({ host: world.host, token })}\n`);
