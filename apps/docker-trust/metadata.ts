import { packageVersion } from "#adapters/io";
import { trust } from "./commands.ts";

/** What docker wants to know of a plugin (CLI plugin metadata 0.1.0). */
export function metadata(): string {
  const about = {
    SchemaVersion: "0.1.0",
    Vendor: "Countersign",
    Version: `v${packageVersion}`,
    ShortDescription: trust.short,
  };
  return `${JSON.stringify(about)}\n`;
}
