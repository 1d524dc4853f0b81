/** A process to be killed: changes the master key and dies at a given step, as by a power cut. */
import { rotateMasterKey } from "../rotate-master-key.ts";

const [data = "", dieAt = ""] = process.argv.slice(2);
let step = 0;
await rotateMasterKey(
  {
    env: { COUNTERSIGN_DATA: data },
    told() {
      step += 1;
      if (step === Number(dieAt)) process.kill(process.pid, "SIGKILL");
    },
  },
  { signal: new AbortController().signal },
);
process.stdout.write(`${step}\n`);
