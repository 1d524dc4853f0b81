import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("./web"),
  plugins: [react()],
  build: {
    outDir: at("./dist/web"),
    emptyOutDir: true,
    // Every asset is a file of its own: the content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
});
